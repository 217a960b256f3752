//! Masks: enough for the person at the counter to see that it is they, too little to know who they are.

/// Surnames of two characters that must not be cut in half.
const COMPOUND_SURNAMES: &[&str] = &[
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "长孙",
    "宇文", "夏侯", "南宫", "端木", "百里", "呼延", "轩辕", "独孤", "澹台", "闻人", "申屠", "太叔",
];

/// The surname stays, each further character becomes a star: 林**, 欧阳**, 阿依·**, SAMPLE, M****.
pub(crate) fn mask_name(name: &str) -> String {
    if name.is_ascii() {
        return mask_latin(name);
    }
    let kept = match name.find('·') {
        Some(dot) => dot + '·'.len_utf8(),
        None => match COMPOUND_SURNAMES.iter().find(|surname| name.starts_with(**surname)) {
            Some(surname) if surname.len() < name.len() => surname.len(),
            _ => name.chars().next().map_or(0, char::len_utf8),
        },
    };
    let (kept, rest) = name.split_at(kept);
    kept.chars().chain(rest.chars().map(|_| '*')).collect()
}

/// The surname and the first letter of what follows the comma; without one, the first letter alone.
fn mask_latin(name: &str) -> String {
    let shown = match name.split_once(", ") {
        Some((surname, _)) => surname.len() + 3,
        None => 1,
    };
    let mask = |(at, letter): (usize, char)| if at < shown || letter == ' ' { letter } else { '*' };
    name.char_indices().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_surname() {
        for (name, masked) in [
            ("林示例", "林**"),
            ("吴样", "吴*"),
            ("欧阳示范", "欧阳**"),
            ("欧阳", "欧*"),
            ("阿依·演示", "阿依·**"),
            ("SAMPLE, MARIA", "SAMPLE, M****"),
            ("YUKI", "Y***"),
            ("", ""),
        ] {
            assert_eq!(mask_name(name), masked);
        }
    }
}
