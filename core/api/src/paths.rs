//! Where requests go. What stands in braces is a part that the request fills in.

pub const TRUST: &str = "/v1/trust";
pub const SCENES: &str = "/v1/scenes";
/// What the paths of status lists begin with.
pub const STATUS: &str = "/v1/status/";
pub const STATUS_LISTS: &str = "/v1/status/{exp}";
pub const STATUS_LIST: &str = "/v1/status/{exp}/{list}";
pub const TIME: &str = "/v1/time";
pub const AUDIT_HEAD: &str = "/v1/audit/head";

pub const ISSUER_METADATA: &str = "/.well-known/openid-credential-issuer";
pub const SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";
pub const OFFER: &str = "/v1/offers/{id}";
pub const TOKEN: &str = "/v1/token";
pub const NONCE: &str = "/v1/nonce";
pub const CREDENTIAL: &str = "/v1/credential";

pub const HOLDER: &str = "/v1/holder";
pub const FREEZE: &str = "/v1/holder/freeze";
pub const DEVICES: &str = "/v1/holder/devices";
pub const DEVICE: &str = "/v1/holder/devices/{id}";
pub const DEVICE_END: &str = "/v1/holder/devices/{id}/end";
pub const EVENTS: &str = "/v1/holder/events";
pub const ENROLMENTS: &str = "/v1/holder/enrolments";
pub const ENROLMENT: &str = "/v1/holder/enrolments/{id}";
pub const CONSENTS: &str = "/v1/holder/consents";
pub const CONSENT: &str = "/v1/holder/consents/{id}";
pub const USES: &str = "/v1/holder/uses";
pub const USE_REPORT: &str = "/v1/holder/uses/{receipt}/report";
pub const RECEIPT_OF_HOLDER: &str = "/v1/holder/receipts/{id}";
pub const NUMBERS: &str = "/v1/holder/numbers";
pub const VENUE: &str = "/v1/holder/venue";
pub const VISITS: &str = "/v1/holder/visits";
pub const PROOFS: &str = "/v1/holder/proofs";
pub const PROOF: &str = "/v1/holder/proofs/{id}";
/// Where a party sends a browser back to.
pub const PROOF_RETURN: &str = "/v1/proofs/return";

pub const RECEIPTS: &str = "/v1/receipts";

/// The names of a day's status lists, by the end of the day.
#[must_use]
pub fn status_lists(exp: u64) -> String {
    format!("{STATUS}{exp}")
}

/// A day's status list by its number.
#[must_use]
pub fn status_list(exp: u64, list: u32) -> String {
    format!("{STATUS}{exp}/{list}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_status_lists_are_made_as_they_are_described() {
        let described = STATUS_LIST.replace("{exp}", "7").replace("{list}", "1");
        assert_eq!(status_list(7, 1), described);
        assert_eq!(status_lists(7), STATUS_LISTS.replace("{exp}", "7"));
    }
}
