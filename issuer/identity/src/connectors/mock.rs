//! A mock of the population register, for demonstrations and tests: it knows fictional people alone.

use serde::Deserialize;

use super::population_register::{METHOD, MatchResult, NAME, Question};
use super::{Asked, Connector, Proof, ProofFault, Proving, Returned, Step};

/// The people, all of them invented.
const PEOPLE: &str = include_str!("mock_people.json");

#[derive(Deserialize)]
struct Invented {
    document_type: String,
    number: String,
    name: String,
    #[serde(default)]
    deceased: bool,
}

/// A population register of invented people. Nobody real is in it, and it is refused outside demo mode.
pub struct MockPopulationRegister(Vec<Invented>);

impl MockPopulationRegister {
    /// Those that come with the software.
    ///
    /// # Errors
    /// None in practice: a test reads the file.
    pub fn new() -> Result<Self, serde_json::Error> {
        serde_json::from_str(PEOPLE).map(Self)
    }

    /// What the register answers.
    pub fn answer(&self, question: &Question<'_>) -> MatchResult {
        let of_document = |one: &&Invented| {
            one.document_type == question.document_type && one.number == question.number
        };
        match self.0.iter().find(of_document) {
            None => MatchResult::NotFound,
            Some(one) if one.name != question.name => MatchResult::Mismatch,
            Some(one) if one.deceased => MatchResult::Deceased,
            Some(_) => MatchResult::Match,
        }
    }
}

impl Connector for MockPopulationRegister {
    fn name(&self) -> &str {
        NAME
    }

    fn method(&self) -> &str {
        METHOD
    }

    fn is_mock(&self) -> bool {
        true
    }

    fn begin<'a>(&'a self, asked: Asked<'a>) -> Proving<'a, Step> {
        let identity = asked.identity;
        let question = Question {
            document_type: &identity.document_type,
            number: &identity.number,
            name: &identity.name,
        };
        let answer = self.answer(&question).proof(asked.now).map(Step::Proven);
        Box::pin(std::future::ready(answer))
    }

    fn finish<'a>(&'a self, _: Asked<'a>, _: &'a [u8], _: &'a Returned) -> Proving<'a, Proof> {
        Box::pin(std::future::ready(Err(ProofFault::Answer("visit"))))
    }
}

#[cfg(test)]
mod tests {
    use szid_register::is_demo_document;

    use super::*;
    use crate::documents::normalise;

    /// 2026-01-15 12:00 +08:00.
    const NOW: u64 = 1_768_449_600;

    #[test]
    fn everybody_in_it_is_invented_and_in_good_form() {
        let register = MockPopulationRegister::new().unwrap();
        assert!(register.0.len() >= 21);
        for one in &register.0 {
            assert!(is_demo_document(&one.document_type, &one.number), "{}", one.number);
            assert_eq!(
                normalise(&one.document_type, &one.number, true, NOW).as_ref(),
                Ok(&one.number)
            );
        }
    }

    #[test]
    fn it_answers_each_question_as_the_register_would() {
        let register = MockPopulationRegister::new().unwrap();
        let ask = |number, name| register.answer(&Question { document_type: "111", number, name });
        assert_eq!(ask("440399198803150018", "林示例"), MatchResult::Match);
        assert_eq!(ask("440399199909090169", "林示例"), MatchResult::Match);
        assert_eq!(ask("440399198803150018", "陈演示"), MatchResult::Mismatch);
        assert_eq!(ask("440399196610100103", "王注销"), MatchResult::Deceased);
        assert_eq!(ask("440399196610100103", "林示例"), MatchResult::Mismatch);
        assert_eq!(ask("440399197001010012", "林示例"), MatchResult::NotFound);
    }
}
