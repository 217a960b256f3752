//! Whether what a party says is about the person who is meant.

use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;

use crate::Identity;
use crate::documents;

/// A person as a party names them.
pub(crate) struct Named<'a> {
    /// A GA/T 517 code.
    pub(crate) document_type: &'a str,
    pub(crate) number: &'a str,
    pub(crate) name: Option<&'a str>,
}

/// Whether this is the person, by document, and by name where there is one. Forms that differ in width, case
/// of ASCII letters and composition are one.
pub(crate) fn is_of(named: &Named<'_>, identity: &Identity, is_demo: bool, now: u64) -> bool {
    let number = documents::normalise(named.document_type, named.number, is_demo, now);
    let number = number.unwrap_or_default();
    let same_type = named.document_type == identity.document_type;
    let same_number = number.as_bytes().ct_eq(identity.number.as_bytes());
    let same_name = named.name.is_none_or(|name| fold(name) == fold(&identity.name));
    same_type & bool::from(same_number) & same_name
}

/// A name in the form that names are compared in: NFKC, capitals, the blanks between its parts as one.
fn fold(name: &str) -> String {
    let folded: String = name.nfkc().collect::<String>().to_uppercase();
    let dots = folded.replace(['•', '・', '‧', '･'], "·");
    dots.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-15 12:00 +08:00.
    const NOW: u64 = 1_768_449_600;

    #[test]
    fn a_person_is_known_by_document_and_name_whatever_the_form() {
        let kept = Identity::of_document("111", "44039919750707006X", "阿依·演示");
        let named = |document_type, number, name| {
            is_of(&Named { document_type, number, name }, &kept, true, NOW)
        };
        for name in [None, Some("阿依·演示"), Some("阿依・演示"), Some("阿依•演示")]
        {
            assert!(named("111", "44039919750707006X", name), "{name:?}");
        }
        assert!(named("111", "44039919750707006x", None));
        assert!(!named("111", "44039919750707006X", Some("阿依")));
        assert!(!named("111", "440399198803150018", Some("阿依·演示")));
        assert!(!named("154", "44039919750707006X", None), "another document");
        assert!(!named("111", "", None) && !named("", "", None));
        let kept = Identity::of_document("414", "XDEMO0001", "TEST, YUKI");
        let named = Named { document_type: "414", number: "xdemo0001", name: Some("Test,  Yuki") };
        assert!(is_of(&named, &kept, true, NOW));
    }
}
