//! What a kept code proves later, and what it does not.
#![allow(clippy::unwrap_used, missing_docs)]

use szid_protocol::code::{Challenge, CodeClaims, CodeDraft};
use szid_protocol::crypto::{P256Backend, Signer, SoftwareSigner};
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_protocol::proof::{ProvenCode, prove, was_fresh};
use szid_protocol::reason::Reason;
use szid_protocol::trust::{Purpose, TrustList, TrustedKey, VerifiedTrustList};
use szid_protocol::verify::{MAX_AGE, MAX_AHEAD, NoCache, derive_replay_key};

const NOW: u64 = 1_768_449_600;
const TODAY: u64 = 1_768_492_800;

fn key(scalar: u8) -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[scalar; 32]).unwrap()
}

fn code(pass_signer: u8, device_signer: u8, scene: u16, challenge: Option<Challenge>) -> Vec<u8> {
    let pass = PassClaims {
        exp: TODAY,
        device_key: key(9).public_key(),
        identity_level: IdentityLevel::InPerson,
        key_protection: KeyProtection::SecureElement,
        status_index: 77,
        concessions: None,
        masked_name: None,
    };
    let pass = pass.sign(&key(pass_signer)).unwrap();
    let claims = CodeClaims { iat: NOW, tier: AuthenticationTier::AppOpen, scene, challenge };
    let draft = CodeDraft::new(&pass, &claims).unwrap();
    let signature = key(device_signer).sign(&draft.to_be_signed()).unwrap();
    draft.finish(&signature)
}

/// Verified long after: the list names the key that was valid then.
fn proven(code: &[u8], at: u64) -> Result<ProvenCode, Reason> {
    let entry = TrustedKey {
        key: key(2).public_key(),
        purpose: Purpose::Pass,
        from: NOW - 100,
        to: NOW + 100,
        status_prefix: Some("https://id.example/status/".into()),
    };
    let (iat, exp) = (NOW + 2_000_000, NOW + 3_000_000);
    let list = TrustList { version: 9, iat, exp, keys: vec![entry] }.sign(&key(1)).unwrap();
    let roots = [key(1).public_key()];
    let trust = VerifiedTrustList::verify(&list, &roots, &P256Backend).unwrap();
    prove(code, at, &trust, &P256Backend, &NoCache)
}

#[test]
fn a_code_proves_whose_it_is_and_when_it_was_drawn() {
    let proof = proven(&code(2, 9, 3, None), NOW + 20).unwrap();
    assert_eq!(proof.holder().pass.status_index, 77);
    assert_eq!(derive_replay_key(proof.holder()).iat, NOW);
    assert!(proof.suits(3) && !proof.suits(4));
    let challenge = Challenge { audience: "library".into(), nonce: vec![1; 8] };
    assert!(!proven(&code(2, 9, 0, Some(challenge)), NOW).unwrap().suits(3));
    assert!(proven(&code(2, 9, 0, None), NOW).unwrap().suits(3));
}

#[test]
fn it_proves_nothing_for_another_time_or_by_another_key() {
    let good = code(2, 9, 0, None);
    for (at, fresh) in [
        (NOW + MAX_AGE, Ok(())),
        (NOW - MAX_AHEAD, Ok(())),
        (NOW + MAX_AGE + 1, Err(Reason::CodeExpired)),
        (NOW - MAX_AHEAD - 1, Err(Reason::ClockAhead)),
        (NOW - 101, Err(Reason::KeyNotValid)),
        (NOW + 100, Err(Reason::KeyNotValid)),
    ] {
        assert_eq!(proven(&good, at).map(drop), fresh, "{at}");
    }
    assert!(was_fresh(NOW, NOW + MAX_AGE) && !was_fresh(NOW, NOW + MAX_AGE + 1));
    assert_eq!(proven(&code(3, 9, 0, None), NOW), Err(Reason::IssuerUnknown));
    assert_eq!(proven(&code(2, 8, 0, None), NOW), Err(Reason::CodeSignature));
    for at in 0..good.len() {
        let mut altered = good.clone();
        altered[at] ^= 1;
        assert!(proven(&altered, NOW).is_err(), "{at}");
    }
}
