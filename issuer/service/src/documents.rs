//! Numbers of identity documents: shape, date and check digit. Demo numbers pass in demo mode only, real ones outside it only.

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// The one written form of a document's number, or `None` where it cannot be one.
/// Full-width digits and a lower-case x are taken. `document_type` is a GA/T 517 code.
pub fn normalised(document_type: &str, number: &str, demo_mode: bool) -> Option<String> {
    if number.len() > 64 {
        return None;
    }
    let number: String =
        number.trim().chars().map(to_ascii).collect::<Option<String>>()?.to_ascii_uppercase();
    let (fits, demo) = match document_type {
        "111" => (is_resident_id(&number), number.get(4..6) == Some("99")),
        "553" => (
            is_permanent_resident(&number),
            number.starts_with("DEM") || number.get(3..6) == Some("999"),
        ),
        "516" => (
            is_mainland_permit(&number),
            number.trim_start_matches(|c: char| !c.is_ascii_digit()).starts_with("99999"),
        ),
        "511" => (number.len() == 8 && all_digits(&number), number.starts_with("999999")),
        "414" => (is_passport(&number), number.starts_with("XDEMO")),
        _ => (false, false),
    };
    (fits && demo == demo_mode).then_some(number)
}

fn to_ascii(letter: char) -> Option<char> {
    match u32::from(letter) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0),
        0x21..=0x7e => Some(letter),
        _ => None,
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// GB 11643: area, birth date, sequence, and a check by ISO 7064 MOD 11-2.
fn is_resident_id(number: &str) -> bool {
    has_check_digit(number) && number.get(6..14).is_some_and(is_date)
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

fn is_date(text: &str) -> bool {
    let Ok(date) = text.parse::<u32>() else { return false };
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1850..2200).contains(&year) && (1..=days).contains(&day)
}

/// New cards have 18 digits and start with 9; old ones have three letters and twelve digits.
fn is_permanent_resident(number: &str) -> bool {
    let old = number.len() == 15
        && number.as_bytes()[..3].iter().all(u8::is_ascii_uppercase)
        && all_digits(&number[3..]);
    old || (number.starts_with('9')
        && has_check_digit(number)
        && number.get(6..14).is_some_and(is_date))
}

/// H or M and 8 digits (or 10 with the reissue count); HA or MA and 7 digits for non-Chinese citizens.
fn is_mainland_permit(number: &str) -> bool {
    let foreign = number.strip_prefix("HA").or_else(|| number.strip_prefix("MA"));
    let chinese = number.strip_prefix(['H', 'M']);
    foreign.is_some_and(|digits| digits.len() == 7 && all_digits(digits))
        || chinese.is_some_and(|digits| matches!(digits.len(), 8 | 10) && all_digits(digits))
}

fn is_passport(number: &str) -> bool {
    (5..=20).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_people_pass_in_demo_mode_only() {
        for number in [
            "440399198803150018",
            "440399199411020024",
            "440399195202280032",
            "440399201606010045",
            "440399201009090059",
            "44039919750707006X",
            "440399199012310075",
            "440399200105010085",
            "440399198001010099",
            "440399196610100103",
            "810099198506200018",
            "820099199707080020",
            "830099197912250036",
            "440399200002290117",
            "440399201201150138",
            "440399196101150129",
            "44039919660115015X",
            "440399199909090169",
        ] {
            assert_eq!(normalised("111", number, true).as_deref(), Some(number));
            assert_eq!(normalised("111", number, false), None);
        }
        for (kind, number) in [
            ("516", "H99999901"),
            ("516", "M99999902"),
            ("511", "99999903"),
            ("516", "HA9999904"),
            ("553", "944999199104120011"),
            ("553", "DEM440991041201"),
            ("414", "XDEMO0001"),
        ] {
            assert_eq!(normalised(kind, number, true).as_deref(), Some(number), "{number}");
        }
        assert_eq!(
            normalised("111", "11010519491231002X", false).as_deref(),
            Some("11010519491231002X")
        );
        assert_eq!(normalised("111", "11010519491231002X", true), None);
    }

    #[test]
    fn other_writing_of_a_good_number_is_taken_and_bad_numbers_are_not() {
        assert_eq!(
            normalised("111", "４４０３９９１９８８０３１５００１８", true).as_deref(),
            Some("440399198803150018")
        );
        assert_eq!(
            normalised("111", " 44039919750707006x ", true).as_deref(),
            Some("44039919750707006X")
        );
        for number in [
            "440398198803150018",
            "440399198802300010",
            "440399880315001",
            "44039919880315001",
            "4403991988031500180",
            "",
            "44039919880315001X",
            "44039919880315001８９",
            "六六六",
        ] {
            assert_eq!(normalised("111", number, true), None, "{number}");
        }
        assert_eq!(normalised("516", "HA99999041", true), None);
        assert_eq!(normalised("999", "440399198803150018", true), None);
        assert_eq!(normalised("111", &"4".repeat(1000), true), None);
    }
}
