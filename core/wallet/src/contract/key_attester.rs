//! The contract of [`KeyAttester`], on keys of a key store.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use szid_protocol::crypto::{Signature, Signer, SoftwareSigner};
use szid_protocol::key::PublicKey;

use crate::jose;
use crate::ports::{Clock, DeviceKeys, KeyAttester, KeyPolicy};

/// As many keys as the longest strip has days.
const STRIP: usize = 15;
/// The longest that a wallet waits.
const WITHIN: Duration = Duration::from_secs(12);
/// The longest attestation that a service of the city reads, bytes.
const MAX_BYTES: usize = 12 * 1024;
/// How far a backend's clock may be ahead, seconds.
const MAX_AHEAD: u64 = 300;
/// Where keys may lie (OpenID4VCI 1.0, appendix D.2).
const GRADES: [&str; 4] =
    ["iso_18045_high", "iso_18045_moderate", "iso_18045_enhanced-basic", "iso_18045_basic"];

/// Runs the contract of [`KeyAttester`] on an implementation, for keys of the key store that goes with it:
/// under handles that start with `contract-attest-`, which are deleted again. Needs a tokio runtime with its
/// clock.
///
/// # Panics
/// When the contract is broken; the message says how.
pub async fn key_attester(
    attester: Arc<dyn KeyAttester>,
    keys: &dyn DeviceKeys,
    clock: &dyn Clock,
) {
    let made: Vec<_> = (0..STRIP).map(|at| make(keys, at)).collect();
    let check = Check { attester, clock };
    check.attests(&made, "first-nonce").await;
    check.attests(&made, "second-nonce").await;
    check.attests(&made[STRIP - 1..], "third-nonce").await;
    let turned: Vec<_> = made.iter().rev().cloned().collect();
    check.attests(&turned, "fourth-nonce").await;

    let (gone, key) = made[0].clone();
    let deleted = keys.delete(&gone);
    assert_eq!(deleted, Ok(()), "a key is deleted");
    check.attests_nothing(vec![(gone, key)], "a key that is gone is not attested").await;
    let (held, stranger) = (made[1].0.clone(), stranger());
    let clause = "a key that is not the handle's is not attested";
    check.attests_nothing(vec![(held, stranger)], clause).await;
    for (handle, _) in &made {
        assert_eq!(keys.delete(handle), Ok(()), "cleaning up");
    }
}

fn make(keys: &dyn DeviceKeys, at: usize) -> (String, PublicKey) {
    let handle = format!("contract-attest-{at}");
    let key = keys.delete(&handle).and_then(|()| keys.create(&handle, KeyPolicy::DeviceUnlocked));
    (handle, key.unwrap_or_else(|error| panic!("the key store makes a key: {error}")))
}

/// A key that no key store holds.
fn stranger() -> PublicKey {
    let key = SoftwareSigner::from_scalar(&[7; 32]);
    key.unwrap_or_else(|_| panic!("a key")).public_key()
}

struct Check<'a> {
    attester: Arc<dyn KeyAttester>,
    clock: &'a dyn Clock,
}

impl Check<'_> {
    async fn asked(
        &self,
        keys: Vec<(String, PublicKey)>,
        nonce: &'static str,
    ) -> Result<Option<String>, crate::KeyError> {
        let attester = Arc::clone(&self.attester);
        let asked = tokio::task::spawn_blocking(move || attester.attest(&keys, nonce));
        let answered = tokio::time::timeout(WITHIN, asked).await;
        let answered = answered.unwrap_or_else(|_| panic!("an answer comes within 12 seconds"));
        answered.unwrap_or_else(|_| panic!("a failure is one of the port's errors"))
    }

    async fn attests(&self, keys: &[(String, PublicKey)], nonce: &'static str) {
        let answer = self.asked(keys.to_vec(), nonce).await;
        let answer =
            answer.unwrap_or_else(|error| panic!("keys of this phone are attested: {error}"));
        let jwt = answer.unwrap_or_default();
        assert!(
            !jwt.is_empty(),
            "there is something to show: where there is not, no attester is brought"
        );
        assert!(
            jwt.len() <= MAX_BYTES,
            "it is no longer than a service reads: {} bytes",
            jwt.len()
        );
        let (header, claims) = read(&jwt).unwrap_or_else(|| panic!("it is a signed JWT"));
        assert_eq!(header["typ"], "key-attestation+jwt", "it is of the standard's type");
        assert_eq!(header["alg"], "ES256", "it is signed by ES256");
        assert!(header["kid"].as_str().is_some_and(|kid| !kid.is_empty()), "it names its key");
        assert_eq!(claims["nonce"], nonce, "it holds the nonce that it was asked for with");
        let expected = keys.iter().map(|(_, key)| jose::jwk(key).unwrap_or_default());
        let same = |held: &Value, key: &Value| {
            ["kty", "crv", "x", "y"].iter().all(|of| held[of] == key[of])
        };
        let held = claims["attested_keys"].as_array().map(Vec::as_slice).unwrap_or_default();
        let are_these = held.len() == keys.len()
            && held.iter().zip(expected).all(|(held, key)| same(held, &key));
        assert!(are_these, "it speaks of these keys, in this order, and of no others");
        let storage = claims["key_storage"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_grade = |grade: &Value| grade.as_str().is_some_and(|grade| GRADES.contains(&grade));
        assert!(
            storage.iter().any(is_grade),
            "it says where the keys lie, in the standard's words"
        );
        let now = self.clock.read().wall;
        let (iat, exp) = (claims["iat"].as_u64(), claims["exp"].as_u64());
        assert!(iat.is_some_and(|iat| iat <= now + MAX_AHEAD), "it was made by now");
        assert!(exp.is_some_and(|exp| exp > now), "it is good for a while");
    }

    async fn attests_nothing(&self, keys: Vec<(String, PublicKey)>, clause: &str) {
        let answer = self.asked(keys, "fifth-nonce").await;
        assert!(!matches!(answer, Ok(Some(_))), "{clause}");
    }
}

/// Header and claims of a JWT whose signature has the form of ES256; whose it is, the service knows.
fn read(jwt: &str) -> Option<(Value, Value)> {
    let parts: Vec<&str> = jwt.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { return None };
    let bytes = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
    Signature::try_from(bytes(signature)?.as_slice()).ok()?;
    let json = |part: &str| serde_json::from_slice(&bytes(part)?).ok();
    Some((json(header)?, json(claims)?))
}
