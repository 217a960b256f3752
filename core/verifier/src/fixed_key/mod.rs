//! ES256 by tables: for a key that verifies many signatures, such as the one that signs every pass of a city.
//!
//! ECDSA adds up two products of a number and a point, one with the curve's generator and one with the key (FIPS 186-5, 6.4.2).
//! Where both points are known beforehand, tables of their multiples make each product a sum of 32 points, with no doubling at
//! all: a quarter of the time of the fastest verification without tables (docs/adr/0012-tables-for-lasting-keys.md).
//!
//! Signature, key and message are public, so nothing here runs in constant time, and nothing here may ever meet a secret.

mod field;
mod point;
mod table;

use std::sync::{LazyLock, OnceLock};

use p256::ecdsa::Signature as Parsed;
use p256::elliptic_curve::ops::{Invert, Reduce};
use p256::{FieldBytes, Scalar};
use sha2::{Digest, Sha256};
use szid_protocol::crypto::{InvalidKey, Signature, VerifyingKey};
use szid_protocol::key::PublicKey;

use field::Field;
use point::{Affine, Jacobian};
use table::Table;

/// The x coordinate of the curve's generator (FIPS 186-4, D.1.2.3); its y is odd.
const GENERATOR_X: [u8; 32] = [
    0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
];
/// The order of the curve's points, n (FIPS 186-4, D.1.2.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
/// p - n: an r below it may stand for the x coordinate r + n.
const FIELD_LESS_ORDER: [u8; 32] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x43, 0x19, 0x05, 0x53, 0x58, 0xe8, 0x61, 0x7b,
    0x0c, 0x46, 0x35, 0x3d, 0x03, 0x9c, 0xda, 0xae,
];

static GENERATOR: LazyLock<Option<Table>> =
    LazyLock::new(|| Affine::decompressed(&GENERATOR_X, true).map(Table::of));

/// A key with a table of its multiples, which is made when it is first needed.
pub(crate) struct FixedKey {
    point: Affine,
    table: OnceLock<Table>,
}

impl FixedKey {
    pub(crate) fn new(key: &PublicKey) -> Result<Self, InvalidKey> {
        let point = decompressed(key)?;
        Ok(Self { point, table: OnceLock::new() })
    }
}

/// Both coordinates of a key, checked to be on the curve.
pub(crate) fn coordinates(key: &PublicKey) -> Result<([u8; 32], [u8; 32]), InvalidKey> {
    decompressed(key).map(|point| (point.x.to_bytes(), point.y.to_bytes()))
}

fn decompressed(key: &PublicKey) -> Result<Affine, InvalidKey> {
    let y_is_odd = key.to_compressed()[0] == 3;
    Affine::decompressed(key.x(), y_is_odd).ok_or(InvalidKey)
}

impl VerifyingKey for FixedKey {
    fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        self.is_signature(message, signature).unwrap_or(false)
    }
}

impl FixedKey {
    fn is_signature(&self, message: &[u8], signature: &Signature) -> Option<bool> {
        // r and s lie between 1 and n - 1, or this fails.
        let parsed = Parsed::from_slice(signature).ok()?;
        let inverse = *parsed.s().invert_vartime();
        let digest = <Scalar as Reduce<FieldBytes>>::reduce(&Sha256::digest(message));
        let of_generator: [u8; 32] = (digest * inverse).to_bytes().into();
        let of_key: [u8; 32] = (*parsed.r() * inverse).to_bytes().into();

        let table = self.table.get_or_init(|| Table::of(self.point));
        let sum = GENERATOR.as_ref()?.add_product(Jacobian::infinity(), &of_generator);
        let sum = table.add_product(sum, &of_key);

        let (r, _) = signature.split_first_chunk::<32>()?;
        Some(!sum.is_infinity() && has_x(&sum, r)?)
    }
}

/// True when the point's x, reduced modulo n, is `r`: it is `r` itself, or `r + n` where that is below p.
fn has_x(point: &Jacobian, r: &[u8; 32]) -> Option<bool> {
    let z_squared = point.z.squared();
    let is_x = |x: Field| x.times(z_squared) == point.x;
    let x = Field::from_bytes(r)?;
    Some(is_x(x) || (*r < FIELD_LESS_ORDER && is_x(x.plus(Field::from_bytes(&ORDER)?))))
}
