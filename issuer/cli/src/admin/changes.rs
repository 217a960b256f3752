//! What a change of a venue or site came to: from what to what.

use serde_json::{Value, json};
use szid_register::{Site, Venue};

/// The members that are told, with their Chinese names.
const MEMBERS: [(&str, &str); 5] = [
    ("name", "名称"),
    ("uscc", "代码"),
    ("scenes", "场景"),
    ("ages", "年龄"),
    ("suspended", "暂停"),
];

/// As the service shows it.
pub(super) fn of_venue(venue: &Venue) -> Value {
    let Venue { name, uscc, scenes, suspended, ages, .. } = venue;
    json!({ "name": name, "uscc": uscc, "scenes": scenes, "ages": ages, "suspended": suspended })
}

/// The same of a site.
pub(super) fn of_site(site: &Site) -> Value {
    json!({ "name": site.name, "suspended": site.closed })
}

/// What differs, in one line.
pub(super) fn told(before: &Value, now: &Value) -> String {
    let words = |value: &Value| match value {
        Value::String(text) => text.clone(),
        // A list of none is left out.
        Value::Null => "[]".into(),
        value => value.to_string(),
    };
    let differs = MEMBERS.into_iter().map(|(name, zh)| (name, zh, &before[name], &now[name]));
    let differs = differs.filter(|(_, _, before, now)| words(before) != words(now));
    let told = differs
        .map(|(name, zh, before, now)| format!("{zh} · {name} {} → {}", words(before), words(now)));
    let told: Vec<_> = told.collect();
    if told.is_empty() { "没有变更 · nothing changed".into() } else { told.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_and_nothing_else() {
        let before = json!({ "name": "图书馆", "scenes": [2], "suspended": false });
        let now = json!({ "name": "市图书馆", "scenes": [2], "ages": [60], "suspended": false });
        assert_eq!(told(&before, &now), "名称 · name 图书馆 → 市图书馆; 年龄 · ages [] → [60]");
        assert_eq!(told(&now, &now), "没有变更 · nothing changed");
    }
}
