//! The pages for app teams: what they name is there, and both languages name the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use szid_tests::workspace_root;

/// The folders whose tests the life of an app names.
const TESTED: [&str; 4] =
    ["core/vault/tests", "core/wallet/tests", "bindings/ffi/src", "tests/tests"];

fn page(name: &str) -> String {
    fs::read_to_string(workspace_root().join("docs/mobile").join(name)).unwrap()
}

/// What stands between single backticks.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The names of tests among it: sentences with underscores.
fn tests_named(text: &str) -> BTreeSet<&str> {
    let is_sentence = |word: &&str| {
        word.matches('_').count() >= 3
            && word.chars().all(|letter| letter == '_' || letter.is_ascii_lowercase())
    };
    quoted(text).into_iter().filter(is_sentence).collect()
}

fn collect(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn the_life_of_an_app_names_tests_that_are_there() {
    let mut code = String::new();
    for folder in TESTED {
        collect(&workspace_root().join(folder), &mut code);
    }
    let english = page("life.md");
    let named = tests_named(&english);
    assert!(named.len() > 20, "{}", named.len());
    let missing: Vec<_> =
        named.iter().filter(|name| !code.contains(&format!("fn {name}()"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What is called on each of these, by the API on record.
fn calls(of: &[&str]) -> BTreeSet<String> {
    let api = fs::read_to_string(workspace_root().join("bindings/api/kotlin.txt")).unwrap();
    let members = api.lines().filter_map(|line| line.split_once(" / "));
    let functions = members.filter(|(holder, _)| of.contains(holder)).filter_map(|(_, member)| {
        let (name, _) = member.split_once("fun ")?.1.split_once('(')?;
        Some(name.to_owned())
    });
    // What every object has.
    functions.filter(|name| !["close", "destroy"].contains(&name.as_str())).collect()
}

#[test]
fn the_tour_names_every_call() {
    let tour = page("tour.md");
    let words: BTreeSet<_> = quoted(&tour)
        .into_iter()
        .flat_map(|quote| quote.split(|letter: char| !letter.is_ascii_alphanumeric()))
        .collect();
    let calls = calls(&["Wallet", "Verifier", "QrBits", "EnrolmentWatch", "PendingUnlocking"]);
    assert!(calls.contains("beginCode") && calls.contains("synchronise") && calls.contains("png"));
    // A pending unlocking says both with its fields' names, which the page has in words.
    let in_words = ["keyHandle", "message"];
    let missing: Vec<_> = calls
        .iter()
        .filter(|name| !words.contains(name.as_str()) && !in_words.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn both_languages_name_the_same() {
    for name in ["life", "tour"] {
        let (english, chinese) = (page(&format!("{name}.md")), page(&format!("{name}.zh.md")));
        assert_eq!(quoted(&english), quoted(&chinese), "{name}");
        let rows = |text: &str| text.lines().filter(|line| line.starts_with('|')).count();
        assert_eq!(rows(&english), rows(&chinese), "{name}");
    }
}
