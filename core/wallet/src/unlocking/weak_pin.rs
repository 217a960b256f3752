//! Which PINs are too easy to guess. Rules first; the list holds only what no rule finds.

use szid_protocol::reason::Text;

use super::pin::PIN_DIGITS;

type Digits = [u8; PIN_DIGITS];
/// True for PINs that it finds weak.
type Rule = fn(&Digits) -> bool;

/// Why a PIN is too easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinWeakness {
    /// Two different digits at most, or one digit four times in a row.
    Repeats,
    /// Five digits of six that go up or down by one, or all six by any one step; 0 follows 9.
    Run,
    /// A part that comes again: 121212, 123123, 112233, 123321.
    Pattern,
    /// A year from 1900 to 2099 at the beginning or the end.
    Year,
    /// A birthday: year, month and day in two digits each, in any of the usual orders.
    Birthday,
    /// Two straight lines on the keypad.
    Keypad,
    /// Known to be taken often.
    Common,
}

impl PinWeakness {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Repeats,
        Self::Run,
        Self::Pattern,
        Self::Year,
        Self::Birthday,
        Self::Keypad,
        Self::Common,
    ];

    /// What the holder is told.
    pub fn text(self) -> Text {
        let (zh, en) = match self {
            Self::Repeats => ("重复数字太多", "it repeats too few digits"),
            Self::Run => ("是连续或等差的数字", "its digits are a sequence"),
            Self::Pattern => ("有明显的重复规律", "its digits follow a pattern"),
            Self::Year => ("含有年份", "it has a year in it"),
            Self::Birthday => ("像是生日", "it looks like a birthday"),
            Self::Keypad => ("是键盘上的直线", "it is a line on the keypad"),
            Self::Common => ("太常见", "many people take it"),
        };
        Text { zh, en }
    }
}

/// Taken often, for what they sound like or stand for, and found by no rule.
const COMMON: [Digits; 4] =
    [[5, 2, 1, 3, 1, 4], [1, 3, 1, 4, 5, 2], [3, 1, 4, 1, 5, 9], [1, 4, 7, 8, 9, 6]];

/// The straight lines of a telephone's keypad; each counts backwards, too.
const LINES: [[u8; 3]; 8] =
    [[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 4, 7], [2, 5, 8], [3, 6, 9], [1, 5, 9], [3, 5, 7]];

/// Why these digits are too easy to guess; `None` where no rule speaks against them.
pub(super) fn weakness(pin: &Digits) -> Option<PinWeakness> {
    let rules: [(Rule, PinWeakness); 7] = [
        (is_repeated, PinWeakness::Repeats),
        (is_run, PinWeakness::Run),
        (is_pattern, PinWeakness::Pattern),
        (has_year, PinWeakness::Year),
        (is_birthday, PinWeakness::Birthday),
        (is_keypad, PinWeakness::Keypad),
        (|pin| COMMON.contains(pin), PinWeakness::Common),
    ];
    rules.into_iter().find(|(holds, _)| holds(pin)).map(|(_, why)| why)
}

fn is_repeated(pin: &Digits) -> bool {
    let mut different = pin.to_vec();
    different.sort_unstable();
    different.dedup();
    different.len() <= 2 || pin.windows(4).any(|four| four.iter().all(|digit| *digit == four[0]))
}

fn is_run(pin: &Digits) -> bool {
    let steps: Vec<u8> = pin.windows(2).map(|two| (two[1] + 10 - two[0]) % 10).collect();
    let is_even = steps.iter().all(|step| *step == steps[0]);
    // Four steps are five digits.
    is_even || [1, 9].into_iter().any(|by| steps.windows(4).any(|four| four == [by; 4]))
}

fn is_pattern(pin: &Digits) -> bool {
    let comes_again = |period: usize| (period..PIN_DIGITS).all(|at| pin[at] == pin[at - period]);
    let in_pairs = pin.chunks(2).all(|pair| pair[0] == pair[1]);
    let is_mirrored = (0..PIN_DIGITS / 2).all(|at| pin[at] == pin[PIN_DIGITS - 1 - at]);
    comes_again(2) || comes_again(3) || in_pairs || is_mirrored
}

fn has_year(pin: &Digits) -> bool {
    let is_year = |four: &[u8]| matches!(four[..2], [1, 9] | [2, 0]);
    is_year(&pin[..4]) || is_year(&pin[2..])
}

fn is_birthday(pin: &Digits) -> bool {
    let two = |at: usize| pin[at] * 10 + pin[at + 1];
    let (a, b, c) = (two(0), two(2), two(4));
    // Year-month-day, day-month-year, month-day-year.
    is_date(b, c) || is_date(b, a) || is_date(a, b)
}

/// A day that some year has.
fn is_date(month: u8, day: u8) -> bool {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn is_keypad(pin: &Digits) -> bool {
    let is_line = |three: &[u8]| {
        LINES.iter().any(|line| {
            let backwards = [line[2], line[1], line[0]];
            three == line || three == backwards
        })
    };
    is_line(&pin[..3]) && is_line(&pin[3..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<PinWeakness> {
        let digits: Vec<u8> = text.bytes().map(|digit| digit - b'0').collect();
        weakness(&digits.try_into().unwrap())
    }

    #[test]
    fn weak_pins_are_refused_and_told_why() {
        use PinWeakness::{Birthday, Common, Keypad, Pattern, Repeats, Run, Year};
        for (why, pins) in [
            (Repeats, &["000000", "888888", "100000", "121212", "880088", "544445"][..]),
            (
                Run,
                &["123456", "654321", "789012", "210987", "890123", "135791", "246802", "975319"],
            ),
            (Run, &["123459", "912345", "987650", "074185"]),
            (Pattern, &["123123", "520520", "112233", "998877", "123321"][..]),
            (Year, &["199283", "831992", "200847", "472024", "201012"]),
            (Birthday, &["880315", "150388", "031588", "000229", "991231"]),
            (Keypad, &["147258", "159753", "369147", "789654", "753951"]),
            (Common, &["521314", "131452", "314159", "147896"]),
        ] {
            for pin in pins {
                assert_eq!(of(pin), Some(why), "{pin}");
            }
        }
    }

    #[test]
    fn good_pins_are_taken() {
        for pin in ["493536", "702958", "846173", "990040", "573390", "880231", "640257"] {
            assert_eq!(of(pin), None, "{pin}");
        }
    }

    #[test]
    fn the_rules_leave_more_than_four_fifths_of_all_pins() {
        let good = (0..1_000_000u32).filter(|number| of(&format!("{number:06}")).is_none()).count();
        assert_eq!(good, 874_020);
    }
}
