//! What a venue is answered.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use szid_api::venues::Words;
use szid_identity::claims::Claims;
use szid_protocol::reason::{Reason, Text};
use szid_protocol::scene::ScenePolicy;
use szid_protocol::verdict::{Freshness, Verdict};
use szid_register::{Consent, ReceiptId};

use super::Scan;

#[derive(Clone, Serialize, utoipa::ToSchema)]
struct Ages {
    /// Age of the trust list, seconds.
    trust_age: Option<u64>,
    /// Age of the status, seconds; 0 here, where the register itself is asked.
    status_age: Option<u64>,
}

#[derive(Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct ScanAnswer {
    /// `accept` or `refuse`.
    pub(crate) decision: &'static str,
    /// The stable code of the reason, listed in `docs/errors.md`.
    pub(crate) reason: &'static str,
    /// What happened.
    pub(crate) text: Words,
    /// What staff say or do.
    staff: Words,
    /// What the citizen does.
    pub(crate) citizen: Words,
    /// The scene.
    scene: u16,
    /// The effective level, once both signatures were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freshness: Option<Ages>,
    /// Seconds by which the code is older than this answer, once its signature was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_difference: Option<i64>,
    /// What the scene gives of this person, by the names of the claims registry; absent where it gives
    /// nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    claims: BTreeMap<&'static str, serde_json::Value>,
    /// How many days the venue may keep the claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_days: Option<u32>,
    /// What became of the question to the citizen.
    consent: Consent,
    /// Names this scan for both sides.
    pub(crate) receipt: String,
    /// When the scan was decided, Unix seconds.
    pub(crate) at: u64,
    /// True where this is the answer to an earlier request, given again: nobody showed a code now. Left out
    /// otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
}

/// What a screen shows of an acceptance that is too old to stand for whoever is there now. A screenshot of
/// its code would be answered alike, by a desk that makes its keys of the code.
const ACCEPTED_EARLIER: Text = Text {
    zh: "此前已核验通过，并非刚出示的市民码",
    en: "Accepted earlier: no code was shown now",
};
const ASK_FOR_A_CODE: Text = Text {
    zh: "这是先前的核验结果：如市民在场，请其重新出示市民码",
    en: "This is the result of an earlier check: ask whoever is here to show a code",
};
const SHOW_A_CODE: Text =
    Text { zh: "请重新出示市民码", en: "Please show your code again" };

/// Here the clock is the service's: whoever stands at a desk cannot set it, and theirs has nothing to do with
/// it.
const CLOCK_IN_DOUBT: Text =
    Text { zh: "服务的时钟正在核对", en: "The service's clock is being checked" };
const TELL_THE_OPERATOR: Text = Text {
    zh: "并非本机时钟有误：请转人工核验，并告知服务运行人员",
    en: "It is not this device's clock: check the person by hand, and tell the service's operator",
};

/// The phone's clock is ahead of the service's, and one of the two is wrong.
const PHONE_OR_SERVICE: Text = Text {
    zh: "并非本机时钟有误：请市民联网打开“i深圳”校准时间后重新出示；多人如此的，请告知服务运行人员核对服务的时钟",
    en: "It is not this device's clock: ask the citizen to go online in i Shenzhen and show the code again; where it happens with several people, tell the service's operator to look at the service's clock",
};

/// No desk here lacks a list that it could fetch: a pass of a key that is trusted no more is renewed on the
/// phone.
const RENEW: Text = Text {
    zh: "请市民联网打开“i深圳”更新市民码后重新出示；仍不通过的，转人工核验",
    en: "Ask the citizen to go online and renew the code in i Shenzhen, then scan again; if it fails again, check the person by hand",
};
/// What the service itself lacks, its operator puts right.
const SERVICE_LACKS_IT: Text = Text {
    zh: "并非本机的问题：请转人工核验，并告知服务运行人员",
    en: "It is not this device: check the person by hand, and tell the service's operator",
};

/// What staff do. Who asks the service is online: the words for a device that decides alone do not fit.
fn staff(reason: Reason) -> Text {
    match reason {
        Reason::VerifierClockBehind => TELL_THE_OPERATOR,
        Reason::ClockAhead => PHONE_OR_SERVICE,
        Reason::IssuerUnknown | Reason::KeyNotValid => RENEW,
        reason if reason.staff() == Reason::TrustMissing.staff() => SERVICE_LACKS_IT,
        reason => reason.staff(),
    }
}

impl ScanAnswer {
    /// What every answer says. Claims go with an acceptance only.
    pub(super) fn of(
        reason: Reason,
        policy: &ScenePolicy,
        claims: Option<Claims>,
        consent: Consent,
        receipt: &ReceiptId,
        at: u64,
    ) -> Self {
        let claims = claims.filter(|_| reason.is_accept()).map(Claims::into_object);
        let claims = claims.unwrap_or_default();
        let text = match reason {
            Reason::VerifierClockBehind => CLOCK_IN_DOUBT,
            reason => reason.text(),
        };
        Self {
            decision: if reason.is_accept() { "accept" } else { "refuse" },
            reason: reason.code(),
            text: text.into(),
            staff: staff(reason).into(),
            citizen: reason.citizen().into(),
            scene: policy.id,
            level: None,
            freshness: None,
            clock_difference: None,
            retention_days: (!claims.is_empty()).then_some(policy.retention_days),
            claims,
            consent,
            receipt: BASE64URL_NOPAD.encode(receipt),
            at,
            repeated: false,
        }
    }

    /// The same as the answer to a request that is sent again; `is_recent` while that may still be the same
    /// showing.
    pub(super) fn given_again(self, is_recent: bool) -> Self {
        let answer = Self { repeated: true, ..self };
        if is_recent || answer.decision == "refuse" {
            return answer;
        }
        Self {
            text: ACCEPTED_EARLIER.into(),
            staff: ASK_FOR_A_CODE.into(),
            citizen: SHOW_A_CODE.into(),
            ..answer
        }
    }
}

impl Scan<'_> {
    /// The answer to a scan that was just kept.
    pub(super) fn answer(
        self,
        verdict: &Verdict,
        claims: Option<Claims>,
        consent: Consent,
        receipt: &ReceiptId,
    ) -> ScanAnswer {
        let reason = verdict.reason();
        self.scans.common.metrics.scanned(reason.is_accept(), reason.code());
        let Freshness { trust_age, status_age } = verdict.freshness();
        ScanAnswer {
            level: verdict.level(),
            freshness: Some(Ages { trust_age, status_age }),
            clock_difference: verdict.clock_difference(),
            ..ScanAnswer::of(reason, self.policy, claims, consent, receipt, self.now)
        }
    }
}

/// A receipt's id as it is written.
pub(crate) fn read_receipt(text: &str) -> Option<ReceiptId> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::default_scenes;

    #[test]
    fn staff_at_a_desk_that_is_online_are_not_told_to_go_online() {
        let policy = &default_scenes().unwrap()[1];
        for reason in Reason::ALL {
            let answer = ScanAnswer::of(*reason, policy, None, Consent::NotAsked, &[0; 16], 0);
            assert!(!answer.staff.en.contains("device go online"), "{}", answer.reason);
            assert!(!answer.staff.zh.contains("本机联网"), "{}", answer.reason);
        }
    }
}
