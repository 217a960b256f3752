//! The trust list: the one document from which every other signature's key comes. Signed offline by the root
//! key.

use std::sync::Arc;

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::{ES256, SignatureBackend, Signer, VerifyingKey};
use crate::document::{UnverifiedDocument, claim, sign_document};
use crate::error::EncodeError;
use crate::key::{KeyId, PublicKey};
use crate::reason::Reason;

/// The document's media type.
pub const TYP: &str = "application/szid-trust+cwt";
/// The largest trust list, in bytes.
pub const MAX_BYTES: usize = 65_536;
/// The most keys in one list.
pub const MAX_KEYS: usize = 256;
/// The longest status prefix, in bytes.
pub const MAX_PREFIX_BYTES: usize = 200;
const SZ_TRUST: i64 = -65_539;

/// What the URIs of an issuer's status lists start with. It stands with the issuer's pass keys in the trust
/// list, and so the root's signature names the issuer.
pub fn status_prefix(base_url: &str) -> String {
    format!("{base_url}/v1/status/")
}

/// What a key may sign. A signature by a key of another purpose is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// Day passes.
    Pass = 1,
    /// Status lists.
    Status = 2,
    /// Scene policies.
    Scenes = 3,
    /// E-licences.
    Licence = 4,
    /// Signed time.
    Time = 5,
    /// Venue codes.
    Venue = 6,
    /// Receipts of scans.
    Receipt = 7,
}

/// One key of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// The public key.
    pub key: PublicKey,
    /// What it may sign.
    pub purpose: Purpose,
    /// First second of its validity.
    pub from: u64,
    /// End of its validity (exclusive).
    pub to: u64,
    /// For pass keys: what the URIs of their status lists start with; `{prefix}{exp}/{list}` is the whole.
    pub status_prefix: Option<String>,
}

/// What the root signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustList {
    /// Goes up with every list; verifiers refuse a lower one than they hold.
    pub version: u64,
    /// When it was made, Unix seconds.
    pub iat: u64,
    /// When it stops being good, Unix seconds.
    pub exp: u64,
    /// The keys.
    pub keys: Vec<TrustedKey>,
}

impl TrustList {
    /// Signs the list with the root key.
    ///
    /// # Errors
    /// [`EncodeError`] for values outside the format's bounds and for a signer that does not sign.
    pub fn sign(&self, root: &dyn Signer) -> Result<Vec<u8>, EncodeError> {
        if self.keys.len() > MAX_KEYS {
            return Err(EncodeError::TooLarge);
        }
        let mut writer = Writer::with_capacity(128 * self.keys.len() + 64);
        writer.map(3).int(claim::EXP).uint(self.exp).int(claim::IAT).uint(self.iat);
        writer.int(SZ_TRUST).map(2).int(1).uint(self.version).int(2).array(self.keys.len());
        for entry in &self.keys {
            let prefix = entry.status_prefix.as_deref();
            if prefix.is_some_and(|prefix| prefix.len() > MAX_PREFIX_BYTES)
                || prefix.is_some() != (entry.purpose == Purpose::Pass)
            {
                return Err(EncodeError::TooLarge);
            }
            let kid = entry.key.key_id().map_err(|_| EncodeError::Key)?;
            writer.map(6 + usize::from(prefix.is_some()));
            writer.int(1).bytes(&kid.0).int(2).int(ES256).int(3);
            entry.key.write(&mut writer);
            writer.int(4).uint(entry.purpose as u64).int(5).uint(entry.from).int(6).uint(entry.to);
            if let Some(prefix) = prefix {
                writer.int(7).text(prefix);
            }
        }
        sign_document(TYP, &writer.into_bytes(), root)
    }
}

/// A key of a verified list, ready to use.
pub(crate) struct LoadedKey {
    pub(crate) kid: KeyId,
    /// `None` for an algorithm that this software does not know: such a key verifies nothing.
    pub(crate) verifying: Option<Box<dyn VerifyingKey>>,
    pub(crate) alg: i64,
    pub(crate) purpose: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// Shared with every pass that the key has signed.
    pub(crate) status_prefix: Option<Arc<str>>,
    public: Option<PublicKey>,
}

impl LoadedKey {
    pub(crate) fn is_valid_at(&self, now: u64) -> bool {
        self.from <= now && now < self.to
    }
}

/// A trust list whose root signature was verified.
pub struct VerifiedTrustList {
    version: u64,
    iat: u64,
    exp: u64,
    keys: Vec<LoadedKey>,
}

impl VerifiedTrustList {
    /// Verifies a trust list with one of the root keys this verifier was set up with, and loads its keys.
    /// Whether it has expired depends on the time of use and is checked there.
    ///
    /// # Errors
    /// `TRUST_MALFORMED` or `TRUST_SIGNATURE`.
    pub fn verify(
        bytes: &[u8],
        roots: &[PublicKey],
        backend: &dyn SignatureBackend,
    ) -> Result<Self, Reason> {
        let document =
            UnverifiedDocument::parse(bytes, TYP, MAX_BYTES).map_err(|_| Reason::TrustMalformed)?;
        if !document.is_signed_by(roots, backend) {
            return Err(Reason::TrustSignature);
        }
        Self::read(document.payload, backend).map_err(|_| Reason::TrustMalformed)
    }

    /// The keys that a list names, whoever signed it: enough to take trust from a key that it leaves out,
    /// never to give any.
    ///
    /// # Errors
    /// `TRUST_MALFORMED`.
    pub fn named_unverified(
        bytes: &[u8],
        backend: &dyn SignatureBackend,
    ) -> Result<Vec<PublicKey>, Reason> {
        let document = UnverifiedDocument::parse(bytes, TYP, MAX_BYTES);
        let list = document.ok().and_then(|found| Self::read(found.payload, backend).ok());
        let keys = list.ok_or(Reason::TrustMalformed)?.keys;
        Ok(keys.into_iter().filter_map(|entry| entry.public).collect())
    }

    fn read(payload: &[u8], backend: &dyn SignatureBackend) -> Result<Self, CborError> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        map.must(&mut reader, claim::EXP)?;
        let exp = reader.uint()?;
        map.must(&mut reader, claim::IAT)?;
        let iat = reader.uint()?;
        map.must(&mut reader, SZ_TRUST)?;
        let mut own = reader.map()?;
        own.must(&mut reader, 1)?;
        let version = reader.uint()?;
        own.must(&mut reader, 2)?;
        let count = reader.array_up_to(MAX_KEYS as u64)?;
        let mut keys = Vec::with_capacity(count);
        for _ in 0..count {
            keys.push(read_key(&mut reader, backend)?);
        }
        own.end()?;
        map.end()?;
        reader.finish()?;
        Ok(Self { version, iat, exp, keys })
    }

    /// The list's counter.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When the list was made, Unix seconds.
    pub fn issued_at(&self) -> u64 {
        self.iat
    }

    /// When the list stops being good, Unix seconds.
    pub fn expires_at(&self) -> u64 {
        self.exp
    }

    /// True when `key` stands in the list for `purpose` and is valid at `now`: a service checks its own keys
    /// by it.
    pub fn lists(&self, key: &PublicKey, purpose: Purpose, now: u64) -> bool {
        self.listed_until(key, purpose, now).is_some()
    }

    /// Until when the list names `key` for `purpose`, where it is valid at `now` (exclusive).
    pub fn listed_until(&self, key: &PublicKey, purpose: Purpose, now: u64) -> Option<u64> {
        let listed = self.keys.iter().filter(|entry| {
            entry.public.as_ref() == Some(key)
                && entry.purpose == purpose as u64
                && entry.is_valid_at(now)
        });
        listed.map(|entry| entry.to).max()
    }

    /// The keys of one purpose, each with its end (exclusive). Those of unknown algorithms are left out.
    pub fn keys_for(&self, purpose: Purpose) -> impl Iterator<Item = (&PublicKey, u64)> {
        let listed = self.keys.iter().filter(move |entry| entry.purpose == purpose as u64);
        listed.filter_map(|entry| Some((entry.public.as_ref()?, entry.to)))
    }

    /// The status prefix of a listed pass key.
    pub fn status_prefix(&self, key: &PublicKey) -> Option<&str> {
        let entry = self
            .keys
            .iter()
            .find(|entry| entry.public.as_ref() == Some(key) && entry.status_prefix.is_some());
        entry.and_then(|entry| entry.status_prefix.as_deref())
    }

    /// True when the root names the issuer with this base URL: one of its pass keys stands in the list and is
    /// valid at `now`. Compared byte for byte, as issuer identifiers are.
    pub fn names_issuer(&self, base_url: &str, now: u64) -> bool {
        let prefix = status_prefix(base_url);
        self.keys.iter().any(|entry| {
            entry.status_prefix.as_deref() == Some(prefix.as_str()) && entry.is_valid_at(now)
        })
    }

    /// The first key that has this id, algorithm and purpose, is valid at `now` and made the signature; else
    /// why there is none.
    pub(crate) fn find_signer(
        &self,
        (kid, alg, purpose): (KeyId, i64, Purpose),
        now: u64,
        verifies: impl Fn(&dyn VerifyingKey) -> bool,
    ) -> Result<&LoadedKey, KeyFault> {
        let mut fault = KeyFault::Unknown;
        for entry in self.keys.iter().filter(|entry| entry.kid == kid) {
            let found = match &entry.verifying {
                _ if entry.alg != alg => KeyFault::Algorithm,
                None => KeyFault::Algorithm,
                _ if entry.purpose != purpose as u64 => KeyFault::Purpose,
                _ if !entry.is_valid_at(now) => KeyFault::NotValid,
                Some(key) if verifies(key.as_ref()) => return Ok(entry),
                Some(_) => KeyFault::Signature,
            };
            fault = fault.max(found);
        }
        Err(fault)
    }

    /// Verifies a document with a key of this list.
    pub(crate) fn verifies(
        &self,
        document: &UnverifiedDocument<'_>,
        purpose: Purpose,
        now: u64,
    ) -> bool {
        self.check(document, purpose, now).is_ok()
    }

    /// The same; says why no key did.
    pub(crate) fn check(
        &self,
        document: &UnverifiedDocument<'_>,
        purpose: Purpose,
        now: u64,
    ) -> Result<(), KeyFault> {
        let message = document.sign1.to_be_signed();
        let wanted = (document.kid, document.alg, purpose);
        let verifies = |key: &dyn VerifyingKey| key.verify(&message, document.sign1.signature);
        self.find_signer(wanted, now, verifies).map(drop)
    }
}

/// Why no key of the list made a signature; the later one is the nearer miss.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyFault {
    Unknown,
    Algorithm,
    Purpose,
    NotValid,
    Signature,
}

fn read_key(
    reader: &mut Reader<'_>,
    backend: &dyn SignatureBackend,
) -> Result<LoadedKey, CborError> {
    let mut map = reader.map()?;
    map.must(reader, 1)?;
    let kid = KeyId(*reader.fixed_bytes()?);
    map.must(reader, 2)?;
    let alg = reader.int()?;
    map.must(reader, 3)?;
    let public = if alg == ES256 {
        Some(PublicKey::read(reader)?)
    } else {
        reader.skip()?;
        None
    };
    map.must(reader, 4)?;
    let purpose = reader.uint()?;
    map.must(reader, 5)?;
    let from = reader.uint()?;
    map.must(reader, 6)?;
    let to = reader.uint()?;
    let status_prefix = match map.key(reader)? {
        None => None,
        Some(7) => Some(Arc::<str>::from(reader.text()?)),
        Some(_) => return Err(CborError::Malformed),
    };
    map.end()?;
    if status_prefix.is_some() != (purpose == Purpose::Pass as u64)
        || status_prefix.as_ref().is_some_and(|prefix| prefix.len() > MAX_PREFIX_BYTES)
        || public.is_some_and(|key| key.key_id() != Ok(kid))
    {
        return Err(CborError::Malformed);
    }
    let verifying = match &public {
        // The keys of passes sign something for every citizen and day, all others a few documents.
        Some(key) if purpose == Purpose::Pass as u64 => Some(backend.lasting_key(key)),
        Some(key) => Some(backend.verifying_key(key)),
        None => None,
    };
    let verifying = verifying.transpose().map_err(|_| CborError::Malformed)?;
    Ok(LoadedKey { kid, verifying, alg, purpose, from, to, status_prefix, public })
}
