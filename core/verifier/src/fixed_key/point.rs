//! Points of P-256: y^2 = x^3 - 3 x + b. None of this runs in constant time: the points are public.

use super::field::Field;

/// The coefficient b of the curve (FIPS 186-4, D.1.2.3), in Montgomery form.
const B: Field = Field::from_montgomery([
    0xd89cdf6229c4bddf,
    0xacf005cd78843090,
    0xe5a220abf7212ed6,
    0xdc30061d04874834,
]);

/// A point other than the one at infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Affine {
    pub(super) x: Field,
    pub(super) y: Field,
}

impl Affine {
    /// The curve's generator (FIPS 186-4, D.1.2.3).
    pub(super) const GENERATOR: Self = Self {
        x: Field::from_montgomery([
            0x79e730d418a9143c,
            0x75ba95fc5fedb601,
            0x79fb732b77622510,
            0x18905f76a53755c6,
        ]),
        y: Field::from_montgomery([
            0xddf25357ce95560a,
            0x8b4ab8e4ba19e45c,
            0xd2e88688dd21f325,
            0x8571ff1825885d85,
        ]),
    };

    /// The point with this x, below p, and this parity of y (SEC 1, 2.3.4).
    pub(super) fn decompressed(x: &[u8; 32], y_is_odd: bool) -> Option<Self> {
        let x = Field::from_bytes(x)?;
        let cubic = x.squared().times(x).minus(x.doubled().plus(x));
        let y = cubic.plus(B).root()?;
        let is_odd = y.to_bytes()[31] & 1 == 1;
        Some(Self { x, y: if is_odd == y_is_odd { y } else { y.negated() } })
    }

    #[inline]
    pub(super) fn negated(&self) -> Self {
        Self { x: self.x, y: self.y.negated() }
    }

    fn to_jacobian(self) -> Jacobian {
        Jacobian { x: self.x, y: self.y, z: Field::ONE }
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
        Self { x: Field::ONE, y: Field::ONE, z: Field::ZERO }
    }

    pub(super) fn is_infinity(&self) -> bool {
        self.z == Field::ZERO
    }

    /// Twice this point: the tangent has the slope m / z with m = 3 (x - z^2) (x + z^2), as the curve's
    /// coefficient of x is -3.
    #[inline]
    pub(super) fn doubled(&self) -> Self {
        let z_squared = self.z.squared();
        let product = self.x.minus(z_squared).times(self.x.plus(z_squared));
        let m = product.doubled().plus(product);
        let twice_y_squared = self.y.squared().doubled();
        let s = self.x.times(twice_y_squared).doubled();
        let x = m.squared().minus(s.doubled());
        let y = m.times(s.minus(x)).minus(twice_y_squared.squared().doubled());
        Self { x, y, z: self.y.times(self.z).doubled() }
    }

    /// The sum with a point in affine coordinates, whatever the two are.
    #[inline]
    pub(super) fn plus(&self, other: &Affine) -> Self {
        if self.is_infinity() {
            return other.to_jacobian();
        }
        let z_squared = self.z.squared();
        let h = other.x.times(z_squared).minus(self.x);
        let r = other.y.times(z_squared.times(self.z)).minus(self.y);
        if h == Field::ZERO {
            return if r == Field::ZERO { other.to_jacobian().doubled() } else { Self::infinity() };
        }
        let h_squared = h.squared();
        let h_cubed = h_squared.times(h);
        let v = self.x.times(h_squared);
        let x = r.squared().minus(h_cubed).minus(v.doubled());
        let y = r.times(v.minus(x)).minus(self.y.times(h_cubed));
        Self { x, y, z: self.z.times(h) }
    }
}

/// The same points in affine coordinates, with one inversion for all (Montgomery's trick). None may be the
/// one at infinity.
pub(super) fn to_affine<const N: usize>(points: [Jacobian; N]) -> [Affine; N] {
    // The products of all z before each point, then the inverses from the last point back.
    let mut product = Field::ONE;
    let before = points.map(|point| {
        let before = product;
        product = product.times(point.z);
        before
    });
    let mut inverse = product.inverted();
    let mut affine = points.map(|point| Affine { x: point.x, y: point.y });
    for ((point, before), affine) in points.iter().zip(before).zip(&mut affine).rev() {
        let z_inverse = inverse.times(before);
        inverse = inverse.times(point.z);
        let squared = z_inverse.squared();
        affine.x = affine.x.times(squared);
        affine.y = affine.y.times(squared.times(z_inverse));
    }
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
        let [affine] = to_affine([*point]);
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&affine.x.to_bytes());
        bytes[32..].copy_from_slice(&affine.y.to_bytes());
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
            assert!(sum.plus(&point(factor).negated()).is_infinity(), "{factor}");
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
