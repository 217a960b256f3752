//! `szid simulate`: every verdict on demand, for the tests of venue systems.

use std::process::ExitCode;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use szid_protocol::reason::Reason;

use crate::{Failure, system};

const MAX_BODY: usize = 16 * 1024;

/// 按测试需要给出任何核验结果，不作真实核验 · Answer scans with the verdict that a test asks for; verifies nothing
///
/// POST /v1/scans 以原因代码代替市民码：{"code": "FROZEN"}，任何凭据均可。OK 附带旅馆场景的示例信息。
/// 不是原因代码的，答复 NOT_A_CITIZEN_CODE。切勿让真实的扫码设备连接它。
/// 退出码：0 已停止，1 无法继续，2 用法有误。
///
/// POST /v1/scans takes a reason's code in place of a citizen code: {"code": "FROZEN"}. Any bearer credential will do. OK
/// carries example claims of a hotel. What is no reason is answered NOT_A_CITIZEN_CODE. Never point a real scanner at it.
/// Exit code: 0 stopped, 1 it cannot go on, 2 the command was used wrongly.
///
/// 示例 · Example:
///   szid simulate --list
///   szid simulate --listen 127.0.0.1:8070
///   curl -H 'Content-Type: application/json' -d '{"code": "REPLAY"}' http://127.0.0.1:8070/v1/scans
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(rustdoc::bare_urls, reason = "help for a terminal")]
pub(crate) struct Args {
    /// 监听地址 · Where to listen.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8070")]
    listen: std::net::SocketAddr,
    /// 逐行输出每种核验结果（JSON），随后结束 · Print every verdict, one JSON object a line, and end.
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.list {
        for reason in Reason::ALL {
            say!("{}", verdict(*reason, 1));
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !args.listen.ip().is_loopback() {
        return Err(Failure::usage(
            "模拟器只在本机回环地址上监听",
            "a simulator listens on a loopback address only",
        ));
    }
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::system)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(args.listen)
            .await
            .map_err(|error| Failure::unlistened(args.listen, &error))?;
        let address = listener.local_addr().map_err(Failure::system)?;
        say!("模拟核验，不作真实判断 · simulated verdicts at http://{address}/v1/scans");
        let served = axum::serve(listener, router()).with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        });
        served.await.map_err(Failure::system)?;
        Ok(ExitCode::SUCCESS)
    })
}

#[derive(Deserialize)]
struct ScanRequest {
    code: String,
    #[serde(default)]
    scene: Option<u16>,
}

fn router() -> Router {
    Router::new().route("/v1/scans", post(scan)).layer(DefaultBodyLimit::max(MAX_BODY))
}

async fn scan(Json(request): Json<ScanRequest>) -> (StatusCode, Json<Value>) {
    let reason = Reason::from_code(request.code.trim()).unwrap_or(Reason::NotACitizenCode);
    (StatusCode::OK, Json(verdict(reason, request.scene.unwrap_or(1))))
}

/// The members of the service's answer, and one that says what this is.
fn verdict(reason: Reason, scene: u16) -> Value {
    let mut verdict = json!({
        "simulated": true,
        "decision": if reason.is_accept() { "accept" } else { "refuse" },
        "reason": reason.code(),
        "text": reason.text(),
        "staff": reason.staff(),
        "citizen": reason.citizen(),
        "scene": scene,
        "freshness": { "trust_age": 60, "status_age": 0 },
        "consent": match reason {
            Reason::ConsentDenied => "denied",
            Reason::ConsentExpired => "expired",
            _ => "not_asked",
        },
        "receipt": "AZu_z2oAcACAAAAAAAAAAA",
        "at": system::now(),
    });
    if reason.is_accept() {
        verdict["level"] = json!(3);
        verdict["clock_difference"] = json!(4);
        verdict["retention_days"] = json!(1095);
        verdict["claims"] = json!({ "name": "林示例", "document_type": "111",
            "document_number": "440399198803150018", "sex": "male", "document_validity": "2036-01-15" });
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_reason_can_be_had_and_nonsense_is_refused() {
        for reason in Reason::ALL {
            let request = ScanRequest { code: format!("{}\r\n", reason.code()), scene: Some(2) };
            let (status, Json(verdict)) = scan(Json(request)).await;
            assert_eq!((status, &verdict["reason"]), (StatusCode::OK, &json!(reason.code())));
            assert_eq!(verdict["decision"] == "accept", reason.is_accept());
            assert_eq!((&verdict["scene"], &verdict["simulated"]), (&json!(2), &json!(true)));
            assert_eq!(verdict["claims"].is_object(), reason.is_accept());
        }
        let request = ScanRequest { code: "0755".into(), scene: None };
        assert_eq!(scan(Json(request)).await.1["reason"], "NOT_A_CITIZEN_CODE");
    }
}
