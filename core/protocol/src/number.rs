//! Short numbers: eight digits and a check digit that stand for a code at a desk whose scanner does not work.
//! They are looked up where they were given out, so they are good online only.

use std::ops::Range;

/// The digits without the check digit.
pub const DIGITS: usize = 8;
/// Numbers are below this.
pub const COUNT: u32 = 100_000_000;
/// None begins with the prefix of a code, so that a cut code is never taken for a number.
const CODES: Range<u32> = 7_550_000..7_560_000;

/// A short number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShortNumber(u32);

/// Nine digits whose last one does not fit the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the check digit does not fit")]
pub struct Mistyped;

impl ShortNumber {
    /// A number below [`COUNT`] that does not begin as a code does; `None` for others.
    pub fn new(value: u32) -> Option<Self> {
        (value < COUNT && !CODES.contains(&value)).then_some(Self(value))
    }

    /// Reads what was typed: nine digits, grouped by white space or hyphens or not, full-width or not. `None`
    /// for anything that is no short number at all.
    ///
    /// # Errors
    /// [`Mistyped`].
    pub fn read(typed: &str) -> Option<Result<Self, Mistyped>> {
        // Three bytes for each full-width digit, and some room for what groups them.
        if typed.len() > 64 {
            return None;
        }
        let mut digits = [0; DIGITS + 1];
        let mut count = 0;
        for letter in typed.chars() {
            let ascii =
                u32::from(letter).checked_sub(0xff10).and_then(|at| char::from_digit(at, 10));
            match ascii.unwrap_or(letter).to_digit(10) {
                Some(digit) => {
                    *digits.get_mut(count)? = digit;
                    count += 1;
                }
                None if letter.is_whitespace() || letter.is_control() || letter == '-' => {}
                None => return None,
            }
        }
        let (check, number) = digits.split_last()?;
        if count != digits.len() {
            return None;
        }
        let fits = check_digit(number) == *check;
        let number = Self::new(number.iter().fold(0, |value, digit| value * 10 + digit))?;
        Some(if fits { Ok(number) } else { Err(Mistyped) })
    }

    /// The nine digits.
    pub fn digits(self) -> String {
        let text = format!("{:08}", self.0);
        let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(10)).collect();
        format!("{text}{}", check_digit(&digits))
    }

    /// The same in groups of three, to be read aloud.
    pub fn grouped(self) -> String {
        let digits = self.digits();
        format!("{} {} {}", &digits[..3], &digits[3..6], &digits[6..])
    }
}

/// ISO/IEC 7064, MOD 11,10: finds every single wrong digit and nearly every exchange of neighbours.
fn check_digit(digits: &[u32]) -> u32 {
    let product = digits.iter().fold(10, |product, digit| {
        let sum = match (product + digit) % 10 {
            0 => 10,
            sum => sum,
        };
        2 * sum % 11
    });
    (11 - product) % 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits;
    use proptest::prelude::*;

    #[test]
    fn the_check_digit_is_the_standards() {
        // The example of the standard for MOD 11,10: 0794 has the check digit 5.
        assert_eq!(check_digit(&[0, 7, 9, 4]), 5);
        assert_eq!(ShortNumber(12_345_678).grouped(), "123 456 788");
        assert_eq!(ShortNumber(0).digits(), "000000003");
        assert_eq!(ShortNumber::new(COUNT), None);
        assert!(ShortNumber(CODES.start).digits().starts_with(digits::PREFIX));
        assert!(ShortNumber(CODES.end - 1).digits().starts_with(digits::PREFIX));
    }

    #[test]
    fn what_people_type_is_read() {
        for typed in
            ["123456788", "123 456 788\r\n", "123-456-788", "１２３ ４５６　７８８", "\t123456788"]
        {
            assert_eq!(ShortNumber::read(typed), Some(Ok(ShortNumber(12_345_678))), "{typed}");
        }
        assert_eq!(ShortNumber::read("123 456 789"), Some(Err(Mistyped)));
        for other in ["", "12345678", "1234567880", "12345678x", "075512345", &"1".repeat(700)] {
            assert_eq!(ShortNumber::read(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(value in 10_000_000..COUNT, at in 1..9usize, by in 1..10u8) {
            let text = ShortNumber(value).digits();
            prop_assert_eq!(ShortNumber::read(&text), Some(Ok(ShortNumber(value))));
            let mut wrong = text.into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(ShortNumber::read(&wrong), Some(Err(Mistyped)));
        }
    }
}
