//! Public keys as COSE_Key (RFC 9052, section 7; RFC 9053, section 7.1.1) with a compressed y, and their key
//! ids.

use p256::pkcs8::{DecodePublicKey, EncodePublicKey};
use sha2::{Digest, Sha256};

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::InvalidKey;

/// A P-256 public key: x and the sign of y. That it is a point on the curve is known only once a backend has
/// loaded it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey {
    x: [u8; 32],
    y_is_odd: bool,
}

/// The first 8 bytes of SHA-256 over a key's SubjectPublicKeyInfo in DER. A hint, not an identity: several
/// keys may share one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub [u8; 8]);

impl std::fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&data_encoding::HEXLOWER.encode(&self.to_compressed()))
    }
}

impl PublicKey {
    /// A key from its SEC1 compressed form: 0x02 or 0x03, then x.
    ///
    /// # Errors
    /// [`InvalidKey`] for another first byte. The curve equation is checked when a backend loads the key.
    pub fn from_compressed(bytes: &[u8; 33]) -> Result<Self, InvalidKey> {
        let (sign, x) = bytes.split_first().ok_or(InvalidKey)?;
        match sign {
            2 | 3 => Ok(Self { x: x.try_into().map_err(|_| InvalidKey)?, y_is_odd: *sign == 3 }),
            _ => Err(InvalidKey),
        }
    }

    /// A key from its two affine coordinates, as a JWK has them.
    ///
    /// # Errors
    /// [`InvalidKey`] when they are no point on the curve.
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Result<Self, InvalidKey> {
        let mut sec1 = [4; 65];
        sec1[1..33].copy_from_slice(x);
        sec1[33..].copy_from_slice(y);
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&sec1)
            .map(|key| Self::from_p256(&key))
            .map_err(|_| InvalidKey)
    }

    /// A key from a DER SubjectPublicKeyInfo (RFC 5480).
    ///
    /// # Errors
    /// [`InvalidKey`] for anything but a P-256 key.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, InvalidKey> {
        p256::ecdsa::VerifyingKey::from_public_key_der(der)
            .map(|key| Self::from_p256(&key))
            .map_err(|_| InvalidKey)
    }

    pub(crate) fn from_p256(key: &p256::ecdsa::VerifyingKey) -> Self {
        let point = key.to_sec1_point(true);
        let bytes = point.as_bytes();
        let mut x = [0; 32];
        x.copy_from_slice(&bytes[1..33]);
        Self { x, y_is_odd: bytes[0] == 3 }
    }

    fn to_p256(self) -> Result<p256::ecdsa::VerifyingKey, InvalidKey> {
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.to_compressed()).map_err(|_| InvalidKey)
    }

    /// The SEC1 compressed form, 33 bytes.
    pub fn to_compressed(self) -> [u8; 33] {
        let mut bytes = [0; 33];
        bytes[0] = if self.y_is_odd { 3 } else { 2 };
        bytes[1..].copy_from_slice(&self.x);
        bytes
    }

    /// The two affine coordinates, as a JWK has them.
    ///
    /// # Errors
    /// [`InvalidKey`] when x is on no point of the curve.
    pub fn to_coordinates(self) -> Result<([u8; 32], [u8; 32]), InvalidKey> {
        let point = self.to_p256()?.to_sec1_point(false);
        let mut y = [0; 32];
        y.copy_from_slice(&point.as_bytes()[33..65]);
        Ok((self.x, y))
    }

    /// The x coordinate: what names a device key in replay memory.
    pub fn x(&self) -> &[u8; 32] {
        &self.x
    }

    /// The DER SubjectPublicKeyInfo (RFC 5480, named curve, uncompressed point).
    ///
    /// # Errors
    /// [`InvalidKey`] when the key is no point on the curve.
    pub fn to_spki_der(self) -> Result<Vec<u8>, InvalidKey> {
        let der = self.to_p256()?.to_public_key_der().map_err(|_| InvalidKey)?;
        Ok(der.as_bytes().to_vec())
    }

    /// The key id of this key.
    ///
    /// # Errors
    /// [`InvalidKey`] when the key is no point on the curve.
    pub fn key_id(self) -> Result<KeyId, InvalidKey> {
        let digest = Sha256::digest(self.to_spki_der()?);
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        Ok(KeyId(id))
    }

    /// Writes `{1: 2, -1: 1, -2: x, -3: sign}`: kty EC2, crv P-256, y as its sign bit.
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer
            .map(4)
            .int(1)
            .int(2)
            .int(-1)
            .int(1)
            .int(-2)
            .bytes(&self.x)
            .int(-3)
            .bool(self.y_is_odd);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut map = reader.map()?;
        for (label, value) in [(1, 2), (-1, 1)] {
            map.must(reader, label)?;
            if reader.int()? != value {
                return Err(CborError::Malformed);
            }
        }
        map.must(reader, -2)?;
        let x = *reader.fixed_bytes()?;
        map.must(reader, -3)?;
        let y_is_odd = reader.bool()?;
        map.end()?;
        Ok(Self { x, y_is_odd })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Signer, SoftwareSigner};

    #[test]
    fn forms_of_one_key_agree() {
        for scalar in 1..20u8 {
            let key = SoftwareSigner::from_scalar(&[scalar; 32]).unwrap().public_key();
            let (x, y) = key.to_coordinates().unwrap();
            assert_eq!(PublicKey::from_coordinates(&x, &y), Ok(key));
            assert_eq!(PublicKey::from_spki_der(&key.to_spki_der().unwrap()), Ok(key));
            assert_eq!(PublicKey::from_compressed(&key.to_compressed()), Ok(key));
            let mut writer = Writer::default();
            key.write(&mut writer);
            let bytes = writer.into_bytes();
            assert_eq!(bytes.len(), 42);
            assert_eq!(PublicKey::read(&mut Reader::new(&bytes)), Ok(key));
        }
    }

    #[test]
    fn coordinates_off_the_curve_are_refused() {
        assert_eq!(PublicKey::from_coordinates(&[1; 32], &[2; 32]), Err(InvalidKey));
        assert_eq!(PublicKey::from_compressed(&[5; 33]), Err(InvalidKey));
        assert_eq!(PublicKey::from_spki_der(b"not a key"), Err(InvalidKey));
    }
}
