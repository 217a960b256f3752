//! What a document or a person says beyond name and number.

use szid_identity::{Identity, documents, is_name, is_word};

/// The most concessions of one person.
const MAX_CONCESSIONS: usize = 16;

/// What is seen of a person; what is left out is not known.
pub(crate) struct PersonDetails {
    /// `male` or `female`.
    pub(crate) sex: Option<String>,
    /// YYYY-MM-DD.
    pub(crate) birth_date: Option<String>,
    /// Nationality or ethnic group, as it stands in the document.
    pub(crate) nationality: Option<String>,
    /// The document's last day, YYYY-MM-DD.
    pub(crate) valid_until: Option<String>,
    /// Digits, with a plus sign before those from abroad.
    pub(crate) phone: Option<String>,
    /// Short words such as `senior` and `disability`.
    pub(crate) concessions: Vec<String>,
}

impl PersonDetails {
    pub(crate) fn fit(&self, now: u64) -> bool {
        let each =
            |text: &Option<String>, fits: &dyn Fn(&str) -> bool| text.as_deref().is_none_or(fits);
        let is_phone = |text: &str| {
            let digits = text.strip_prefix('+').unwrap_or(text);
            (5..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
        };
        each(&self.sex, &|text| matches!(text, "male" | "female"))
            && each(&self.birth_date, &|text| documents::is_past_date(text, now))
            && each(&self.nationality, &is_name)
            && each(&self.valid_until, &documents::is_date)
            && each(&self.phone, &is_phone)
            && self.concessions.len() <= MAX_CONCESSIONS
            && self.concessions.iter().all(|word| is_word(word))
    }

    /// Writes what is given over what is kept; true where that changes anything.
    pub(crate) fn write_over(self, identity: &mut Identity) -> bool {
        let mut changed = false;
        let texts = [
            (&mut identity.sex, self.sex),
            (&mut identity.birth_date, self.birth_date),
            (&mut identity.nationality, self.nationality),
            (&mut identity.valid_until, self.valid_until),
            (&mut identity.phone, self.phone),
        ];
        for (kept, given) in texts {
            if given.is_some() && *kept != given {
                *kept = given;
                changed = true;
            }
        }
        if !self.concessions.is_empty() && identity.concessions != self.concessions {
            identity.concessions = self.concessions;
            changed = true;
        }
        changed
    }
}
