//! Unified social credit codes (GB 32100-2015): 18 characters, of which two check the others.

use super::to_ascii;

/// The characters, each standing for its place; letters that look like digits are left out.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of the eight characters of the organisation code inside (GB 11714-1997).
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Why a text is no unified social credit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsccFault {
    /// Another length, or a letter that no such code has.
    #[error(
        "a unified social credit code has 18 digits and capital letters without I, O, S, V and Z"
    )]
    Form,
    /// The last character does not fit the 17 before it.
    #[error("its last character does not fit: compare the code with the certificate")]
    LastCharacter,
    /// The 17th character does not fit the organisation code that it ends.
    #[error("its 17th character does not fit: compare characters 9 to 17 with the certificate")]
    Organisation,
}

impl UsccFault {
    /// The same in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Form => "应为18位数字和大写字母，不含 I、O、S、V、Z",
            Self::LastCharacter => "最后一位校验不符，请对照证书核对",
            Self::Organisation => "第17位校验不符，请对照证书核对第9至17位",
        }
    }
}

/// The code as it is registered: without white space around it, in capital letters of half width.
///
/// # Errors
/// [`UsccFault`].
pub fn read_uscc(typed: &str) -> Result<String, UsccFault> {
    let code: Option<String> = typed.trim().chars().map(to_ascii).collect();
    let code = code.ok_or(UsccFault::Form)?.to_ascii_uppercase();
    let value = |letter: &u8| ALPHABET.iter().position(|known| known == letter);
    let values: Option<Vec<usize>> = code.as_bytes().iter().map(value).collect();
    let values = values.filter(|values| values.len() == 18).ok_or(UsccFault::Form)?;
    if !has_fitting_end(&values) {
        return Err(UsccFault::LastCharacter);
    }
    let organisation = &code.as_bytes()[8..17];
    if organisation_check(&organisation[..8]) != organisation[8] {
        return Err(UsccFault::Organisation);
    }
    Ok(code)
}

/// The weights are powers of 3, the last one is 1: all 18 together are divisible by 31.
fn has_fitting_end(values: &[usize]) -> bool {
    let weights = std::iter::successors(Some(1), |weight| Some(weight * 3 % 31));
    let (others, last) = values.split_at(17);
    let weighted = others.iter().zip(weights).map(|(value, weight)| value * weight);
    weighted.chain(last.iter().copied()).sum::<usize>() % 31 == 0
}

/// GB 11714: modulo 11, with X for 10. Letters count from 10 for A to 35 for Z here.
fn organisation_check(code: &[u8]) -> u8 {
    let value = |letter: u8| char::from(letter).to_digit(36).unwrap_or_default();
    let products = code.iter().zip(ORGANISATION_WEIGHTS);
    let sum: u32 = products.map(|(letter, weight)| value(*letter) * weight).sum();
    match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        digit => b'0' + digit.to_le_bytes()[0],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use szid_register::is_fictional_uscc;

    use super::*;

    /// Published codes of a ministry and a company, and our fictional ones.
    const GOOD: [&str; 5] = [
        "11100000000013127D",
        "91440300708461136T",
        "12440399EXAMPLEB3N",
        "91440399EXAMPLEA5N",
        "91440399EXAMPLEC1C",
    ];

    #[test]
    fn real_codes_are_read_whatever_their_case_and_width() {
        let wide = |letter: u8| char::from_u32(u32::from(letter) + 0xfee0).unwrap();
        for code in GOOD {
            let full_width: String = code.bytes().map(wide).collect();
            assert_eq!(read_uscc(&format!("\u{3000}{full_width}")).as_deref(), Ok(code));
            assert_eq!(read_uscc(code).as_deref(), Ok(code));
            assert_eq!(read_uscc(&format!(" {}\n", code.to_lowercase())).as_deref(), Ok(code));
        }
    }

    #[test]
    fn made_up_organisations_are_known() {
        assert_eq!(GOOD.map(is_fictional_uscc), [false, false, true, true, true]);
    }

    #[test]
    fn each_fault_is_told_apart() {
        for form in
            ["", "1110000000001312", "11100000000013127DD", "1110000000001312ID", "市场监管"]
        {
            assert_eq!(read_uscc(form), Err(UsccFault::Form), "{form}");
        }
        assert_eq!(read_uscc("11100000000013127E"), Err(UsccFault::LastCharacter));
        // The outer check fits, the inner one does not.
        assert_eq!(read_uscc("12440300455755793H"), Err(UsccFault::Organisation));
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_found(code in 0..GOOD.len(), at in 0..18usize, to in 0..31usize) {
            let mut wrong = GOOD[code].as_bytes().to_vec();
            wrong[at] = ALPHABET[to];
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(read_uscc(&wrong).is_ok(), wrong == GOOD[code]);
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            let _ = read_uscc(&text);
        }
    }
}
