//! Reads grey images from standard input with rqrr and answers each with one line: the text, or nothing.
//!
//! An image is its width and its height, two bytes each with the low one first, and then its pixels row by
//! row.

use std::io::{self, Read, Write};
use std::panic::catch_unwind;

use rqrr::PreparedImage;

fn main() -> io::Result<()> {
    // A decoder that panics over an image has not read it. The image is counted, not the message shown.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut head = [0; 4];
    while input.read_exact(&mut head).is_ok() {
        let width = usize::from(u16::from_le_bytes([head[0], head[1]]));
        let height = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let mut pixels = vec![0; width * height];
        input.read_exact(&mut pixels)?;
        let text = catch_unwind(|| text_in(&pixels, width, height)).unwrap_or_default();
        writeln!(output, "{}", text.unwrap_or_default())?;
        output.flush()?;
    }
    Ok(())
}

fn text_in(pixels: &[u8], width: usize, height: usize) -> Option<String> {
    let mut image =
        PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    // Any line break would shift all later answers; our texts are digits.
    let digits = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
    image
        .detect_grids()
        .iter()
        .filter_map(|grid| grid.decode().ok())
        .map(|found| found.1)
        .find(digits)
}
