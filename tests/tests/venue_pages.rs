//! The venues' pages list the scenes that come with the software, by number, as they are.

use serde_json::Value;
use szid_tests::workspace_root;

#[test]
fn the_pages_list_each_scene_with_its_name_and_whether_it_may_be_verified_offline() {
    let text = |path: &str| std::fs::read_to_string(workspace_root().join(path)).unwrap();
    let scenes: Vec<Value> =
        serde_json::from_str(&text("issuer/service/data/scenes.json")).unwrap();
    for (page, name, yes, no) in [
        ("docs/venues/scenes.md", "name_en", "yes", "no"),
        ("docs/venues/scenes.zh.md", "name_zh", "可以", "不可以"),
    ] {
        let row = |scene: &Value| {
            let offline = if scene["offline"] == true { yes } else { no };
            format!("| {} | {} | {offline} |", scene["id"], scene[name].as_str().unwrap())
        };
        let text = text(page);
        let is_numbered = |line: &&str| {
            line.strip_prefix("| ")
                .is_some_and(|rest| rest.starts_with(|one: char| one.is_ascii_digit()))
        };
        let listed: Vec<_> = text.lines().filter(is_numbered).collect();
        assert_eq!(listed, scenes.iter().map(row).collect::<Vec<_>>(), "{page}");
    }
}
