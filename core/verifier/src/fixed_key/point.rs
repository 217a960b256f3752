//! Points of P-256: y^2 = x^3 - 3 x + b. None of this runs in constant time: the points are public.

use super::field::Field;

/// The coefficient b of the curve (FIPS 186-4, D.1.2.3).
const B: [u8; 32] = [
    0x5a, 0xc6, 0x35, 0xd8, 0xaa, 0x3a, 0x93, 0xe7, 0xb3, 0xeb, 0xbd, 0x55, 0x76, 0x98, 0x86, 0xbc,
    0x65, 0x1d, 0x06, 0xb0, 0xcc, 0x53, 0xb0, 0xf6, 0x3b, 0xce, 0x3c, 0x3e, 0x27, 0xd2, 0x60, 0x4b,
];

/// A point other than the one at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Affine {
    pub(super) x: Field,
    pub(super) y: Field,
}

impl Affine {
    /// The point with this x, below p, and this parity of y (SEC 1, 2.3.4).
    pub(super) fn decompressed(x: &[u8; 32], y_is_odd: bool) -> Option<Self> {
        let x = Field::from_bytes(x)?;
        let cubic = x.squared().times(x).minus(x.doubled().plus(x));
        let y = cubic.plus(Field::from_bytes(&B)?).root()?;
        let is_odd = y.to_bytes()[31] & 1 == 1;
        Some(Self { x, y: if is_odd == y_is_odd { y } else { y.negated() } })
    }

    fn doubled(&self) -> Jacobian {
        Jacobian { x: self.x, y: self.y, z: Field::one() }.doubled()
    }
}

/// The point (x / z^2, y / z^3), or with z = 0 the one at infinity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jacobian {
    pub(super) x: Field,
    pub(super) y: Field,
    pub(super) z: Field,
}

impl Jacobian {
    pub(super) fn infinity() -> Self {
        Self { x: Field::one(), y: Field::one(), z: Field::ZERO }
    }

    pub(super) fn is_infinity(&self) -> bool {
        self.z == Field::ZERO
    }

    /// Twice this point (formulas dbl-2001-b of the Explicit-Formulas Database, for a = -3).
    pub(super) fn doubled(&self) -> Self {
        let (delta, gamma) = (self.z.squared(), self.y.squared());
        let beta = self.x.times(gamma);
        let product = self.x.minus(delta).times(self.x.plus(delta));
        let alpha = product.doubled().plus(product);
        let four_beta = beta.doubled().doubled();
        let x = alpha.squared().minus(four_beta.doubled());
        let z = self.y.plus(self.z).squared().minus(gamma).minus(delta);
        let eight_gamma_squared = gamma.squared().doubled().doubled().doubled();
        let y = alpha.times(four_beta.minus(x)).minus(eight_gamma_squared);
        Self { x, y, z }
    }

    /// The sum with a point in affine coordinates, whatever the two are.
    #[inline]
    pub(super) fn plus(&self, other: &Affine) -> Self {
        if self.is_infinity() {
            return Self { x: other.x, y: other.y, z: Field::one() };
        }
        let z_squared = self.z.squared();
        let h = other.x.times(z_squared).minus(self.x);
        let r = other.y.times(z_squared.times(self.z)).minus(self.y);
        if h == Field::ZERO {
            return if r == Field::ZERO { other.doubled() } else { Self::infinity() };
        }
        let h_squared = h.squared();
        let h_cubed = h_squared.times(h);
        let v = self.x.times(h_squared);
        let x = r.squared().minus(h_cubed).minus(v.doubled());
        let y = r.times(v.minus(x)).minus(self.y.times(h_cubed));
        Self { x, y, z: self.z.times(h) }
    }
}

/// The same points in affine coordinates, with one inversion for all (Montgomery's trick). None may be the one at infinity.
pub(super) fn to_affine(points: &[Jacobian]) -> Vec<Affine> {
    // The products of all z up to each point, then the inverses from the last point back.
    let mut products = Vec::with_capacity(points.len());
    let mut product = Field::one();
    for point in points {
        products.push(product);
        product = product.times(point.z);
    }
    let mut inverse = product.inverted();
    let mut affine = Vec::with_capacity(points.len());
    for (point, before) in points.iter().zip(products).rev() {
        let z_inverse = inverse.times(before);
        inverse = inverse.times(point.z);
        let squared = z_inverse.squared();
        affine
            .push(Affine { x: point.x.times(squared), y: point.y.times(squared.times(z_inverse)) });
    }
    affine.reverse();
    affine
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::elliptic_curve::sec1::ToSec1Point;
    use p256::{ProjectivePoint, Scalar};

    fn reference(factor: u64) -> [u8; 64] {
        let point = (ProjectivePoint::GENERATOR * Scalar::from(factor)).to_affine();
        point.to_sec1_point(false).as_bytes()[1..].try_into().unwrap()
    }

    fn point(factor: u64) -> Affine {
        let bytes = reference(factor);
        let (x, y) = bytes.split_first_chunk::<32>().unwrap();
        Affine::decompressed(x, y[31] & 1 == 1).unwrap()
    }

    fn bytes(point: &Jacobian) -> [u8; 64] {
        let affine = to_affine(&[*point]);
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&affine[0].x.to_bytes());
        bytes[32..].copy_from_slice(&affine[0].y.to_bytes());
        bytes
    }

    #[test]
    fn sums_are_those_of_p256_and_the_exceptions_among_them() {
        let mut sum = Jacobian::infinity();
        for factor in 1..300 {
            sum = sum.plus(&point(1));
            assert_eq!(bytes(&sum), reference(factor), "{factor}");
            assert_eq!(bytes(&sum.doubled()), reference(2 * factor), "{factor}");
            // Equal points, in coordinates that differ.
            assert_eq!(bytes(&sum.plus(&point(factor))), reference(2 * factor), "{factor}");
            let Affine { x, y } = point(factor);
            assert!(sum.plus(&Affine { x, y: y.negated() }).is_infinity(), "{factor}");
        }
        assert!(Jacobian::infinity().doubled().is_infinity());
        assert_eq!(bytes(&Jacobian::infinity().plus(&point(7))), reference(7));
    }

    #[test]
    fn an_x_without_a_point_is_refused() {
        let found = (0..=255u8).filter(|byte| {
            let mut x = [0; 32];
            x[31] = *byte;
            let sec1 = [&[2][..], &x].concat();
            let known = p256::ecdsa::VerifyingKey::from_sec1_bytes(&sec1).is_ok();
            assert_eq!(Affine::decompressed(&x, false).is_some(), known, "{byte}");
            known
        });
        assert!((64..192).contains(&found.count()));
        assert_eq!(Affine::decompressed(&[0xff; 32], false), None);
    }
}
