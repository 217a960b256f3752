//! Raising the identity level.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use szid_wallet::{Proof, ProofState, Wallet};

use super::{failure, runtime};
use crate::Failure;

/// Between two looks at a proof that waits for the holder.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub(super) fn prove(wallet: &Wallet, connector: &str, as_json: bool) -> Result<ExitCode, Failure> {
    let runtime = runtime()?;
    let mut proof =
        runtime.block_on(wallet.begin_proof(connector)).map_err(|error| failure(&error))?;
    if as_json {
        say!("{}", json!(proof));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(url) = &proof.url {
        say!(
            "请用浏览器打开，登录后回到这里 · open this in a browser, log in, and come back here:"
        );
        say!("  {url}");
    }
    while proof.state == ProofState::Waiting {
        let looked = runtime.block_on(async {
            tokio::time::sleep(LOOK_EVERY).await;
            wallet.proof(&proof.id).await
        });
        proof = looked.map_err(|error| failure(&error))?;
    }
    told(&proof)
}

fn told(proof: &Proof) -> Result<ExitCode, Failure> {
    if let Some(refusal) = &proof.refusal {
        return Err(Failure::failed(
            format_args!("{}（{}）", refusal.zh, refusal.code),
            &refusal.en,
        ));
    }
    let level = proof.identity_level.unwrap_or_default();
    say!("已核实，认证等级：{level} · proven, identity level: {level}");
    say!("更新市民码 · for codes that say so: szid wallet refresh");
    Ok(ExitCode::SUCCESS)
}
