//! The specification says what the code does: its table of reasons, its worked example, its bounds.
#![allow(clippy::unwrap_used, missing_docs)]

use szid_protocol::reason::Reason;
use szid_protocol::{code, digits, pass, scene, status, time, trust};

const TEXT: &str = include_str!("../../../docs/protocol/citizen-code.md");
const CODES: &str = include_str!("../../../tests/vectors/codes.json");

fn section(start: &str, end: &str) -> &'static str {
    let after = TEXT.split_once(start).unwrap().1;
    after.split_once(end).unwrap().0
}

/// A fenced block of the worked example, without comments and white space.
fn block(fence: &str) -> String {
    let block = section("\n## 15. ", "\n## 16. ").split_once(fence).unwrap().1;
    let lines = block.split_once("```").unwrap().0.lines();
    let bare = lines.map(|line| line.split(';').next().unwrap());
    bare.flat_map(str::split_whitespace).collect()
}

#[test]
fn the_table_has_every_reason_once_and_in_order() {
    let rows: Vec<Vec<&str>> = section("\n## 11. ", "\n## 12. ")
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches(['|', ' ']).split(" | ").collect())
        .collect();
    assert_eq!(rows.len(), Reason::ALL.len());
    for (row, reason) in rows.iter().zip(Reason::ALL) {
        let both = |text: szid_protocol::reason::Text| format!("{} · {}", text.zh, text.en);
        assert_eq!(row[0], format!("`{reason}`"));
        assert_eq!(row[2..], [both(reason.text()), both(reason.staff()), both(reason.citizen())]);
        assert!(!row[1].is_empty());
    }
}

#[test]
fn no_other_reason_is_named() {
    let algorithm = section("\n## 10. ", "\n## 11. ");
    for word in algorithm.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_') {
        if word.len() > 5 {
            assert!(Reason::from_code(word).is_some(), "{word}");
        }
    }
    for reason in Reason::ALL {
        let named = TEXT.match_indices(reason.code()).count();
        assert!(named >= 2, "{reason} stands in the table and at its step");
    }
}

#[test]
fn the_worked_example_is_the_first_vector() {
    let vectors: serde_json::Value = serde_json::from_str(CODES).unwrap();
    let first = &vectors["cases"][0];
    assert_eq!(block("```text"), first["code"].as_str().unwrap());
    assert_eq!(block("```hex"), first["bytes"].as_str().unwrap());
}

#[test]
fn the_bounds_are_those_of_the_code() {
    let bounds = section("\n| thing | bound |", "\n## 13. ");
    for row in [
        format!(
            "| text | {} digits, {} bytes",
            digits::text_length(digits::MAX_BYTES),
            digits::MAX_BYTES
        ),
        format!("| code, as drawn | {} bytes", code::MAX_CODE_BYTES),
        format!("| pass | {} bytes", pass::MAX_PASS_BYTES),
        format!("| masked name | {} bytes", pass::MAX_NAME_BYTES),
        format!(
            "| audience, nonce | {} bytes of UTF-8; {} to {} bytes",
            code::MAX_AUDIENCE_BYTES,
            code::NONCE_BYTES.start(),
            code::NONCE_BYTES.end()
        ),
        format!(
            "| trust list | {} bytes, {} keys, status prefix {} bytes",
            trust::MAX_BYTES,
            trust::MAX_KEYS,
            trust::MAX_PREFIX_BYTES
        ),
        format!(
            "| scene policies | {} bytes, {} scenes, {items} classes, {items} claims, names {} bytes",
            scene::MAX_BYTES,
            scene::MAX_SCENES,
            scene::MAX_NAME_BYTES,
            items = scene::MAX_ITEMS
        ),
        format!(
            "| status list | {} bytes, 2^20 entries, URI {} bytes",
            status::MAX_BYTES,
            status::MAX_URI_BYTES
        ),
        format!("| signed time | {} bytes", time::MAX_BYTES),
    ] {
        assert!(bounds.contains(&row), "{row}");
    }
    for typ in [trust::TYP, status::TYP, scene::TYP, time::TYP] {
        assert!(TEXT.contains(typ));
    }
}
