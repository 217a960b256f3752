//! Venue codes, good and bad.

use serde::{Deserialize, Serialize};
use szid_protocol::digits;
use szid_protocol::venue::VenueCode;

use super::case::hex;
use super::city::{DAY, NOW, Role, code};
use super::forge::Layer;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VenueCase {
    pub(crate) name: String,
    /// The digits.
    pub(crate) text: String,
    /// The trust list, by name.
    pub(crate) verified_with: String,
    pub(crate) now: u64,
    /// `OK`, `MALFORMED`, `SIGNATURE` or `EXPIRED`.
    pub(crate) outcome: String,
    /// What a good one says: venue, device, scene, exp, iat, and the nonce where it rotates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) says: Option<Says>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Says {
    pub(crate) venue: String,
    pub(crate) device: String,
    pub(crate) scene: u16,
    pub(crate) exp: u64,
    pub(crate) iat: u64,
    pub(crate) nonce: Option<String>,
}

fn printed() -> VenueCode {
    let (venue, device) = ("library".into(), "desk-1".into());
    VenueCode { exp: NOW + 90 * DAY, iat: NOW - DAY, nonce: None, venue, device, scene: 2 }
}

fn says(code: &VenueCode) -> Says {
    Says {
        venue: code.venue.clone(),
        device: code.device.clone(),
        scene: code.scene,
        exp: code.exp,
        iat: code.iat,
        nonce: code.nonce.map(|nonce| hex(&nonce)),
    }
}

/// The digits of the bytes, as a venue's code has them.
fn text(bytes: &[u8]) -> String {
    digits::encode(bytes).replacen("07551", "07550", 1)
}

pub(crate) fn cases() -> Vec<VenueCase> {
    let case = |name: &str, outcome: &str, text: String, says: Option<Says>| VenueCase {
        name: name.into(),
        text,
        verified_with: "good".into(),
        now: NOW,
        outcome: outcome.into(),
        says,
    };
    let signed = |code: &VenueCode, role: Role| code.sign(&role.signer()).unwrap();
    let good = |name: &str, code: &VenueCode| {
        case(name, "OK", signed(code, Role::Venue), Some(says(code)))
    };
    let bad = |name: &str, outcome: &str, text: String| case(name, outcome, text, None);
    let forged = |role: Role, change: &dyn Fn(&mut Layer)| {
        let digits = signed(&printed(), Role::Venue).replacen("07550", "07551", 1);
        let mut layer = Layer::read(&digits::decode(&digits).unwrap());
        change(&mut layer);
        text(&layer.sign(role).bytes())
    };
    let rotating = VenueCode { nonce: Some([9; 16]), exp: NOW + 120, iat: NOW, ..printed() };
    let last = VenueCode { exp: NOW + 1, ..printed() };
    let over = VenueCode { exp: NOW, ..printed() };
    let chinese = VenueCode { device: "南门一号".into(), ..printed() };
    vec![
        good("printed", &printed()),
        good("rotating, with a nonce", &rotating),
        good("a name in Chinese", &chinese),
        good("its last second", &last),
        bad("the second after it", "EXPIRED", signed(&over, Role::Venue)),
        bad("signed by a key for receipts", "SIGNATURE", signed(&printed(), Role::Receipt)),
        bad("signed by a key that is not listed", "SIGNATURE", signed(&printed(), Role::Unlisted)),
        bad("another scene than was signed", "SIGNATURE", {
            let digits = signed(&printed(), Role::Venue).replacen("07550", "07551", 1);
            let mut layer = Layer::read(&digits::decode(&digits).unwrap());
            layer.claims(|claims| claims.within(-65_542, |own| own.set(3, 9)));
            text(&layer.bytes())
        }),
        bad("a citizen's code", "MALFORMED", digits::encode(&code(|_| ()))),
        bad("a citizen's code under a venue's digit", "MALFORMED", text(&code(|_| ()))),
        bad(
            "scene 0",
            "MALFORMED",
            forged(Role::Venue, &|layer| {
                layer.claims(|claims| claims.within(-65_542, |own| own.set(3, 0)));
            }),
        ),
        bad(
            "no venue",
            "MALFORMED",
            forged(Role::Venue, &|layer| {
                layer.claims(|claims| claims.within(-65_542, |own| own.set(1, "")));
            }),
        ),
        bad(
            "a nonce of 8 bytes",
            "MALFORMED",
            forged(Role::Venue, &|layer| layer.claims(|claims| claims.insert(2, 10, vec![9u8; 8]))),
        ),
        bad("cut", "MALFORMED", signed(&printed(), Role::Venue)[..200].to_owned()),
        bad("a web address", "MALFORMED", "https://id.example/venue".into()),
    ]
}
