//! The multiples of one point that make its product with any number a sum of at most 33 table entries.

use super::point::{Affine, Jacobian, to_affine};

/// Entry `j - 1` of window `i` is `j 256^i` times the point. A factor's byte `i` stands for itself where it
/// is at most 128, and for 256 less and one in the next byte where it is more: so half the multiples do, and
/// their opposites. 264 KiB.
pub(super) struct Table(Vec<[Affine; HALF]>);

const HALF: usize = 128;
/// One for each byte of a factor, and one for what the last byte hands on.
const WINDOWS: usize = 33;

impl Table {
    pub(super) fn of(point: Affine) -> Self {
        let mut windows = Vec::with_capacity(WINDOWS);
        let mut base = point;
        for _ in 0..WINDOWS {
            let mut multiple = Jacobian::infinity();
            // The point's order is a prime above 2^255: none of these multiples is at infinity.
            let multiples: [Jacobian; HALF] = std::array::from_fn(|_| {
                multiple = multiple.plus(&base);
                multiple
            });
            windows.push(to_affine(multiples));
            [base] = to_affine([multiple.doubled()]);
        }
        Self(windows)
    }

    /// `sum + factor * point`; the factor's bytes are big-endian.
    #[inline]
    pub(super) fn add_product(&self, mut sum: Jacobian, factor: &[u8; 32]) -> Jacobian {
        let mut handed_on = 0;
        for (byte, window) in factor.iter().rev().chain([&0]).zip(&self.0) {
            let digit = usize::from(*byte) + handed_on;
            let is_less = digit > HALF;
            handed_on = usize::from(is_less);
            let distance = if is_less { 2 * HALF - digit } else { digit };
            if let Some(entry) = distance.checked_sub(1).map(|at| &window[at]) {
                sum = sum.plus(&if is_less { entry.negated() } else { *entry });
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::elliptic_curve::PrimeField;
    use p256::elliptic_curve::sec1::ToSec1Point;
    use p256::{ProjectivePoint, Scalar};

    #[test]
    fn products_are_those_of_p256() {
        let table = Table::of(Affine::GENERATOR);
        // Bytes on both sides of a half, and bytes that hand one on to the next, and on.
        let edges = [0x80, 0x81, 0x7f, 0xff, 0x01].map(|byte| {
            let bytes = [[0; 1].as_slice(), &[byte; 31]].concat();
            Scalar::from_repr(<[u8; 32]>::try_from(bytes).unwrap().into()).unwrap()
        });
        let mut drawn = -Scalar::from(3u64);
        let drawn = std::iter::repeat_with(|| {
            drawn = drawn.square() + Scalar::from(5u64);
            drawn
        });
        let first = [-Scalar::from(1u64), -Scalar::from(3u64)];
        for factor in first.into_iter().chain(edges).chain(drawn.take(200)) {
            let product = table.add_product(Jacobian::infinity(), &factor.to_repr().into());
            let expected = (ProjectivePoint::GENERATOR * factor).to_affine().to_sec1_point(false);
            let [product] = to_affine([product]);
            assert_eq!(product.x.to_bytes(), expected.as_bytes()[1..33]);
            assert_eq!(product.y.to_bytes(), expected.as_bytes()[33..]);
        }
        assert!(table.add_product(Jacobian::infinity(), &[0; 32]).is_infinity());
    }
}
