//! ES256 by tables: for a key that verifies many signatures, such as the one that signs every pass of a city.
//!
//! ECDSA adds up two products of a number and a point, one with the curve's generator and one with the key
//! (FIPS 186-5, 6.4.2). Where both points are known beforehand, tables of their multiples make each product a
//! sum of 33 points, with no doubling at all: a quarter of the time of the fastest verification without
//! tables (docs/adr/0012-tables-for-lasting-keys.md).
//!
//! Signature, key and message are public, so nothing here runs in constant time, and nothing here may ever
//! meet a secret.

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

/// The order of the curve's points, n (FIPS 186-4, D.1.2.3), as a number modulo p, in Montgomery form.
const ORDER: Field = Field::from_montgomery([
    0x9ad169483335f568,
    0x89b1054463fe9931,
    0x9c0166ce652e96b7,
    0x98648c200fe30feb,
]);

static GENERATOR: LazyLock<Table> = LazyLock::new(|| Table::of(Affine::GENERATOR));

/// A point of the curve, not yet prepared for anything.
pub(crate) struct Point(Affine);

impl Point {
    pub(crate) fn new(key: &PublicKey) -> Result<Self, InvalidKey> {
        let y_is_odd = key.to_compressed()[0] == 3;
        Affine::decompressed(key.x(), y_is_odd).map(Self).ok_or(InvalidKey)
    }

    /// In the uncompressed form of SEC 1, 2.3.3.
    pub(crate) fn to_sec1(&self) -> [u8; 65] {
        let mut sec1 = [4; 65];
        sec1[1..33].copy_from_slice(&self.0.x.to_bytes());
        sec1[33..].copy_from_slice(&self.0.y.to_bytes());
        sec1
    }
}

/// A key with a table of its multiples, which is made when it is first needed.
pub(crate) struct FixedKey {
    point: Affine,
    table: OnceLock<Table>,
}

impl FixedKey {
    pub(crate) fn new(point: &Point) -> Self {
        Self { point: point.0, table: OnceLock::new() }
    }
}

impl VerifyingKey for FixedKey {
    fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        // r and s lie between 1 and n - 1, or this fails.
        let Ok(parsed) = Parsed::from_slice(signature) else { return false };
        let inverse = *parsed.s().invert_vartime();
        let digest = <Scalar as Reduce<FieldBytes>>::reduce(&Sha256::digest(message));
        let of_generator: [u8; 32] = (digest * inverse).to_bytes().into();
        let of_key: [u8; 32] = (*parsed.r() * inverse).to_bytes().into();

        let table = self.table.get_or_init(|| Table::of(self.point));
        let sum = GENERATOR.add_product(Jacobian::infinity(), &of_generator);
        let sum = table.add_product(sum, &of_key);
        !sum.is_infinity() && has_x(&sum, &parsed.r().to_bytes().into())
    }
}

/// True when the point's x, reduced modulo n, is `r`: it is `r` itself, or `r + n` where that is below p.
fn has_x(point: &Jacobian, r: &[u8; 32]) -> bool {
    let z_squared = point.z.squared();
    let is_x = |x: Field| x.times(z_squared) == point.x;
    Field::from_bytes(r)
        .is_some_and(|x| is_x(x) || (*r < ORDER.negated().to_bytes() && is_x(x.plus(ORDER))))
}
