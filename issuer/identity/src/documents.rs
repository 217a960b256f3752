//! Numbers of identity documents: shape, date and check digit.
//!
//! Demo numbers lie in ranges that no authority gives out. They are taken in demo mode only, and in demo mode
//! nothing else is: a real person's document never enters a demonstration, and an invented one never a real
//! register.

use szid_protocol::day::date_of;
use szid_register::is_demo_document;
use time::{Date, Month};

use super::to_ascii;

/// GB 11643, MOD 11-2 (ISO 7064).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";
/// The first two digits of the area codes that were ever given out.
const PROVINCES: &[u8] = &[
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71,
];
/// Hong Kong, Macao, Taiwan: the areas of residence permits.
const PERMIT_AREAS: &[u8] = &[81, 82, 83];
const MAX_INPUT_BYTES: usize = 80;
/// Nobody who is alive was born before it.
const OLDEST_YEAR: u32 = 1850;

/// Why a document is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentFault {
    /// The type is none of those supported.
    #[error("this type of document is not supported")]
    Type,
    /// The number cannot be one of this type.
    #[error("the number cannot be one of this type of document")]
    Number,
    /// A demo document outside demo mode, or a real one in it.
    #[error("demo documents belong to demo mode, and real ones outside it")]
    Demo,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    ResidentId,
    ResidencePermit,
    Passport,
    TaiwanPermit,
    HongKongMacaoPermit,
    PermanentResident,
}

/// The types, by GA/T 517 codes. 154 for the residence permits of Hong Kong, Macao and Taiwan residents is
/// this project's reading of that table.
fn kind(code: &str) -> Option<Kind> {
    Some(match code {
        "111" => Kind::ResidentId,
        "154" => Kind::ResidencePermit,
        "414" => Kind::Passport,
        "511" => Kind::TaiwanPermit,
        "516" => Kind::HongKongMacaoPermit,
        "553" => Kind::PermanentResident,
        _ => return None,
    })
}

/// Whether a code is of a type that is known.
pub fn is_type(code: &str) -> bool {
    kind(code).is_some()
}

/// The one written form of a document's number: full-width letters and digits become ASCII, x becomes X, the
/// reissue count of a permit goes, since the number before it is for life.
///
/// # Errors
/// [`DocumentFault`].
pub fn normalise(
    document_type: &str,
    number: &str,
    demo_mode: bool,
    now: u64,
) -> Result<String, DocumentFault> {
    let kind = kind(document_type).ok_or(DocumentFault::Type)?;
    if number.len() > MAX_INPUT_BYTES {
        return Err(DocumentFault::Number);
    }
    let ascii: Option<String> = number.trim().chars().map(to_ascii).collect();
    let mut number = ascii.ok_or(DocumentFault::Number)?.to_ascii_uppercase();
    let today = date_of(now);
    let fits = match kind {
        Kind::ResidentId => is_resident_id(&number, PROVINCES, today),
        Kind::ResidencePermit => is_resident_id(&number, PERMIT_AREAS, today),
        Kind::Passport => is_passport(&number),
        Kind::TaiwanPermit => number.len() == 8 && all_digits(&number),
        Kind::HongKongMacaoPermit => is_mainland_permit(&number),
        Kind::PermanentResident => is_permanent_resident(&number, today),
    };
    if !fits {
        return Err(DocumentFault::Number);
    }
    if kind == Kind::HongKongMacaoPermit {
        number.truncate(9);
    }
    if is_demo_document(document_type, &number) == demo_mode {
        Ok(number)
    } else {
        Err(DocumentFault::Demo)
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Area, birth date, sequence, check. The area is checked by province only: old cards keep codes that no
/// longer exist.
fn is_resident_id(number: &str, areas: &[u8], today: u32) -> bool {
    let area = number.get(..2).and_then(|area| area.parse().ok());
    has_check_digit(number)
        && area.is_some_and(|area| areas.contains(&area))
        && number.get(14..17) != Some("000")
        && number.get(6..14).is_some_and(|date| is_birth_date(date, today))
}

fn has_check_digit(number: &str) -> bool {
    let bytes = number.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 =
        bytes.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    bytes[17] == CHECKS[sum as usize % 11]
}

/// Whether a text is a day of the calendar, as YYYY-MM-DD.
pub fn is_date(text: &str) -> bool {
    date(text).is_some()
}

/// The same, if it is not in the future.
pub fn is_past_date(text: &str, now: u64) -> bool {
    is_date(text) && is_birth_date(&text.replace('-', ""), date_of(now))
}

/// A day of the calendar, from YYYY-MM-DD.
pub fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let is_formed = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    if is_formed { day(&text.replace('-', "")) } else { None }
}

/// A day of the calendar, from YYYYMMDD, not before [`OLDEST_YEAR`].
fn day(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && all_digits(text);
    let date: u32 = text.parse().ok().filter(|_| digits)?;
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let day = u8::try_from(day).ok()?;
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, day).ok()?;
    (year >= OLDEST_YEAR).then_some(date)
}

/// A day of the calendar, as YYYYMMDD, that is not in the future.
fn is_birth_date(text: &str, today: u32) -> bool {
    day(text).is_some() && text.parse::<u32>().is_ok_and(|date| date <= today)
}

/// New cards have 18 digits and start with 9; old ones have three letters and twelve digits and are still
/// good.
fn is_permanent_resident(number: &str, today: u32) -> bool {
    let old = number.len() == 15
        && number.bytes().take(3).all(|byte| byte.is_ascii_uppercase())
        && number.get(3..).is_some_and(all_digits);
    let new = number.starts_with('9')
        && has_check_digit(number)
        && number.get(6..14).is_some_and(|date| is_birth_date(date, today));
    old || new
}

/// H or M and 8 digits, with or without the two of the reissue count; HA or MA and 7 digits for holders who
/// are not Chinese citizens.
fn is_mainland_permit(number: &str) -> bool {
    let foreign = number.strip_prefix("HA").or_else(|| number.strip_prefix("MA"));
    let chinese = number.strip_prefix(['H', 'M']);
    foreign.is_some_and(|digits| digits.len() == 7 && all_digits(digits))
        || chinese.is_some_and(|digits| matches!(digits.len(), 8 | 10) && all_digits(digits))
}

/// ICAO Doc 9303 gives a passport's number at most nine places.
fn is_passport(number: &str) -> bool {
    (5..=9).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && number.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-01-15 12:00 +08:00.
    const NOW: u64 = 1_768_449_600;

    fn demo(kind: &str, number: &str) -> Result<String, DocumentFault> {
        normalise(kind, number, true, NOW)
    }

    fn real(kind: &str, number: &str) -> Result<String, DocumentFault> {
        normalise(kind, number, false, NOW)
    }

    #[test]
    fn the_demo_people_are_taken_in_demo_mode_only() {
        for (kind, number) in [
            ("111", "440399198803150018"),
            ("111", "440399199411020024"),
            ("111", "440399195202280032"),
            ("111", "440399201606010045"),
            ("111", "440399201009090059"),
            ("111", "44039919750707006X"),
            ("111", "440399199012310075"),
            ("111", "440399200105010085"),
            ("111", "440399198001010099"),
            ("111", "440399196610100103"),
            ("154", "810099198506200018"),
            ("516", "H99999901"),
            ("154", "820099199707080020"),
            ("516", "M99999902"),
            ("154", "830099197912250036"),
            ("511", "99999903"),
            ("516", "HA9999904"),
            ("553", "944999199104120011"),
            ("553", "DEM440991041201"),
            ("414", "XDEMO0001"),
            ("111", "440399200002290117"),
            ("111", "440399201201150138"),
            ("111", "440399196101150129"),
            ("111", "44039919660115015X"),
            ("111", "440399199909090169"),
        ] {
            assert_eq!(demo(kind, number).as_deref(), Ok(number));
            assert_eq!(real(kind, number), Err(DocumentFault::Demo), "{number}");
        }
    }

    #[test]
    fn documents_outside_the_demo_ranges_are_refused_in_demo_mode() {
        for (kind, number) in [
            ("111", "11010519491231002X"),
            ("111", "440524188001010014"),
            ("516", "H12345678"),
            ("511", "12345678"),
            ("414", "E12345678"),
            ("414", "EA1234567"),
        ] {
            assert_eq!(real(kind, number).as_deref(), Ok(number));
            assert_eq!(demo(kind, number), Err(DocumentFault::Demo), "{number}");
        }
    }

    #[test]
    fn other_ways_of_writing_a_good_number_give_its_one_form() {
        for (written, form) in [
            ("４４０３９９１９８８０３１５００１８", "440399198803150018"),
            ("44039919750707006x", "44039919750707006X"),
            (" 44039919750707006ｘ ", "44039919750707006X"),
        ] {
            assert_eq!(demo("111", written).as_deref(), Ok(form));
        }
        // The reissue count is not part of the lifelong number.
        assert_eq!(demo("516", "H9999990102").as_deref(), Ok("H99999901"));
        assert_eq!(demo("414", "xdemo0001").as_deref(), Ok("XDEMO0001"));
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        for number in [
            "440398198803150018",  // another area, so the check is wrong
            "440399198802300010",  // no such date
            "440399880315001",     // 15 digits of the first generation
            "44039919880315001",   // 17 digits
            "4403991988031500180", // 19 digits
            "440399198803150019",  // wrong check
            "44039919880315001X",
            "994039198803150018",
            "44039919880315001\u{661}",
            "六六六",
            "",
        ] {
            assert_eq!(demo("111", number), Err(DocumentFault::Number), "{number}");
            assert_eq!(real("111", number), Err(DocumentFault::Number), "{number}");
        }
        for (kind, number) in [
            ("516", "HA99999041"),
            ("516", "H999999"),
            ("516", "X99999901"),
            ("511", "9999990"),
            ("511", "9999990A"),
            ("553", "DE4440991041201"),
            ("553", "844999199104120011"),
            ("414", "PASSPORT"),
            ("414", "X"),
            ("414", "XDEMO00012345"),
        ] {
            assert_eq!(demo(kind, number), Err(DocumentFault::Number), "{number}");
        }
        assert_eq!(demo("111", &"4".repeat(1 << 16)), Err(DocumentFault::Number));
        for kind in ["", "999", "110", "1111"] {
            assert_eq!(demo(kind, "440399198803150018"), Err(DocumentFault::Type));
        }
        // A resident's number is no residence permit's, and the other way round.
        assert_eq!(demo("154", "440399198803150018"), Err(DocumentFault::Number));
        assert_eq!(demo("111", "810099198506200018"), Err(DocumentFault::Number));
        // Nobody is enrolled before being born.
        assert_eq!(
            normalise("111", "440399201606010045", true, 1_400_000_000),
            Err(DocumentFault::Number)
        );
    }

    #[test]
    fn today_is_shanghais() {
        assert_eq!(date_of(NOW), 20_260_115);
        assert_eq!(date_of(1_768_492_799), 20_260_115);
        assert_eq!(date_of(1_768_492_800), 20_260_116);
        assert_eq!(date_of(951_753_600), 20_000_229);
        assert_eq!(date_of(0), 19_700_101);
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_one_changed_digit_is_found(
            text in ".{0,40}", at in 0usize..17, change in 1u8..10,
        ) {
            for kind in ["111", "154", "414", "511", "516", "553"] {
                let _ = demo(kind, &text);
            }
            let mut number = *b"440399198803150018";
            number[at] = b'0' + (number[at] - b'0' + change) % 10;
            let changed = std::str::from_utf8(&number).unwrap();
            prop_assert_eq!(demo("111", changed), Err(DocumentFault::Number));
        }
    }
}
