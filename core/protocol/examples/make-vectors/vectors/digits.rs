//! The text form alone.

use serde::{Deserialize, Serialize};
use szid_protocol::digits;

use super::case::hex;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DigitsCase {
    pub(crate) name: String,
    pub(crate) text: String,
    /// What the text stands for, where it is good.
    pub(crate) bytes: Option<String>,
    pub(crate) reason: String,
}

pub(super) fn cases() -> Vec<DigitsCase> {
    let good = |name: &str, text: &str, bytes: &[u8]| {
        assert_eq!(digits::encode(bytes), text);
        DigitsCase {
            name: name.into(),
            text: text.into(),
            bytes: Some(hex(bytes)),
            reason: "OK".into(),
        }
    };
    let bad = |name: &str, text: &str, reason: &str| DigitsCase {
        name: name.into(),
        text: text.into(),
        bytes: None,
        reason: reason.into(),
    };
    vec![
        good("one byte", "07551255", &[255]),
        good("two bytes", "0755100001", &[0, 1]),
        good("three bytes", "0755116777215", &[255; 3]),
        good("four bytes", "075510000000000", &[0; 4]),
        good("five bytes", "075511099511627775", &[255; 5]),
        good("six bytes", "07551000000000169072", &[0, 0, 0, 2, 0x94, 0x70]),
        good("seven bytes: one whole group", "0755172057594037927935", &[255; 7]),
        good(
            "eight bytes: a group and a rest",
            "0755100283686952306183008",
            &[1, 2, 3, 4, 5, 6, 7, 8],
        ),
        bad("empty", "", "NOT_A_CITIZEN_CODE"),
        bad("a payment code", "280123456789012345", "NOT_A_CITIZEN_CODE"),
        bad("a web address", "https://id.example/", "NOT_A_CITIZEN_CODE"),
        bad("no version digit", "0755", "TEXT_LENGTH"),
        bad("no bytes", "07551", "TEXT_LENGTH"),
        bad("a rest of two digits", "0755112", "TEXT_LENGTH"),
        bad("a rest of four digits", "075511234", "TEXT_LENGTH"),
        bad("a venue's code", "07550123", "NOT_A_CITIZEN_CODE"),
        bad("version 2", "07552123", "VERSION_UNKNOWN"),
        bad("a letter", "0755112a", "TEXT_CHARACTER"),
        bad("a full-width digit that was not mapped", "07551１23", "TEXT_CHARACTER"),
        bad("a line end that was not stripped", "07551255\n", "TEXT_CHARACTER"),
        bad("a character before the version", "0755a123", "TEXT_CHARACTER"),
        bad("256 for one byte", "07551256", "TEXT_GROUP"),
        bad("2^16 for two bytes", "0755165536", "TEXT_GROUP"),
        bad("2^56 for seven bytes", "0755172057594037927936", "TEXT_GROUP"),
        bad("nines", "0755199999999999999999", "TEXT_GROUP"),
        bad(
            "one digit more than 420 bytes have",
            &format!("07551{}", "0".repeat(1021)),
            "TEXT_TOO_LONG",
        ),
        bad(
            "a long text of another version",
            &format!("07552{}", "0".repeat(900)),
            "VERSION_UNKNOWN",
        ),
    ]
}
