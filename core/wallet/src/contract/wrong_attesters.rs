//! A backend that looks at the key store, and ones that are wrong in one way each: the contract finds every
//! one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use szid_protocol::crypto::SoftwareSigner;
use szid_protocol::key::PublicKey;

use crate::ports::{DeviceKeys, KeyAttester, KeyError};
use crate::software::{MockKeyAttester, SoftwareDeviceKeys, SystemClock, SystemEntropy};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nothing,
    Empty,
    Fails,
    Panics,
    Hangs,
    TooLong,
    NoJwt,
    UnsignedJwt,
    OtherType,
    OtherAlgorithm,
    NoKid,
    SameNonce,
    KeptAttestation,
    KeysReordered,
    KeyMissing,
    OneKeyMore,
    OneKeyOnly,
    NoStorage,
    OwnWord,
    MadeTomorrow,
    Over,
    DoesNotLook,
    LooksAtHandlesOnly,
}

const CLAUSES: [(Wrong, &str); 23] = [
    (Wrong::Nothing, "there is something to show"),
    (Wrong::Empty, "there is something to show"),
    (Wrong::Fails, "keys of this phone are attested"),
    (Wrong::Panics, "a failure is one of the port's errors"),
    (Wrong::Hangs, "an answer comes within 12 seconds"),
    (Wrong::TooLong, "it is no longer than a service reads"),
    (Wrong::NoJwt, "it is a signed JWT"),
    (Wrong::UnsignedJwt, "it is a signed JWT"),
    (Wrong::OtherType, "it is of the standard's type"),
    (Wrong::OtherAlgorithm, "it is signed by ES256"),
    (Wrong::NoKid, "it names its key"),
    (Wrong::SameNonce, "it holds the nonce that it was asked for with"),
    (Wrong::KeptAttestation, "it holds the nonce that it was asked for with"),
    (Wrong::KeysReordered, "it speaks of these keys, in this order"),
    (Wrong::KeyMissing, "it speaks of these keys, in this order"),
    (Wrong::OneKeyMore, "it speaks of these keys, in this order, and of no others"),
    (Wrong::OneKeyOnly, "it speaks of these keys, in this order"),
    (Wrong::NoStorage, "it says where the keys lie"),
    (Wrong::OwnWord, "it says where the keys lie, in the standard's words"),
    (Wrong::MadeTomorrow, "it was made by now"),
    (Wrong::Over, "it is good for a while"),
    (Wrong::DoesNotLook, "a key that is gone is not attested"),
    (Wrong::LooksAtHandlesOnly, "a key that is not the handle's is not attested"),
];

/// The mock that attests anything, behind a look into the key store.
struct Looking {
    keys: Arc<SoftwareDeviceKeys>,
    says: MockKeyAttester,
    wrong: Option<Wrong>,
    kept: Mutex<Option<String>>,
}

impl Looking {
    fn new(keys: Arc<SoftwareDeviceKeys>, wrong: Option<Wrong>) -> Self {
        let signer = SoftwareSigner::from_scalar(&[3; 32]).unwrap();
        let says = MockKeyAttester::new(Arc::new(signer), Arc::new(SystemClock::new()));
        Self { keys, says, wrong, kept: Mutex::default() }
    }
}

impl KeyAttester for Looking {
    fn attest(
        &self,
        keys: &[(String, PublicKey)],
        nonce: &str,
    ) -> Result<Option<String>, KeyError> {
        for (handle, key) in keys {
            match self.keys.public_key(handle) {
                Ok(held) if held == *key || self.wrong == Some(Wrong::LooksAtHandlesOnly) => {}
                _ if self.wrong == Some(Wrong::DoesNotLook) => {}
                Err(error) => return Err(error),
                Ok(_) => return Err(KeyError::Lost),
            }
        }
        let mut turned: Vec<_> = keys.to_vec();
        let (mut kept, is_strip) = (self.kept.lock().unwrap(), keys.len() > 1);
        match self.wrong {
            None => {}
            Some(Wrong::Nothing) => return Ok(None),
            Some(Wrong::Empty) => return Ok(Some(String::new())),
            Some(Wrong::Fails) => return Err(KeyError::Unavailable),
            Some(Wrong::Panics) => panic!("no backend"),
            Some(Wrong::Hangs) => std::thread::sleep(Duration::from_secs(15)),
            Some(Wrong::KeysReordered) => turned.sort_by(|one, other| one.0.cmp(&other.0)),
            Some(Wrong::KeyMissing) => turned.truncate(keys.len().max(2) - 1),
            Some(Wrong::OneKeyMore) => turned.push(keys[0].clone()),
            Some(Wrong::OneKeyOnly) if is_strip => turned.truncate(1),
            _ => {}
        }
        let said = match &*kept {
            Some(said) if self.wrong == Some(Wrong::KeptAttestation) => said.clone(),
            _ => self.says.attest(&turned, nonce)?.unwrap_or_default(),
        };
        *kept = Some(said.clone());
        Ok(Some(self.wrong.map_or(said.clone(), |wrong| spoilt(&said, wrong))))
    }
}

/// The signature is no longer right then, which nobody on a phone can see.
fn spoilt(said: &str, wrong: Wrong) -> String {
    let parts: Vec<&str> = said.split('.').collect();
    let read = |part: &str| -> Value {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    };
    let (mut header, mut claims, mut signature) = (read(parts[0]), read(parts[1]), parts[2]);
    match wrong {
        Wrong::TooLong => claims["more"] = json!("x".repeat(12 * 1024)),
        Wrong::NoJwt => return parts[1].to_owned(),
        Wrong::UnsignedJwt => signature = "",
        Wrong::OtherType => header["typ"] = json!("jwt"),
        Wrong::OtherAlgorithm => header["alg"] = json!("none"),
        Wrong::NoKid => header["kid"] = Value::Null,
        Wrong::SameNonce => claims["nonce"] = json!("first-nonce"),
        Wrong::NoStorage => claims["key_storage"] = json!([]),
        Wrong::OwnWord => claims["key_storage"] = json!(["strongbox"]),
        Wrong::MadeTomorrow => claims["iat"] = json!(claims["iat"].as_u64().unwrap() + 86_400),
        Wrong::Over => claims["exp"] = json!(claims["iat"].as_u64().unwrap()),
        _ => return said.to_owned(),
    }
    let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    format!("{}.{}.{signature}", encode(&header), encode(&claims))
}

async fn check(wrong: Option<Wrong>) {
    let keys = Arc::new(SoftwareDeviceKeys::new(Arc::new(SystemEntropy)));
    let attester = Arc::new(Looking::new(Arc::clone(&keys), wrong));
    super::key_attester(attester, &*keys, &SystemClock::new()).await;
}

#[tokio::test]
async fn a_backend_that_looks_keeps_the_contract() {
    check(None).await;
}

#[tokio::test]
async fn every_wrong_backend_is_found_and_the_clause_is_named() {
    let checks = CLAUSES.map(|(wrong, clause)| (wrong, clause, tokio::spawn(check(Some(wrong)))));
    for (wrong, clause, check) in checks {
        let panic = check.await.expect_err(&format!("{wrong:?} is not found")).into_panic();
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        let told = text.strip_prefix("assertion `left == right` failed: ").unwrap_or(text);
        assert!(told.starts_with(clause), "{wrong:?}: {told}");
    }
}
