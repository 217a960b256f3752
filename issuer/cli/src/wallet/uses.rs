//! Who used the identity, in words.

use std::process::ExitCode;

use serde_json::{Value, json};
use szid_protocol::day::local_time;
use szid_protocol::reason::Reason;
use szid_wallet::{IdentityUse, Wallet};

use super::{failure, place, runtime};
use crate::Failure;

pub(super) fn uses(wallet: &Wallet, as_json: bool) -> Result<ExitCode, Failure> {
    let uses = runtime()?.block_on(wallet.uses(None)).map_err(|error| failure(&error))?;
    if as_json {
        say!("{}", uses.iter().map(object).collect::<Value>());
        return Ok(ExitCode::SUCCESS);
    }
    if uses.is_empty() {
        say!("六个月内无人使用 · no use in the last six months");
    }
    uses.iter().for_each(show);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn report(wallet: &Wallet, receipt: &str) -> Result<ExitCode, Failure> {
    runtime()?.block_on(wallet.report_use(receipt)).map_err(|error| failure(&error))?;
    say!("已举报 · reported: {receipt}");
    Ok(ExitCode::SUCCESS)
}

fn object(one: &IdentityUse) -> Value {
    json!({ "receipt": one.receipt, "at": one.at, "venue": one.venue,
        "venue_name": one.venue_name, "venue_name_now": one.venue_name_now,
        "site_name": one.site_name, "site_name_now": one.site_name_now, "scene": one.scene,
        "reason": one.reason, "claims": one.claims, "consent": one.consent,
        "offline": one.offline, "notice": one.notice, "reported": one.reported,
        "matter": one.matter.as_ref().map(|matter| json!({ "purpose": matter.purpose,
            "case": matter.case, "operator": matter.operator })) })
}

fn show(one: &IdentityUse) {
    let then = place(&one.venue_name, one.site_name.as_deref());
    say!("{}  {then}  {} {}", local_time(one.at), one.scene_zh, one.scene_en);
    if one.venue_name_now.is_some() || one.site_name_now.is_some() {
        let venue = one.venue_name_now.as_deref().unwrap_or(&one.venue_name);
        let site = one.site_name_now.as_deref().or(one.site_name.as_deref());
        say!("  现名 · now: {}", place(venue, site));
    }
    if one.notice {
        say!("  告知：依法核验，未征求同意 · notice: a lawful check, made without asking you");
    }
    say!("  结果 · result: {}", reason(&one.reason));
    if !one.claims.is_empty() {
        let claims: Vec<_> = one.claims.iter().map(|claim| claim_words(claim)).collect();
        say!("  提供了 · shared: {}", claims.join(", "));
    }
    if let Some(words) = consent_words(&one.consent) {
        say!("  {words}");
    }
    if one.reported {
        say!("  已举报 · you reported it");
    }
    if one.offline {
        say!("  由未联网的设备核验 · decided by a device without connection");
    }
    if let Some(matter) = &one.matter {
        say!(
            "  经办人 · by: {}  办理事项 · for: {}  办件编号 · case: {}",
            matter.operator,
            matter.purpose,
            matter.case
        );
    }
    say!("  回执 · receipt: {}", one.receipt);
}

fn reason(code: &str) -> String {
    match Reason::from_code(code) {
        Some(reason) => format!("{} · {}", reason.text().zh, reason.text().en),
        // A newer service has more of them.
        None => code.to_owned(),
    }
}

fn consent_words(consent: &str) -> Option<&'static str> {
    Some(match consent {
        "approved" => "您已同意 · you approved",
        "denied" => "您已拒绝 · you refused",
        "expired" => "您未在时限内答复 · you did not answer in time",
        _ => return None,
    })
}

/// The names of the specification's claims registry.
fn claim_words(claim: &str) -> &str {
    match claim {
        "pairwise_id" => "场所专用编号 · a number for this venue alone",
        "name" => "姓名 · name",
        "masked_name" => "脱敏姓名 · masked name",
        "document_type" => "证件类型 · type of document",
        "document_number" => "证件号码 · document number",
        "sex" => "性别 · sex",
        "nationality" => "国籍或民族 · nationality or ethnic group",
        "birth_date" => "出生日期 · birth date",
        "document_validity" => "证件有效期 · document's validity",
        "phone" => "手机号码 · phone number",
        "age" => "年龄是否达到 · whether of an age",
        "concession" => "优待资格 · concession",
        other => other,
    }
}
