//! The citizen code: a pass, and the device's signature over it, the time, and what the holder chose.

use crate::cbor::{CborError, Reader, Writer};
use crate::cose::{self, Sign1, header};
use crate::crypto::{ES256, Signature};
use crate::digits;
use crate::error::EncodeError;
use crate::level::AuthenticationTier;
use crate::pass::{MAX_PASS_BYTES, UnverifiedPass};
use crate::reason::Reason;

mod claim {
    pub(super) const AUD: i64 = 3;
    pub(super) const IAT: i64 = 6;
    pub(super) const NONCE: i64 = 10;
    pub(super) const SZ_CODE: i64 = -65_538;
}

/// The longest code that is ever drawn, in bytes: 795 digits, of the 796 that a QR symbol of version 13 holds
/// at level M. The bounds of the parts are such that every combination of them fits.
pub const MAX_CODE_BYTES: usize = 325;
/// The longest audience of a challenge, in bytes of UTF-8: 128 bits in base64url.
pub const MAX_AUDIENCE_BYTES: usize = 22;
/// Least and most bytes of a challenge's nonce.
pub const NONCE_BYTES: std::ops::RangeInclusive<usize> = 8..=16;

/// A venue's challenge: whom the code is for, and a nonce that only this venue's screen showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The venue's id.
    pub audience: String,
    /// 8 to 16 random bytes.
    pub nonce: Vec<u8>,
}

/// What the device says in a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeClaims {
    /// When the code was drawn: server-corrected Unix seconds.
    pub iat: u64,
    /// How the holder unlocked.
    pub tier: AuthenticationTier,
    /// The scene that the holder narrowed the code to; 0 for any.
    pub scene: u16,
    /// The venue's challenge, in challenge mode.
    pub challenge: Option<Challenge>,
}

/// A code that waits for the device key's signature. Signing happens outside: the key may need the holder's
/// finger.
pub struct CodeDraft {
    protected: Vec<u8>,
    payload: Vec<u8>,
}

impl CodeDraft {
    /// Lays out a code over a pass.
    ///
    /// # Errors
    /// [`EncodeError::TooLarge`] for a pass or a challenge outside its bounds; [`EncodeError::Pass`] when
    /// `pass` is none.
    pub fn new(pass: &[u8], claims: &CodeClaims) -> Result<Self, EncodeError> {
        UnverifiedPass::parse(pass).map_err(|_| EncodeError::Pass)?;
        let mut protected = Writer::with_capacity(pass.len() + 4);
        protected.map(2).int(header::ALG).int(ES256).int(header::KCWT).raw(pass);
        let mut payload = Writer::with_capacity(24);
        payload.map(2 + 2 * usize::from(claims.challenge.is_some()));
        if let Some(challenge) = &claims.challenge {
            if !fits(&challenge.audience, &challenge.nonce) {
                return Err(EncodeError::TooLarge);
            }
            payload.int(claim::AUD).text(&challenge.audience);
        }
        payload.int(claim::IAT).uint(claims.iat);
        if let Some(challenge) = &claims.challenge {
            payload.int(claim::NONCE).bytes(&challenge.nonce);
        }
        payload
            .int(claim::SZ_CODE)
            .map(2)
            .int(1)
            .uint(claims.tier as u64)
            .int(2)
            .uint(claims.scene.into());
        Ok(Self { protected: protected.into_bytes(), payload: payload.into_bytes() })
    }

    /// The message for the device key: ES256 hashes it with SHA-256.
    pub fn to_be_signed(&self) -> Vec<u8> {
        cose::to_be_signed(&self.protected, &self.payload)
    }

    /// Puts the signature in and returns the code's bytes.
    pub fn finish(self, signature: &Signature) -> Vec<u8> {
        let mut writer = Writer::with_capacity(self.protected.len() + self.payload.len() + 72);
        cose::write_sign1(&mut writer, &self.protected, &self.payload, signature);
        writer.into_bytes()
    }

    /// The same as digits.
    pub fn finish_as_digits(self, signature: &Signature) -> String {
        digits::encode(&self.finish(signature))
    }
}

fn fits(audience: &str, nonce: &[u8]) -> bool {
    !audience.is_empty()
        && audience.len() <= MAX_AUDIENCE_BYTES
        && NONCE_BYTES.contains(&nonce.len())
}

/// A code that was read but not verified.
pub struct UnverifiedCode<'a> {
    pub(crate) pass: UnverifiedPass<'a>,
    pub(crate) claims: RawCodeClaims<'a>,
    sign1: Sign1<'a>,
}

/// Claims with values that are not yet checked.
pub(crate) struct RawCodeClaims<'a> {
    pub(crate) iat: u64,
    tier: u64,
    scene: u64,
    challenge: Option<(&'a str, &'a [u8])>,
}

impl<'a> UnverifiedCode<'a> {
    /// Reads the shape of a code from its bytes.
    ///
    /// # Errors
    /// `MALFORMED`, `NOT_CANONICAL`, `ALGORITHM_UNKNOWN` or `PROFILE_UNKNOWN`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Reason> {
        if bytes.len() > digits::MAX_BYTES {
            return Err(Reason::TextTooLong);
        }
        let mut reader = Reader::new(bytes);
        let sign1 = Sign1::read(&mut reader)?;
        reader.finish()?;

        let mut protected = Reader::new(sign1.protected);
        let mut map = protected.map()?;
        map.must(&mut protected, header::ALG)?;
        let alg = protected.int()?;
        map.must(&mut protected, header::KCWT)?;
        let pass = protected.span(|reader| Sign1::read(reader).map(drop))?;
        map.end()?;
        protected.finish()?;
        if alg != ES256 {
            return Err(Reason::AlgorithmUnknown);
        }
        debug_assert!(pass.len() <= bytes.len() && MAX_PASS_BYTES < digits::MAX_BYTES);
        Ok(Self {
            pass: UnverifiedPass::parse(pass)?,
            claims: RawCodeClaims::read(sign1.payload)?,
            sign1,
        })
    }

    /// The challenge that the code says it answers, audience and nonce. Not verified: good for finding what
    /// was shown, and for nothing else.
    pub fn stated_challenge(&self) -> Option<(&'a str, &'a [u8])> {
        self.claims.challenge
    }

    pub(crate) fn to_be_signed(&self) -> Vec<u8> {
        self.sign1.to_be_signed()
    }

    pub(crate) fn signature(&self) -> &'a Signature {
        self.sign1.signature
    }
}

impl<'a> RawCodeClaims<'a> {
    fn read(payload: &'a [u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        let mut key = map.key(&mut reader)?;
        let audience = if key == Some(claim::AUD) {
            let audience = reader.text()?;
            key = map.key(&mut reader)?;
            Some(audience)
        } else {
            None
        };
        if key != Some(claim::IAT) {
            return Err(CborError::Malformed);
        }
        let iat = reader.uint()?;
        let challenge = match audience {
            None => None,
            Some(audience) => {
                map.must(&mut reader, claim::NONCE)?;
                Some((audience, reader.bytes()?))
            }
        };
        map.must(&mut reader, claim::SZ_CODE)?;
        let mut own = reader.map()?;
        own.must(&mut reader, 1)?;
        let tier = reader.uint()?;
        own.must(&mut reader, 2)?;
        let scene = reader.uint()?;
        own.end()?;
        map.end()?;
        reader.finish()?;
        Ok(Self { iat, tier, scene, challenge })
    }

    /// Checks the values.
    pub(crate) fn check(&self) -> Result<CodeClaims, Reason> {
        let challenge = match self.challenge {
            Some((audience, nonce)) if !fits(audience, nonce) => return Err(Reason::CodeClaims),
            Some((audience, nonce)) => {
                Some(Challenge { audience: audience.to_owned(), nonce: nonce.to_vec() })
            }
            None => None,
        };
        let tier = self.tier.try_into().map_err(|_| Reason::CodeClaims)?;
        let scene = self.scene.try_into().map_err(|_| Reason::CodeClaims)?;
        Ok(CodeClaims { iat: self.iat, tier, scene, challenge })
    }
}
