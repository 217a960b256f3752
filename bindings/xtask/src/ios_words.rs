//! The texts of the iOS app are those of the Android app, under the same names: compared here, language by
//! language.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::paths::root;

/// Folders of iOS and of Android.
const LANGUAGES: [(&str, &str); 3] =
    [("en", "values"), ("zh-Hans", "values-zh"), ("zh-Hant", "values-b+zh+Hant")];

/// What the iOS app alone says so far. Where Android has the name, too, the text is the same.
const OF_IOS: [&str; 5] =
    ["code_recorded", "language_in_settings", "open_code", "open_settings", "widget_explained"];

#[test]
fn the_ios_app_says_what_the_android_app_says() {
    for (ios, android) in LANGUAGES {
        let android = root().join("android/app/src/main/res").join(android).join("strings.xml");
        let android = of_android(&fs::read_to_string(android).unwrap());
        let said = of_ios(ios);
        assert!(!said.is_empty(), "{ios}");
        for (name, text) in said {
            if android.contains_key(&name) || !OF_IOS.contains(&name.as_str()) {
                assert_eq!(Some(&text), android.get(&name), "{ios}: {name}");
            }
        }
    }
}

#[test]
fn each_text_that_a_view_asks_for_is_there_and_no_other() {
    let folders = ["ios/App", "ios/App/Phone", "ios/Widget"].map(|folder| root().join(folder));
    let views = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let views = views.map(|entry| entry.unwrap().path());
    let views: String = views
        .filter(|path| path.extension().is_some_and(|ending| ending == "swift"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    // Names stand between quotes, where a view asks for them by what it knows too.
    let quoted: BTreeSet<&str> = views.split('"').skip(1).step_by(2).collect();
    let asked: BTreeSet<&str> =
        views.split("words(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(asked.len() > 50, "{asked:?}");
    for (language, _) in LANGUAGES {
        let there = of_ios(language);
        for name in asked.iter().filter(|name| !name.starts_with("claim_")) {
            assert!(there.contains_key(*name), "{language}: {name}");
        }
        for name in there.keys().filter(|name| !name.starts_with("claim_")) {
            assert!(quoted.contains(name.as_str()), "{language}: nobody asks for {name}");
        }
    }
}

fn of_ios(language: &str) -> BTreeMap<String, String> {
    let file = root().join(format!("ios/App/{language}.lproj/Localizable.strings"));
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| {
            let (name, text) = line.split_once("\" = \"").expect(line);
            let text = text.strip_suffix("\";").expect(line);
            (name.strip_prefix('"').expect(line).to_owned(), text.to_owned())
        })
        .collect()
}

/// Android's texts as iOS writes them.
fn of_android(xml: &str) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = xml
        .split("<string name=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once("</string>"))
        .filter_map(|(text, _)| text.split_once("\">"))
        .map(|(name, text)| (name.to_owned(), as_on_ios(text)))
        .collect();
    let levels = xml.split_once("<string-array name=\"levels\">").map_or("", |(_, rest)| rest);
    let levels = levels.split_once("</string-array>").map_or("", |(levels, _)| levels);
    let levels = levels.split("<item>").skip(1).filter_map(|rest| rest.split_once('<'));
    texts.extend(
        levels.zip(1..).map(|((text, _), level)| (format!("level_{level}"), as_on_ios(text))),
    );
    let kept = xml.split_once("<plurals name=\"kept_days\">").map_or("", |(_, rest)| rest);
    for (quantity, name) in [("one", "kept_day"), ("other", "kept_days")] {
        let item = format!("<item quantity=\"{quantity}\">");
        let text = kept.split_once(&item).and_then(|(_, rest)| rest.split_once('<'));
        if let Some((text, _)) = text {
            texts.insert(name.to_owned(), as_on_ios(text));
        }
    }
    let one =
        texts.get("kept_day").or(texts.get("kept_days")).map(|text| text.replace("%1$ld", "1"));
    texts.extend(one.map(|text| ("kept_day".to_owned(), text)));
    texts
}

fn as_on_ios(text: &str) -> String {
    // Quotes keep spaces at the ends.
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let mut text = bare.replace("\\u0020", " ").replace("\\'", "'");
    for number in ["1", "2"] {
        text = text.replace(&format!("%{number}$d"), &format!("%{number}$ld"));
        text = text.replace(&format!("%{number}$s"), &format!("%{number}$@"));
    }
    text
}
