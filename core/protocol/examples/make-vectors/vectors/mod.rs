//! The published test vectors. What a case must give is written down by hand, never computed by the code
//! under test.

use serde::Serialize;

pub(crate) mod case;
pub(crate) mod city;
mod codes;
pub(crate) mod corpus;
mod digits;
pub(crate) mod documents;
pub(crate) mod forge;
mod keys;
mod passes;
mod situations;
pub(crate) mod venues;

#[derive(Serialize)]
struct File<T> {
    about: &'static str,
    cases: Vec<T>,
}

fn json<T: Serialize>(about: &'static str, cases: Vec<T>) -> String {
    let mut text = serde_json::to_string_pretty(&File { about, cases }).unwrap();
    text.push('\n');
    text
}

/// Every file: its name and its text.
pub(crate) fn files() -> Vec<(&'static str, String)> {
    vec![
        (
            "keys.json",
            json(
                "The fixed P-256 keys of the vectors. Anybody knows them: never trust them.",
                keys::cases(),
            ),
        ),
        (
            "digits.json",
            json("The text form: bytes and digits, and digits that are refused.", digits::cases()),
        ),
        (
            "trust-lists.json",
            json(
                "Trust lists, verified with the named root key at `now` by a verifier that holds version `held_version`.",
                documents::trust_lists(),
            ),
        ),
        (
            "scenes.json",
            json(
                "Scene policies, verified with a trust list at `now` by a verifier that holds version `held_version`.",
                documents::scene_policies(),
            ),
        ),
        (
            "status-lists.json",
            json("Status lists, verified with a trust list at `now`.", documents::status_lists()),
        ),
        (
            "passes.json",
            json(
                "Codes whose deviation lies in the pass. `pass` is the pass's bytes.",
                passes::cases(),
            ),
        ),
        (
            "codes.json",
            json(
                "Codes whose deviation lies in the device's layer. `bytes` is what the digits stand for.",
                codes::cases(),
            ),
        ),
        (
            "verify.json",
            json(
                "Good codes in every situation: clock, trust, challenge, scene, status, replay.",
                situations::cases(),
            ),
        ),
        (
            "venue-codes.json",
            json(
                "Venue codes, read with a trust list at `now` (docs/protocol/venue-codes.md).",
                venues::cases(),
            ),
        ),
    ]
}
