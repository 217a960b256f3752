//! Numbers modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1, the field of P-256, in Montgomery form (times 2^256).
//!
//! Conversions, sums and differences are fiat-crypto's, whose code comes out of a proof. Products are our
//! own, since nearly all of a verification's time goes into them and the proven ones take more than twice as
//! long; tests hold the two against each other. Nothing here runs in constant time: these numbers are public.

use fiat_crypto::p256_64::{
    fiat_p256_add, fiat_p256_from_bytes, fiat_p256_from_montgomery,
    fiat_p256_montgomery_domain_field_element as Montgomery,
    fiat_p256_non_montgomery_domain_field_element as Plain, fiat_p256_opp, fiat_p256_sub,
    fiat_p256_to_bytes, fiat_p256_to_montgomery,
};

/// The limbs of p, the least significant first.
const P: [u64; 4] = [u64::MAX, 0xffff_ffff, 0, 0xffff_ffff_0000_0001];

/// A number below p. Each has one form only, so that equal numbers have equal limbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field([u64; 4]);

impl Field {
    pub(super) const ZERO: Self = Self([0; 4]);
    pub(super) const ONE: Self = Self::from_montgomery([
        0x0000000000000001,
        0xffffffff00000000,
        0xffffffffffffffff,
        0x00000000fffffffe,
    ]);

    /// A constant in Montgomery form, the least significant limb first; it must be below p.
    pub(super) const fn from_montgomery(limbs: [u64; 4]) -> Self {
        Self(limbs)
    }

    /// The number with these big-endian bytes, if it is below p.
    pub(super) fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let mut reversed = *bytes;
        reversed.reverse();
        let mut plain = Plain([0; 4]);
        fiat_p256_from_bytes(&mut plain.0, &reversed);
        let is_below = plain.0.iter().rev().lt(P.iter().rev());
        is_below.then(|| Self::of(|out| fiat_p256_to_montgomery(out, &plain)))
    }

    /// Its big-endian bytes.
    pub(super) fn to_bytes(self) -> [u8; 32] {
        let mut plain = Plain([0; 4]);
        fiat_p256_from_montgomery(&mut plain, &Montgomery(self.0));
        let mut bytes = [0; 32];
        fiat_p256_to_bytes(&mut bytes, &plain.0);
        bytes.reverse();
        bytes
    }

    fn of(make: impl FnOnce(&mut Montgomery)) -> Self {
        let mut made = Montgomery([0; 4]);
        make(&mut made);
        Self(made.0)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self::of(|out| fiat_p256_add(out, &Montgomery(self.0), &Montgomery(other.0)))
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self::of(|out| fiat_p256_sub(out, &Montgomery(self.0), &Montgomery(other.0)))
    }

    pub(super) fn negated(self) -> Self {
        Self::of(|out| fiat_p256_opp(out, &Montgomery(self.0)))
    }

    pub(super) fn doubled(self) -> Self {
        self.plus(self)
    }

    #[inline(always)]
    pub(super) fn times(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        let mut wide = [0; 8];
        for i in 0..4 {
            let mut carry = 0;
            for j in 0..4 {
                (wide[i + j], carry) = multiply_add(wide[i + j], a[i], b[j], carry);
            }
            wide[i + 4] = carry;
        }
        Self(reduced(wide))
    }

    #[inline(always)]
    pub(super) fn squared(self) -> Self {
        let [a, b, c, d] = self.0;
        // Each product of two different limbs once ...
        let (w1, carry) = multiply_add(0, a, b, 0);
        let (w2, carry) = multiply_add(0, a, c, carry);
        let (w3, w4) = multiply_add(0, a, d, carry);
        let (w3, carry) = multiply_add(w3, b, c, 0);
        let (w4, w5) = multiply_add(w4, b, d, carry);
        let (w5, w6) = multiply_add(w5, c, d, 0);
        // ... then twice, by a shift over all limbs ...
        let twice = |high: u64, low: u64| (high << 1) | (low >> 63);
        let doubled = [
            0,
            twice(w1, 0),
            twice(w2, w1),
            twice(w3, w2),
            twice(w4, w3),
            twice(w5, w4),
            twice(w6, w5),
            w6 >> 63,
        ];
        // ... and the squares of the limbs.
        let mut wide = [0; 8];
        let mut carry = 0;
        for (at, limb) in self.0.into_iter().enumerate() {
            let square = u128::from(limb) * u128::from(limb);
            (wide[2 * at], carry) = add(doubled[2 * at], square as u64, carry);
            (wide[2 * at + 1], carry) = add(doubled[2 * at + 1], (square >> 64) as u64, carry);
        }
        Self(reduced(wide))
    }

    /// Its power, by squaring and multiplying along the exponent's bits; the exponent's least significant
    /// limb comes first.
    fn power(self, exponent: [u64; 4]) -> Self {
        let bits = (0..256).rev().map(|bit| exponent[bit / 64] >> (bit % 64) & 1 == 1);
        bits.skip_while(|bit| !bit).fold(Self::ONE, |power, bit| {
            let squared = power.squared();
            if bit { squared.times(self) } else { squared }
        })
    }

    /// A number whose square it is, if there is one: p is 3 modulo 4, so that it is the power (p + 1) / 4.
    pub(super) fn root(self) -> Option<Self> {
        let root = self.power([0, 1 << 30, 1 << 62, 0x3fff_ffff_c000_0000]);
        (root.squared() == self).then_some(root)
    }

    /// Its inverse by Fermat's little theorem, the power p - 2. Zero has none and gives zero.
    pub(super) fn inverted(self) -> Self {
        self.power([P[0] - 2, P[1], P[2], P[3]])
    }
}

/// `a + b c + carry` in two limbs, which it always fits.
#[inline(always)]
fn multiply_add(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let sum = u128::from(a) + u128::from(b) * u128::from(c) + u128::from(carry);
    (sum as u64, (sum >> 64) as u64)
}

#[inline(always)]
fn add(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let sum = u128::from(a) + u128::from(b) + u128::from(carry);
    (sum as u64, (sum >> 64) as u64)
}

/// Montgomery's reduction: a product below p^2, divided by 2^256 modulo p.
///
/// Four times the lowest limb m is cleared by adding m p, and dropped. Since p = -1 modulo 2^64 no factor
/// need be computed, and m p = m 2^256 - m 2^224 + m 2^192 + m 2^96 - m is a shift by 96 bits and one product
/// with p's highest limb.
#[inline(always)]
fn reduced(mut wide: [u64; 8]) -> [u64; 4] {
    let mut above = 0;
    for low in 0..4 {
        let m = wide[low];
        let mut carry;
        (wide[low + 1], carry) = add(wide[low + 1], m << 32, 0);
        (wide[low + 2], carry) = add(wide[low + 2], m >> 32, carry);
        let product = u128::from(m) * u128::from(P[3]);
        (wide[low + 3], carry) = add(wide[low + 3], product as u64, carry);
        (wide[low + 4], carry) = add(wide[low + 4], (product >> 64) as u64, carry);
        // What the round before carried beyond its own limbs: never more than one, and never both at once.
        let more;
        (wide[low + 4], more) = add(wide[low + 4], above, 0);
        above = carry + more;
    }
    // Below 2 p now: the sum was below p^2 + 2^256 p.
    let sum = [wide[4], wide[5], wide[6], wide[7]];
    let mut less = [0; 4];
    let mut borrow = false;
    for at in 0..4 {
        let (difference, first) = sum[at].overflowing_sub(P[at]);
        let second;
        (less[at], second) = difference.overflowing_sub(u64::from(borrow));
        borrow = first | second;
    }
    if above == 0 && borrow { sum } else { less }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fiat_crypto::p256_64::{fiat_p256_mul, fiat_p256_square};
    use proptest::prelude::*;

    /// Limbs at which carries are made and lost, among any others.
    fn limb() -> impl Strategy<Value = u64> {
        let edges = [0, 1, 2, 0xffff_fffe, 0xffff_ffff, 1 << 32, 1 << 63, u64::MAX - 1, u64::MAX]
            .into_iter()
            .chain(P);
        prop_oneof![any::<u64>(), prop::sample::select(edges.collect::<Vec<_>>())]
    }

    fn number() -> impl Strategy<Value = Field> {
        let below = |limbs: &[u64; 4]| limbs.iter().rev().lt(P.iter().rev());
        [limb(), limb(), limb(), limb()]
            .prop_filter_map("below p", move |limbs| below(&limbs).then_some(Field(limbs)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn products_are_those_of_the_proven_code(a in number(), b in number()) {
            let (left, right) = (Montgomery(a.0), Montgomery(b.0));
            prop_assert_eq!(a.times(b), Field::of(|out| fiat_p256_mul(out, &left, &right)));
            prop_assert_eq!(a.squared(), Field::of(|out| fiat_p256_square(out, &left)));
            prop_assert_eq!(b.squared(), b.times(b));
        }
    }

    proptest! {
        #[test]
        fn inverses_roots_and_bytes_are_what_they_say(number in number()) {
            prop_assert_eq!(Field::from_bytes(&number.to_bytes()), Some(number));
            let inverse = number.inverted();
            let product = if number == Field::ZERO { Field::ZERO } else { Field::ONE };
            prop_assert_eq!(number.times(inverse), product);
            let root = number.squared().root().unwrap();
            prop_assert!(root == number || root == number.negated());
            // -1 is no square modulo p, so that of a number and its opposite one only has a root.
            let both = number.root().is_some() && number.negated().root().is_some();
            prop_assert_eq!(both, number == Field::ZERO);
        }
    }

    #[test]
    fn the_largest_numbers_are_multiplied_without_loss() {
        let last = Field::ONE.negated();
        assert_eq!(last.squared(), Field::ONE);
        let all = [Field(P).0.map(|_| 0), [P[0] - 1, P[1], P[2], P[3]], [u64::MAX, 0, 0, P[3]]];
        for a in all.map(Field) {
            for b in all.map(Field) {
                let product =
                    Field::of(|out| fiat_p256_mul(out, &Montgomery(a.0), &Montgomery(b.0)));
                assert_eq!(a.times(b), product);
            }
        }
    }

    #[test]
    fn bytes_from_p_on_are_no_number() {
        let mut p = [0; 32];
        for (bytes, limb) in p.chunks_mut(8).zip(P.iter().rev()) {
            bytes.copy_from_slice(&limb.to_be_bytes());
        }
        assert_eq!(Field::from_bytes(&p), None);
        p[31] -= 1;
        assert_eq!(Field::from_bytes(&p).unwrap().plus(Field::ONE), Field::ZERO);
        assert_eq!(Field::from_bytes(&[0xff; 32]), None);
    }
}
