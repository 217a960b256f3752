//! What a request may ask, found out before its code is looked at.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use szid_identity::claims::claim_name;
use szid_identity::hidden_marks::shows_plainly;
use szid_protocol::code::Challenge;
use szid_register::{Matter, Retry, Venue};

use super::{ScanFault, ScanRequest};
use crate::access::VenueDevice;
use crate::digest::Digest32;
use crate::idempotency::read_key;
use crate::publication::SignedScenes;

/// The longest operator, purpose and case number, bytes.
const MAX_WORDS_BYTES: usize = 64;

/// A request whose every part but the code was found good.
pub(super) struct Checked {
    /// What was typed or scanned; a short number until it is looked up.
    pub(super) code: String,
    pub(super) scene: u16,
    pub(super) operator: String,
    pub(super) challenge: Option<Challenge>,
    pub(super) matter: Option<Matter>,
    /// The names of the claims to give, where the venue wants fewer than its scene allows.
    pub(super) only: Option<Vec<String>>,
}

pub(super) fn check(
    request: ScanRequest,
    caller: &VenueDevice,
    scenes: &SignedScenes,
) -> Result<Checked, ScanFault> {
    let scene = scene_of(&caller.venue, request.scene)?;
    let policy = scenes.policies.scene(scene).map_err(|_| ScanFault::SceneDenied)?;
    let ScanRequest { operator, purpose, case, .. } = request;
    if ![&operator, &purpose, &case].into_iter().all(|text| is_line(text)) {
        return Err(ScanFault::MatterInvalid);
    }
    if policy.case && [&operator, &purpose, &case].into_iter().any(|text| text.trim().is_empty()) {
        return Err(ScanFault::MatterMissing);
    }
    if let Some(claims) = &request.claims {
        let listed = |name: &String| {
            policy.claims.iter().any(|claim| claim_name(*claim) == Some(name.as_str()))
        };
        if !claims.iter().all(listed) {
            return Err(ScanFault::ClaimDenied);
        }
    }
    let challenge = match request.nonce {
        None => None,
        Some(nonce) => {
            let nonce =
                BASE64URL_NOPAD.decode(nonce.as_bytes()).map_err(|_| ScanFault::NonceInvalid)?;
            Some(Challenge { audience: caller.venue.id.clone(), nonce })
        }
    };
    Ok(Checked {
        code: request.code,
        scene,
        operator: scanned_by(caller, &operator),
        challenge,
        // Where the scene does not demand it, it is not kept.
        matter: policy.case.then_some(Matter { operator, purpose, case }),
        only: request.claims,
    })
}

/// Who scans, for the memory of used codes: two desks are never the same.
pub(super) fn scanned_by(caller: &VenueDevice, operator: &str) -> String {
    format!("{}/{}/{operator}", caller.venue.id, caller.device)
}

fn is_line(text: &str) -> bool {
    text.len() <= MAX_WORDS_BYTES && text.chars().all(shows_plainly)
}

/// The scene that was asked for, which must be one that the venue is registered for.
pub(crate) fn scene_of(venue: &Venue, asked: Option<u16>) -> Result<u16, ScanFault> {
    match (asked, venue.scenes.as_slice()) {
        (Some(id), scenes) if scenes.contains(&id) => Ok(id),
        (Some(_), _) => Err(ScanFault::SceneDenied),
        (None, [only]) => Ok(*only),
        (None, _) => Err(ScanFault::SceneMissing),
    }
}

/// How a request is known again when it is sent again.
pub(super) fn retry(
    key: Option<&[u8]>,
    caller: &VenueDevice,
    scan: &Checked,
) -> Result<Option<Retry>, ScanFault> {
    let Some(key) = key else { return Ok(None) };
    let key = read_key(key).ok_or(ScanFault::KeyInvalid)?;
    // A zero byte stands in none of the parts.
    let of_device = [&caller.venue.id, &caller.device, key].join("\0");
    Ok(Some(Retry {
        key: Sha256::digest(of_device).into(),
        request: digest(scan),
        registration: caller.registration(),
    }))
}

/// A hash of everything in a request that decides about its answer.
fn digest(scan: &Checked) -> [u8; 32] {
    let Checked { code, scene, operator, challenge, matter, only } = scan;
    let nonce = challenge.as_ref().map(|challenge| challenge.nonce.as_slice());
    let claims = only.as_ref().map(|names| {
        // A set of names: neither their order nor a repetition asks for anything else.
        names.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    });
    let mut digest = Digest32::of(b"szid scan request v1")
        .part(Some(code.as_bytes()))
        .part(Some(&scene.to_be_bytes()))
        .part(Some(operator.as_bytes()))
        .part(nonce)
        .part(claims.as_ref().map(|names| names.join(" ")).as_deref().map(str::as_bytes));
    if let Some(Matter { operator, purpose, case }) = matter {
        for word in [operator, purpose, case] {
            digest = digest.part(Some(word.as_bytes()));
        }
    }
    digest.finish()
}
