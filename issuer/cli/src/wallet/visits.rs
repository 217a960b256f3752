//! At a venue: short numbers, the venue's own code, receipts.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use szid_protocol::reason::Reason;
use szid_wallet::{VenueView, Wallet};

use super::unlock::UnlockBy;
use super::{ask, failure, place, runtime};
use crate::{Failure, write_file};

pub(super) fn number(wallet: &Wallet, by: &UnlockBy, as_json: bool) -> Result<ExitCode, Failure> {
    let unlocking = by.unlock(wallet)?;
    let given = runtime()?.block_on(wallet.short_number(&unlocking));
    let given = given.map_err(|error| failure(&error))?;
    if as_json {
        say!("{}", json!({ "number": given.number, "expires_in": given.expires_in }));
    } else {
        say!("  {}", given.grouped);
        say!("  {}秒内有效，限用一次 · good once, for {} s", given.expires_in, given.expires_in);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn visit(
    wallet: &Wallet,
    by: &UnlockBy,
    code: &str,
    confirm: bool,
) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    let asked = runtime.block_on(wallet.ask_venue(code)).map_err(|error| failure(&error))?;
    show(&asked.asked);
    if !confirm && ask("确认？输入 yes · confirm? type yes: ", "--confirm")?.trim() != "yes" {
        say!("未确认，未提供任何信息 · not confirmed, nothing was shared");
        return Ok(ExitCode::FAILURE);
    }
    let unlocking = by.unlock(wallet)?;
    let visit = runtime.block_on(wallet.confirm_visit(&asked, &unlocking));
    let visit = visit.map_err(|error| failure(&error))?;
    let (text, advice) = match Reason::from_code(&visit.reason) {
        Some(reason) => (reason.text(), reason.citizen()),
        None => {
            return Err(Failure::failed(
                "服务给出的结论代码本钱包不认识：请更新应用",
                "the service gave a reason that this wallet does not know",
            ));
        }
    };
    say!("{} · {} ({})", text.zh, text.en, visit.reason);
    say!("  {} · {}", advice.zh, advice.en);
    say!("  回执 · receipt {}", visit.receipt);
    Ok(if visit.decision == "accept" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(asked: &VenueView) {
    let claims = if asked.claims.is_empty() { "-".to_owned() } else { asked.claims.join(", ") };
    let place = place(&asked.venue_name, asked.site_name.as_deref());
    say!("{place} ({}) · {} {}", asked.device, asked.scene_zh, asked.scene_en);
    say!("  提供 · shares: {claims} ({} d)", asked.retention_days);
    if !asked.followed {
        say!("  场所端暂无人值守 · nobody looks at the desk's screen now");
    }
}

pub(super) fn receipt(wallet: &Wallet, id: &str, out: Option<&Path>) -> Result<ExitCode, Failure> {
    let signed = runtime()?.block_on(wallet.receipt(id)).map_err(|error| failure(&error))?;
    let receipt = &signed.receipt;
    say!(
        "{}",
        json!({ "receipt": id, "at": receipt.at, "signed_at": receipt.signed_at, "venue": receipt.venue,
            "device": receipt.device, "scene": receipt.scene, "reason": receipt.reason,
            "consent": receipt.consent, "claims": receipt.claims })
    );
    if let Some(path) = out {
        write_file(path, &signed.document)?;
    }
    Ok(ExitCode::SUCCESS)
}
