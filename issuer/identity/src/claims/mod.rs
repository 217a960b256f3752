//! What a venue receives: of what the register knows, the claims that the scene lists, and nothing else is
//! ever put together.

mod age;
mod compound_surnames;
mod masking;

use std::collections::BTreeMap;

use age::age_on;
use data_encoding::BASE64URL_NOPAD;
pub use masking::mask_name;
use serde_json::Value;
use szid_protocol::scene::ScenePolicy;
use szid_register::register_key::RegisterKey;
use szid_register::{PersonId, Venue};

use crate::Identity;

/// Claims by their names, as a venue receives them. No `Debug`: they must not reach a log.
#[derive(Clone, PartialEq)]
pub struct Claims(BTreeMap<&'static str, Value>);

impl Claims {
    /// The names alone: what receipts keep.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().map(|name| (*name).to_owned()).collect()
    }

    /// Only those that the venue wants.
    pub fn narrowed(mut self, only: &[String]) -> Self {
        self.0.retain(|name, _| only.iter().any(|wanted| wanted == name));
        self
    }

    /// As a JSON object.
    pub fn into_object(self) -> BTreeMap<&'static str, Value> {
        self.0
    }
}

/// The names of the specification's claims registry that a register of identities can fill.
/// Of the others, a venue's own systems know more than the city does: nothing is sent for them.
pub fn claim_name(number: u16) -> Option<&'static str> {
    Some(match number {
        1 => "pairwise_id",
        2 => "name",
        3 => "masked_name",
        4 => "document_type",
        5 => "document_number",
        6 => "sex",
        7 => "nationality",
        8 => "birth_date",
        9 => "document_validity",
        11 => "phone",
        12 => "age",
        13 => "concession",
        _ => return None,
    })
}

/// Puts together what this venue may receive of this person in this scene. What the register does not hold is
/// left out.
pub fn assemble(
    policy: &ScenePolicy,
    venue: &Venue,
    person: PersonId,
    identity: &Identity,
    key: &RegisterKey,
    now: u64,
) -> Claims {
    let listed = policy.claims.iter();
    let claim = |number: &u16| {
        let name = claim_name(*number)?;
        Some((name, value(name, venue, person, identity, key, now)?))
    };
    Claims(listed.filter_map(claim).collect())
}

fn value(
    name: &str,
    venue: &Venue,
    person: PersonId,
    identity: &Identity,
    key: &RegisterKey,
    now: u64,
) -> Option<Value> {
    let text = |text: &str| Some(Value::from(text));
    match name {
        "pairwise_id" => {
            Some(BASE64URL_NOPAD.encode(&key.derive_pairwise(&venue.id, &person.0)).into())
        }
        "name" => text(&identity.name),
        "masked_name" => text(&mask_name(&identity.name)),
        "document_type" => text(&identity.document_type),
        "document_number" => text(&identity.number),
        "sex" => text(identity.sex()?),
        "nationality" => text(identity.nationality.as_deref()?),
        "birth_date" => text(&identity.birth_date()?),
        "document_validity" => text(identity.valid_until.as_deref()?),
        "phone" => text(identity.phone.as_deref()?),
        "age" => {
            let age = age_on(&identity.birth_date()?, now)?;
            let answers =
                venue.ages.iter().map(|least| (format!("at_least_{least}"), age >= *least));
            let answers: serde_json::Map<_, _> =
                answers.map(|(name, yes)| (name, yes.into())).collect();
            (!answers.is_empty()).then_some(answers.into())
        }
        "concession" => Some((!identity.concessions.is_empty()).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-15 12:00 in Shenzhen.
    const DEMO_DAY: u64 = 1_768_449_600;

    fn venue(id: &str, ages: &[u8]) -> Venue {
        Venue {
            id: id.into(),
            name: id.into(),
            uscc: "12440399EXAMPLEB3N".into(),
            scenes: vec![2],
            suspended: false,
            ages: ages.to_vec(),
        }
    }

    fn lin() -> Identity {
        Identity {
            phone: Some("15400000001".into()),
            valid_until: Some("2036-01-15".into()),
            ..Identity::of_document("111", "440399198803150018", "林示例")
        }
    }

    fn received(claims: &[u16], venue: &Venue) -> BTreeMap<&'static str, Value> {
        let policy = ScenePolicy { id: 2, claims: claims.to_vec(), ..ScenePolicy::any() };
        let key = RegisterKey::derive(&[7; 32]);
        assemble(&policy, venue, PersonId([1; 16]), &lin(), &key, DEMO_DAY).into_object()
    }

    #[test]
    fn a_venue_receives_what_its_scene_lists_and_nothing_else() {
        let all: Vec<u16> = (0..=40).collect();
        let everything = received(&all, &venue("hall", &[18]));
        assert_eq!(everything["name"], "林示例");
        assert_eq!(everything["sex"], "male");
        assert_eq!(everything["birth_date"], "1988-03-15");
        assert_eq!(everything["age"], serde_json::json!({ "at_least_18": true }));
        assert_eq!(everything["concession"], false);
        // Each claim alone gives that claim alone.
        for number in all {
            let one = received(&[number], &venue("hall", &[18]));
            let names: Vec<_> = one.keys().copied().collect();
            assert_eq!(
                names,
                claim_name(number)
                    .filter(|name| everything.contains_key(name))
                    .map_or(vec![], |name| vec![name])
            );
        }
        assert!(received(&[], &venue("hall", &[])).is_empty());
        assert!(!received(&[12], &venue("hall", &[])).contains_key("age"));
    }

    #[test]
    fn a_pairwise_id_is_one_venues_own() {
        let of = |venue: &Venue| received(&[1], venue)["pairwise_id"].clone();
        assert_eq!(of(&venue("a", &[])), of(&venue("a", &[60])));
        assert_ne!(of(&venue("a", &[])), of(&venue("b", &[])));
    }
}
