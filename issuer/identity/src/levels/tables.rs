//! The policy as tables of `docs/identity`, in Chinese and English.

use std::borrow::Borrow;
use std::fmt::Write as _;

use szid_protocol::level_policy::{LevelPolicy, Way};

/// The document classes of the tables, with their names.
const CLASSES: [(u16, &str, &str); 6] = [
    (111, "居民身份证", "resident ID card"),
    (154, "港澳台居民居住证", "residence permit of Hong Kong, Macao and Taiwan residents"),
    (516, "港澳居民来往内地通行证", "mainland travel permit, Hong Kong and Macao"),
    (511, "台湾居民来往大陆通行证", "mainland travel permit, Taiwan"),
    (553, "外国人永久居留身份证", "permanent resident card of foreigners"),
    (414, "护照", "passport"),
];

/// The language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Language {
    fn of<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    fn name(self, way: &Way) -> &str {
        self.of(&way.name_zh, &way.name_en)
    }
}

/// What stands before and after the tables on a page.
const MARKS: [&str; 2] =
    ["<!-- levels: drawn from issuer/identity/levels/policy.json -->\n", "<!-- end of levels -->"];

/// A page with its tables drawn anew; none where it has no place for them.
pub fn draw_into(page: &str, policy: &LevelPolicy, language: Language) -> Option<String> {
    let [start, end] = MARKS;
    let (before, rest) = page.split_once(start)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{start}\n{}\n{end}{after}", draw(policy, language)))
}

/// The tables in Markdown: each way with the level that it gives by itself to each class of document, and
/// what adds up.
fn draw(policy: &LevelPolicy, language: Language) -> String {
    let mut text = String::new();
    let of = |zh, en| language.of(zh, en);
    let head = [
        of("方式", "way"),
        of("连接方", "connector"),
        of("方法", "method"),
        of("有效期", "counts for"),
    ];
    let classes = CLASSES.map(|(class, _, _)| class.to_string());
    let head: Vec<String> = head.map(String::from).into_iter().chain(classes).collect();
    row(&mut text, &head);
    row(&mut text, &vec!["---"; head.len()]);
    for way in &policy.ways {
        let counts = match way.days {
            Some(days) => format!("{days}{}", of("天", " days")),
            None => of("依证据所载", "as the evidence says").to_owned(),
        };
        let by_class = CLASSES.map(|(class, _, _)| match way.classes.contains(&class) {
            true => way.cap.to_string(),
            false => "–".to_owned(),
        });
        let [connector, method] = [&way.connector, &way.method].map(|name| format!("`{name}`"));
        let cells = [language.name(way).to_owned(), connector, method, counts];
        row(&mut text, &cells.into_iter().chain(by_class).collect::<Vec<_>>());
    }
    text.push('\n');
    row(&mut text, &[of("合并", "together"), of("级别", "level")]);
    row(&mut text, &["---"; 2]);
    for sum in &policy.sums {
        let parts = sum.of.iter().filter_map(|part| {
            let way = policy.ways.iter().find(|way| way.id == part.way)?;
            let level = part.level;
            Some(match language {
                Language::Zh => format!("{}（{level}级）", way.name_zh),
                Language::En => format!("{} (level {level})", way.name_en),
            })
        });
        row(&mut text, &[parts.collect::<Vec<_>>().join(" + "), sum.level.to_string()]);
    }
    text.push('\n');
    row(&mut text, &[of("类别", "class"), of("证件", "document")]);
    row(&mut text, &["---"; 2]);
    for (class, zh, en) in CLASSES {
        row(&mut text, &[&class.to_string(), of(zh, en)]);
    }
    text
}

fn row<C: Borrow<str>>(text: &mut String, cells: &[C]) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}
