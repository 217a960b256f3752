use proptest::prelude::*;

use super::*;

/// The outer shape of a code: what the scanner can know of one.
fn code_of(protected: usize, payload: usize) -> String {
    let mut bytes = vec![0x84, 0x58, protected as u8];
    bytes.extend(vec![7; protected]);
    bytes.extend([0xa0, 0x40 + payload as u8]);
    bytes.extend(vec![9; payload]);
    bytes.extend([0x58, 64]);
    bytes.extend([5; 64]);
    digits::encode(&bytes)
}

#[test]
fn what_wedges_add_is_taken_off() {
    let plain = Scanner::default();
    for scanned in [
        "0755112",
        "0755112\r\n",
        "\t0755112\r",
        "\u{feff}0755112\n",
        "]Q10755112",
        "\r\n]Q10755112",
        " 0755 112 ",
        "０７５５１１２",
        "\u{2}0755112\u{3}",
        "0755\r\n112",
        "0755\u{200b}112\0",
    ] {
        assert_eq!(plain.read(scanned).as_deref(), Ok("0755112"), "{scanned:?}");
    }
    let framed = Scanner { prefix: "QR:".into(), suffix: "#END\r\n".into() };
    for scanned in ["QR:0755112#END\r\n", "0755112", "]Q1QR:0755112#END", "QR:]Q10755112\n"] {
        assert_eq!(framed.read(scanned).as_deref(), Ok("0755112"), "{scanned:?}");
    }
}

#[test]
fn other_input_has_its_reason() {
    let plain = Scanner::default();
    for scanned in ["", "https://example.org", "]Q", "]Q1", "六", "1234", "755112"] {
        assert_eq!(plain.read(scanned), Err(Reason::NotACitizenCode), "{scanned:?}");
    }
    for scanned in ["0755112zhe", "075511二2"] {
        assert_eq!(plain.read(scanned), Err(Reason::TextCharacter), "{scanned:?}");
    }
    let code = code_of(150, 20);
    assert_eq!(plain.read(&format!("的{code}")), Err(Reason::TextCharacter));
    assert_eq!(plain.read(&"9".repeat(1 << 20)), Err(Reason::TextTooLong));
}

/// Scanners leave the factory with these, or were set up for another system.
#[test]
fn what_scanners_put_around_a_code_is_taken_off_without_being_configured() {
    let plain = Scanner::default();
    let code = code_of(150, 20);
    for before in
        ["P01", "s", "QR", "000", "0", "<<", "[CODE]", "]Q1P01", "P01]Q1", "0123456789ABCDEF"]
    {
        assert_eq!(plain.read(&format!("{before}{code}\r\n")).as_ref(), Ok(&code), "{before}");
    }
    for after in ["#END", "$", "END\t\r", "/7"] {
        assert_eq!(plain.read(&format!("QR {code}{after}")).as_ref(), Ok(&code), "{after}");
    }
}

#[test]
fn a_code_that_begins_or_ends_like_what_a_scanner_adds_stays_whole() {
    let code = code_of(150, 20);
    let (prefix, suffix) = (code[..2].to_owned(), code[code.len() - 2..].to_owned());
    let scanner = Scanner { prefix: prefix.clone(), suffix: suffix.clone() };
    for scanned in [code.clone(), format!("]Q1{code}\r\n"), format!("{prefix}{code}{suffix}")] {
        assert_eq!(scanner.read(&scanned).as_ref(), Ok(&code), "{scanned}");
    }
}

#[test]
fn what_cannot_be_a_scanners_prefix_has_its_reason() {
    let plain = Scanner::default();
    let code = code_of(150, 20);
    for (before, after, reason) in [
        ("0123456789ABCDEFG", "", Reason::TextCharacter),
        ("设", "", Reason::TextCharacter),
        ("", "0123456789ABCDEFG", Reason::TextCharacter),
        ("00000000000000000", "", Reason::TextLength),
        ("", "0", Reason::TextLength),
        ("QR", "0", Reason::TextCharacter),
    ] {
        let read = plain.read(&format!("{before}{code}{after}"));
        assert_eq!(read, Err(reason), "{before} {after}");
    }
    // Of a code that was cut nothing is sure.
    assert_eq!(plain.read(&format!("QR{}", &code[..300])), Err(Reason::TextCharacter));
}

#[test]
fn the_end_of_a_code_is_where_it_says() {
    assert_eq!(START.as_bytes(), [digits::PREFIX.as_bytes(), &[digits::VERSION]].concat());
    let code = code_of(150, 20);
    let two = format!("P01{code}P01{code}");
    assert_eq!(end_of_code(two.as_bytes()), Some(3 + code.len()));
    for end in 0..3 + code.len() {
        assert_eq!(end_of_code(&two.as_bytes()[..end]), None);
    }
    for other in ["", "07551", "https://example.org", &"9".repeat(5000), &"07551".repeat(1000)] {
        assert_eq!(end_of_code(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn two_codes_at_once_are_not_one() {
    let code = code_of(150, 20);
    for between in ["", "\r\n"] {
        let two = format!("{code}{between}{code}");
        assert_eq!(Scanner::default().read(&two), Err(Reason::TextTooLong));
    }
    // Short enough for one code's length, and still two.
    let two = code_of(60, 20).repeat(2);
    assert_eq!(Scanner::default().read(&two), Err(Reason::TextLength));
}

#[test]
fn a_code_cut_anywhere_is_incomplete() {
    for code in [code_of(150, 20), code_of(220, 23), code_of(75, 0)] {
        assert_eq!(Scanner::default().read(&code).as_ref(), Ok(&code));
        // The first two groups of digits hold the lengths.
        for length in 5 + 34..code.len() {
            let cut = &code[..length];
            let read = Scanner::default().read(cut);
            assert_eq!(read.and_then(|cut| digits::decode(&cut)), Err(Reason::TextLength));
        }
    }
}

proptest! {
    #[test]
    fn noise_around_a_code_never_changes_it(
        protected in 60usize..256,
        payload in 0usize..24,
        before in "[ \t\r\n\u{feff}\0]{0,5}",
        symbology in "(\\]Q[0-6])?",
        after in "[ \t\r\n\0]{0,5}",
        framed: bool,
        wide: bool,
    ) {
        let code = code_of(protected.min(255), payload);
        let typed: String = if wide {
            let widen = |digit: u8| char::from_u32(0xff10 + u32::from(digit - b'0')).unwrap();
            code.bytes().map(widen).collect()
        } else {
            code.clone()
        };
        let scanner = if framed {
            Scanner { prefix: "<<".into(), suffix: ">>".into() }
        } else {
            Scanner::default()
        };
        let scanned = format!("{before}{symbology}{}{typed}{}{after}", scanner.prefix, scanner.suffix);
        prop_assert_eq!(scanner.read(&scanned).unwrap(), code);
    }

    #[test]
    fn what_is_read_is_a_possible_code(scanned in ".{0,300}") {
        if let Ok(code) = Scanner::default().read(&scanned) {
            prop_assert!(code.starts_with(digits::PREFIX));
            prop_assert!(code.bytes().all(|letter| letter.is_ascii_digit()));
        }
    }
}

#[test]
fn any_bytes_are_answered() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let scanned = String::from_utf8_lossy(bytes);
        for code in [scanned.to_string(), format!("]Q1{}", digits::encode(bytes))] {
            if let Ok(code) = Scanner::default().read(&code) {
                assert_eq!(Scanner::default().read(&code).as_ref(), Ok(&code));
            }
        }
    });
}
