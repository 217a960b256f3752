//! The drawn code, read by decoders that know nothing of how it was drawn.

use proptest::prelude::*;
use szid_wallet::{Qr, QrLevel, WalletError};

/// The text in a picture of grey values.
fn read(width: usize, pixels: Vec<u8>) -> Option<String> {
    let (width, height) = (width as u32, (pixels.len() / width) as u32);
    let found =
        rxing::helpers::detect_in_luma(pixels, width, height, Some(rxing::BarcodeFormat::QR_CODE));
    found.ok().map(|found| found.getText().to_owned())
}

/// Grey values of a PNG.
fn decode_png(picture: &[u8]) -> (usize, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(picture));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    (frame.width as usize, pixels)
}

/// Grey values of a drawing made of rectangles one unit high, as `Qr::to_svg` writes them.
fn rasterise_svg(svg: &str, scale: usize) -> (usize, Vec<u8>) {
    let between = |text: &str, from: &str, to: &str| {
        text.split_once(from).unwrap().1.split_once(to).unwrap().0.to_owned()
    };
    let side: usize = between(svg, "viewBox=\"0 0 ", " ").parse().unwrap();
    let mut pixels = vec![255; side * side * scale * scale];
    for run in between(svg, "<path d=\"M", "z\"/>").split("zM") {
        let (at, length) = run.split_once('h').unwrap();
        let (x, y) = at.split_once(' ').unwrap();
        let number = |text: &str| text.parse::<usize>().unwrap();
        let length = number(length.split_once('v').unwrap().0);
        for row in number(y) * scale..(number(y) + 1) * scale {
            let from = row * side * scale + number(x) * scale;
            pixels[from..from + length * scale].fill(0);
        }
    }
    (side * scale, pixels)
}

/// Grey values of what a terminal shows, whatever colours it has by itself.
fn rasterise_terminal(text: &str, scale: usize) -> (usize, Vec<u8>) {
    let mut rows: Vec<Vec<u8>> = Vec::new();
    for line in text.lines() {
        // White on black, of the colours that no theme changes, and the terminal's own again.
        let line = line.strip_prefix("\x1b[38;5;231;48;5;16m").unwrap();
        let line = line.strip_suffix("\x1b[0m").unwrap();
        let lit = |upper: bool, letter: char| match letter {
            '█' => true,
            '▀' => upper,
            '▄' => !upper,
            _ => false,
        };
        for upper in [true, false] {
            rows.push(
                line.chars().map(|letter| if lit(upper, letter) { 255 } else { 0 }).collect(),
            );
        }
    }
    let stretch = |row: &Vec<u8>| -> Vec<u8> {
        row.iter().flat_map(|grey| std::iter::repeat_n(*grey, scale)).collect()
    };
    let width = rows[0].len() * scale;
    let pixels = rows.iter().flat_map(|row| stretch(row).repeat(scale)).collect();
    (width, pixels)
}

/// Grey values of modules as bits, with a quiet zone of four.
fn rasterise_bits(side: usize, bits: &[u8], scale: usize) -> (usize, Vec<u8>) {
    let row_bytes = side.div_ceil(8);
    assert_eq!(bits.len(), row_bytes * side);
    let dark = |y: usize, x: usize| bits[y * row_bytes + x / 8] & (0x80 >> (x % 8)) != 0;
    let within = |at: usize| (at / scale).checked_sub(4).filter(|at| *at < side);
    let width = (side + 8) * scale;
    let grey = |at: usize| match within(at / width).zip(within(at % width)) {
        Some((y, x)) if dark(y, x) => 0,
        _ => 255,
    };
    (width, (0..width * width).map(grey).collect())
}

fn largest(level: QrLevel) -> usize {
    if level == QrLevel::L { 883 } else { 796 }
}

proptest! {
    #[test]
    fn bits_of_no_drawing_are_refused(side in 0usize..100, length in 0usize..2000, byte: u8) {
        let made = Qr::from_bits(side, &vec![byte; length]);
        prop_assert_eq!(made.is_ok(), made.is_ok_and(|qr| qr.to_bits() == vec![byte; length]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_drawing_reads_as_its_digits(
        digits in "0755[0-9]{100,792}",
        small: bool,
        scale in 3usize..8,
    ) {
        let level = if small { QrLevel::L } else { QrLevel::M };
        let qr = Qr::draw(&digits, level).unwrap();
        for (name, (width, pixels)) in [
            ("png", decode_png(&qr.to_png(scale).unwrap())),
            ("svg", rasterise_svg(&qr.to_svg(), scale)),
            ("terminal", rasterise_terminal(&qr.to_terminal(), scale)),
            ("bits", rasterise_bits(qr.size, &qr.to_bits(), scale)),
        ] {
            prop_assert_eq!(read(width, pixels), Some(digits.clone()), "{}", name);
        }
        prop_assert_eq!(Qr::from_bits(qr.size, &qr.to_bits()).unwrap(), qr);
    }
}

#[test]
fn a_second_decoder_agrees() {
    let digits = "0755".to_owned() + &"1234567".repeat(85) + "1234";
    let (width, pixels) = decode_png(&Qr::draw(&digits, QrLevel::L).unwrap().to_png(8).unwrap());
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| pixels[y * width + x]);
    assert_eq!(image.detect_grids()[0].decode().unwrap().1, digits);
}

#[test]
fn the_default_code_is_11_m_or_10_l_and_nothing_is_larger_than_13_m_or_12_l() {
    let default = "0".repeat(603);
    let drawn = |level| Qr::draw(&default, level).map(|qr| (qr.version, qr.size)).unwrap();
    assert_eq!((drawn(QrLevel::L), drawn(QrLevel::M)), ((10, 57), (11, 61)));
    for (level, version) in [(QrLevel::L, 12), (QrLevel::M, 13)] {
        let most = largest(level);
        assert_eq!(Qr::draw(&"9".repeat(most), level).unwrap().version, version);
        assert!(matches!(Qr::draw(&"9".repeat(most + 1), level), Err(WalletError::Drawing)));
    }
}

#[test]
fn only_digits_are_drawn_and_only_in_sensible_sizes() {
    for bad in ["", "12a", "１２", "1 2", "-1"] {
        assert!(matches!(Qr::draw(bad, QrLevel::L), Err(WalletError::Drawing)), "{bad}");
    }
    let qr = Qr::draw("0755", QrLevel::L).unwrap();
    assert!(qr.to_png(0).is_err() && qr.to_png(33).is_err() && qr.to_png(32).is_ok());
}

#[test]
fn bits_are_taken_back_only_as_they_were_given() {
    let qr = Qr::draw("0755", QrLevel::L).unwrap();
    let bits = qr.to_bits();
    assert_eq!(Qr::from_bits(qr.size, &bits).unwrap(), qr);
    let refused =
        |side: usize, bits: &[u8]| matches!(Qr::from_bits(side, bits), Err(WalletError::Drawing));
    for side in [0, 1, qr.size - 1, qr.size + 4, 73, usize::MAX] {
        assert!(refused(side, &bits), "{side}");
    }
    assert!(refused(qr.size, &bits[1..]) && refused(qr.size, &[&bits[..], &[0]].concat()));
    // A row of 21 modules leaves three bits of its third byte over.
    let mut behind_a_row = bits;
    behind_a_row[2] |= 1;
    assert!(refused(qr.size, &behind_a_row));
}
