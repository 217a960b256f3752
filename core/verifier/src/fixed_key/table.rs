//! The multiples of one point that make its product with any number a sum of 32 table entries.

use super::point::{Affine, Jacobian, to_affine};

/// Entry `j - 1` of window `i` is `j 256^i` times the point: what byte `i` of a factor stands for. 510 KiB.
pub(super) struct Table(Vec<[Affine; 255]>);

const WINDOWS: usize = 32;

impl Table {
    pub(super) fn of(point: Affine) -> Self {
        let mut windows = Vec::with_capacity(WINDOWS);
        let mut base = point;
        for _ in 0..WINDOWS {
            let mut multiple = Jacobian::infinity();
            let multiples: [Jacobian; 256] = std::array::from_fn(|_| {
                multiple = multiple.plus(&base);
                multiple
            });
            // The point's order is a prime above 2^255: none of these multiples is at infinity.
            let multiples = to_affine(multiples);
            windows.push(std::array::from_fn(|entry| multiples[entry]));
            base = multiples[255];
        }
        Self(windows)
    }

    /// `sum + factor * point`; the factor's bytes are big-endian.
    #[inline]
    pub(super) fn add_product(&self, sum: Jacobian, factor: &[u8; 32]) -> Jacobian {
        let digits = factor.iter().rev().zip(&self.0);
        digits.fold(sum, |sum, (digit, window)| match usize::from(*digit).checked_sub(1) {
            Some(entry) => sum.plus(&window[entry]),
            None => sum,
        })
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
        let mut factor = -Scalar::from(3u64);
        for _ in 0..200 {
            let product = table.add_product(Jacobian::infinity(), &factor.to_repr().into());
            let expected = (ProjectivePoint::GENERATOR * factor).to_affine().to_sec1_point(false);
            let [product] = to_affine([product]);
            assert_eq!(product.x.to_bytes(), expected.as_bytes()[1..33]);
            assert_eq!(product.y.to_bytes(), expected.as_bytes()[33..]);
            factor = factor.square() + Scalar::from(5u64);
        }
        assert!(table.add_product(Jacobian::infinity(), &[0; 32]).is_infinity());
    }
}
