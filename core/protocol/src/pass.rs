//! The day pass: a CWT by which the issuer binds a device key to an identity level for one day.

use crate::cbor::{Reader, Writer};
use crate::cose::{self, Sign1, header};
use crate::crypto::{ES256, Signature, Signer};
use crate::error::EncodeError;
use crate::key::{KeyId, PublicKey};
use crate::level::{IdentityLevel, KeyProtection};
use crate::reason::Reason;

/// CWT claim keys (RFC 8392; RFC 8747; IANA CWT Claims) and the private one of this profile.
mod claim {
    pub(super) const EXP: i64 = 4;
    pub(super) const CNF: i64 = 8;
    pub(super) const IDENTITY_DATA: i64 = 169;
    pub(super) const SZ_PASS: i64 = -65_537;
}

/// The profile that this crate reads and writes.
pub const PROFILE: u64 = 1;
/// The longest masked name, in bytes of UTF-8: eight Chinese characters. Bounded by the QR symbol of the
/// largest code.
pub const MAX_NAME_BYTES: usize = 24;
/// The longest pass, in bytes.
pub const MAX_PASS_BYTES: usize = 256;
/// Entries of one status list (2^20).
pub const STATUS_LIST_ENTRIES: u32 = 1 << 20;

/// What an issuer says in a day pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassClaims {
    /// The end of the pass's day, Unix seconds.
    pub exp: u64,
    /// The key that signs this day's codes.
    pub device_key: PublicKey,
    /// How identity was proven.
    pub identity_level: IdentityLevel,
    /// Where the device key lies.
    pub key_protection: KeyProtection,
    /// The pass's place in the day's status lists: list `index / 2^20`, position `index mod 2^20`.
    pub status_index: u32,
    /// Concessions that the citizen chose to carry offline, a bitmap (see the specification).
    pub concessions: Option<u16>,
    /// The masked name, in the "named" variant only.
    pub masked_name: Option<String>,
}

impl PassClaims {
    /// The number of the status list that holds this pass.
    pub fn status_list(&self) -> u32 {
        self.status_index / STATUS_LIST_ENTRIES
    }

    /// The position within that list.
    pub fn status_position(&self) -> u32 {
        self.status_index % STATUS_LIST_ENTRIES
    }

    /// Signs these claims and returns the pass's bytes.
    ///
    /// # Errors
    /// [`EncodeError::TooLarge`] for a masked name that is empty or too long; [`EncodeError::Signer`] when
    /// the key does not sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, EncodeError> {
        let kid = signer.public_key().key_id().map_err(|_| EncodeError::Key)?;
        self.sign_with_kid(kid, signer)
    }

    /// The same for an issuer that knows its key id, which costs a point decompression to find.
    ///
    /// # Errors
    /// As [`PassClaims::sign`].
    pub fn sign_with_kid(&self, kid: KeyId, signer: &dyn Signer) -> Result<Vec<u8>, EncodeError> {
        let mut protected = Writer::with_capacity(12);
        protected.map(2).int(header::ALG).int(ES256).int(header::KID).bytes(&kid.0);
        let (protected, payload) = (protected.into_bytes(), self.encode()?);
        let signature = signer.sign(&cose::to_be_signed(&protected, &payload))?;
        let mut pass = Writer::with_capacity(protected.len() + payload.len() + 72);
        cose::write_sign1(&mut pass, &protected, &payload, &signature);
        Ok(pass.into_bytes())
    }

    fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::with_capacity(96);
        writer.map(3 + usize::from(self.masked_name.is_some()));
        writer.int(claim::EXP).uint(self.exp);
        writer.int(claim::CNF).map(1).int(1);
        self.device_key.write(&mut writer);
        if let Some(name) = &self.masked_name {
            if name.is_empty() || name.len() > MAX_NAME_BYTES {
                return Err(EncodeError::TooLarge);
            }
            writer.int(claim::IDENTITY_DATA).map(1).int(4).text(name);
        }
        writer.int(claim::SZ_PASS).map(4 + usize::from(self.concessions.is_some()));
        writer.int(1).uint(PROFILE).int(2).uint(self.identity_level as u64);
        writer.int(3).uint(self.key_protection as u64).int(4).uint(self.status_index.into());
        if let Some(concessions) = self.concessions {
            writer.int(5).uint(concessions.into());
        }
        Ok(writer.into_bytes())
    }
}

/// A pass that was read but not verified: the shape is right, nothing is known about the truth.
pub struct UnverifiedPass<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) kid: KeyId,
    pub(crate) alg: i64,
    pub(crate) claims: RawPassClaims<'a>,
    sign1: Sign1<'a>,
}

/// Claims with values that are not yet checked against their scales.
pub(crate) struct RawPassClaims<'a> {
    exp: u64,
    device_key: PublicKey,
    identity_level: u64,
    key_protection: u64,
    status_index: u64,
    concessions: Option<u64>,
    masked_name: Option<&'a str>,
}

impl<'a> UnverifiedPass<'a> {
    /// Reads the shape of a pass.
    ///
    /// # Errors
    /// `MALFORMED`, `NOT_CANONICAL`, `ALGORITHM_UNKNOWN` or `PROFILE_UNKNOWN`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Reason> {
        if bytes.len() > MAX_PASS_BYTES {
            return Err(Reason::Malformed);
        }
        let mut reader = Reader::new(bytes);
        let sign1 = Sign1::read(&mut reader)?;
        reader.finish()?;

        let mut protected = Reader::new(sign1.protected);
        let mut map = protected.map()?;
        map.must(&mut protected, header::ALG)?;
        let alg = protected.int()?;
        map.must(&mut protected, header::KID)?;
        let kid = KeyId(*protected.fixed_bytes()?);
        map.end()?;
        protected.finish()?;
        if alg != ES256 {
            return Err(Reason::AlgorithmUnknown);
        }
        let claims = RawPassClaims::read(sign1.payload)?;
        Ok(Self { bytes, kid, alg, claims, sign1 })
    }

    /// When the pass's day ends, Unix seconds, unverified: a wallet sorts its passes by it.
    pub fn exp(&self) -> u64 {
        self.claims.exp
    }

    /// The pass's place in its day's status lists, unverified: a wallet names its passes by it.
    pub fn status_index(&self) -> u64 {
        self.claims.status_index
    }

    /// The identity level that the pass states, unverified: a wallet shows it of passes that it verified when
    /// they came.
    pub fn identity_level(&self) -> u64 {
        self.claims.identity_level
    }

    /// The device key that the pass names, unverified: a wallet checks that it is its own.
    pub fn device_key(&self) -> PublicKey {
        self.claims.device_key
    }

    pub(crate) fn to_be_signed(&self) -> Vec<u8> {
        self.sign1.to_be_signed()
    }

    pub(crate) fn signature(&self) -> &'a Signature {
        self.sign1.signature
    }
}

impl<'a> RawPassClaims<'a> {
    fn read(payload: &'a [u8]) -> Result<Self, Reason> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        map.must(&mut reader, claim::EXP)?;
        let exp = reader.uint()?;
        map.must(&mut reader, claim::CNF)?;
        let mut cnf = reader.map()?;
        cnf.must(&mut reader, 1)?;
        let device_key = PublicKey::read(&mut reader)?;
        cnf.end()?;

        let mut masked_name = None;
        let mut key = map.key(&mut reader)?;
        if key == Some(claim::IDENTITY_DATA) {
            let mut data = reader.map()?;
            data.must(&mut reader, 4)?;
            masked_name = Some(reader.text()?);
            data.end()?;
            key = map.key(&mut reader)?;
        }
        if key != Some(claim::SZ_PASS) {
            return Err(Reason::Malformed);
        }
        let mut own = reader.map()?;
        own.must(&mut reader, 1)?;
        if reader.uint()? != PROFILE {
            return Err(Reason::ProfileUnknown);
        }
        own.must(&mut reader, 2)?;
        let identity_level = reader.uint()?;
        own.must(&mut reader, 3)?;
        let key_protection = reader.uint()?;
        own.must(&mut reader, 4)?;
        let status_index = reader.uint()?;
        let concessions = match own.key(&mut reader)? {
            None => None,
            Some(5) => Some(reader.uint()?),
            Some(_) => return Err(Reason::Malformed),
        };
        own.end()?;
        map.end()?;
        reader.finish()?;
        Ok(Self {
            exp,
            device_key,
            identity_level,
            key_protection,
            status_index,
            concessions,
            masked_name,
        })
    }

    /// Checks the values against their scales.
    pub(crate) fn check(&self) -> Result<PassClaims, Reason> {
        let name_fits =
            self.masked_name.is_none_or(|name| !name.is_empty() && name.len() <= MAX_NAME_BYTES);
        if !name_fits || !crate::day::is_end_of_day(self.exp) {
            return Err(Reason::PassClaims);
        }
        let checked = || {
            Some(PassClaims {
                exp: self.exp,
                device_key: self.device_key,
                identity_level: self.identity_level.try_into().ok()?,
                key_protection: self.key_protection.try_into().ok()?,
                status_index: self.status_index.try_into().ok()?,
                concessions: self.concessions.map(u16::try_from).transpose().ok()?,
                masked_name: self.masked_name.map(str::to_owned),
            })
        };
        checked().ok_or(Reason::PassClaims)
    }
}
