//! The drawn code: modules, SVG and PNG.

use qrcode::bits::Bits;
use qrcode::canvas::Canvas;
use qrcode::ec::construct_codewords;
use qrcode::{EcLevel, QrResult, Version};

use crate::error::WalletError;
use crate::mask::best_masked;

/// White modules around the code (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// For terminals: two colours of the cube of 256, which no theme changes as it does the first sixteen.
const WHITE_ON_BLACK: &str = "\x1b[38;5;231;48;5;16m";
const COLOURS_AS_BEFORE: &str = "\x1b[0m";

/// The largest version that is drawn, at any level.
const LARGEST: i16 = 13;

/// Modules per side (ISO/IEC 18004).
fn side_of(version: i16) -> usize {
    17 + 4 * usize::from(version.unsigned_abs())
}

/// How much damage the drawing survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QrLevel {
    /// The largest modules: for displays of few pixels.
    L,
    /// For screens and print: read where glass is cracked, dirty or glaring, too
    /// (docs/adr/0009-error-correction-level.md).
    #[default]
    M,
}

/// A drawn code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    /// The QR version, 1 to 40.
    pub version: i16,
    /// Modules per side, quiet zone not counted.
    pub size: usize,
    /// Row by row; true is dark.
    pub modules: Vec<bool>,
}

impl Qr {
    /// Draws digits as one numeric segment, in the smallest version up to 12-L or 13-M.
    ///
    /// # Errors
    /// [`WalletError::Drawing`] for anything but digits, and for more than fit.
    pub fn draw(digits: &str, level: QrLevel) -> Result<Self, WalletError> {
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(WalletError::Drawing);
        }
        Self::smallest(level, |bits| bits.push_numeric_data(digits.as_bytes()))
    }

    /// Draws any text as one segment of bytes, in the smallest version up to 12-L or 13-M.
    ///
    /// # Errors
    /// [`WalletError::Drawing`] for more than fits.
    pub fn draw_text(text: &str, level: QrLevel) -> Result<Self, WalletError> {
        Self::smallest(level, |bits| bits.push_byte_data(text.as_bytes()))
    }

    fn smallest(
        level: QrLevel,
        fill: impl Fn(&mut Bits) -> QrResult<()>,
    ) -> Result<Self, WalletError> {
        let (level, largest) = match level {
            QrLevel::L => (EcLevel::L, 12),
            QrLevel::M => (EcLevel::M, LARGEST),
        };
        for version in 1..=largest {
            // The optimiser of `QrCode::new` would find the same single segment, at several times the cost.
            let mut bits = Bits::new(Version::Normal(version));
            let fits = fill(&mut bits).and_then(|()| bits.push_terminator(level));
            if fits.is_ok() {
                return Self::of_bits(bits, version, level).map_err(|_| WalletError::Drawing);
            }
        }
        Err(WalletError::Drawing)
    }

    fn of_bits(bits: Bits, version: i16, level: EcLevel) -> QrResult<Self> {
        let qr_version = Version::Normal(version);
        let (data, correction) = construct_codewords(&bits.into_bytes(), qr_version, level)?;
        let mut canvas = Canvas::new(qr_version, level);
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&data, &correction);
        let size = side_of(version);
        Ok(Self { version, size, modules: best_masked(&canvas, size) })
    }

    /// A drawing from its modules as [`Qr::to_bits`] has them.
    ///
    /// # Errors
    /// [`WalletError::Drawing`] for anything that `to_bits` gives of no code.
    pub fn from_bits(side: usize, bits: &[u8]) -> Result<Self, WalletError> {
        let version = (1..=LARGEST).find(|version| side_of(*version) == side);
        let version = version.ok_or(WalletError::Drawing)?;
        let row_bytes = side.div_ceil(8);
        let modules = bits.chunks(row_bytes).flat_map(|row| {
            (0..side)
                .map(move |at| row.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0))
        });
        let qr = Self { version, size: side, modules: modules.take(side * side).collect() };
        // Also says that nothing is missing, left over, or set behind a row's end.
        if qr.to_bits() == bits { Ok(qr) } else { Err(WalletError::Drawing) }
    }

    fn is_dark(&self, row: usize, column: usize) -> bool {
        self.modules[row * self.size + column]
    }

    /// The modules as bits, row by row, the first one in the highest bit; 1 is dark. Each row begins with a
    /// byte of its own, whose last bits may be left over: 0. The quiet zone is not included.
    pub fn to_bits(&self) -> Vec<u8> {
        let byte = |modules: &[bool]| {
            let bits = modules.iter().zip(0..).map(|(dark, at)| u8::from(*dark) << (7 - at));
            bits.fold(0, |byte, bit| byte | bit)
        };
        self.modules.chunks(self.size).flat_map(|row| row.chunks(8).map(byte)).collect()
    }

    /// The drawing as SVG, one unit per module, quiet zone included: one path of horizontal runs.
    pub fn to_svg(&self) -> String {
        let mut path = String::new();
        for row in 0..self.size {
            let mut column = 0;
            while column < self.size {
                let run = (column..self.size).take_while(|at| self.is_dark(row, *at)).count();
                if run > 0 {
                    path.push_str(&format!("M{} {}h{run}v1h-{run}z", column + QUIET, row + QUIET));
                }
                column += run.max(1);
            }
        }
        let side = self.size + 2 * QUIET;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>\n"
        )
    }

    /// The drawing as a one-bit PNG, `scale` pixels per module (1 to 32), quiet zone included.
    ///
    /// # Errors
    /// [`WalletError::Drawing`] for another scale.
    pub fn to_png(&self, scale: usize) -> Result<Vec<u8>, WalletError> {
        if !(1..=32).contains(&scale) {
            return Err(WalletError::Drawing);
        }
        let side = (self.size + 2 * QUIET) * scale;
        let row_bytes = side.div_ceil(8);
        let mut pixels = vec![0xff; row_bytes * side];
        for y in 0..self.size * scale {
            for x in (0..self.size * scale).filter(|x| self.is_dark(y / scale, x / scale)) {
                let (x, y) = (x + QUIET * scale, y + QUIET * scale);
                pixels[y * row_bytes + x / 8] &= !(0x80 >> (x % 8));
            }
        }
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, side as u32, side as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header().map_err(|_| WalletError::Drawing)?;
        writer.write_image_data(&pixels).map_err(|_| WalletError::Drawing)?;
        writer.finish().map_err(|_| WalletError::Drawing)?;
        Ok(out)
    }

    /// The drawing for a terminal, two modules per character, in its own white and black: a light terminal
    /// would show it inverted, which many scanners do not read.
    pub fn to_terminal(&self) -> String {
        let (columns, rows) = self.terminal_size();
        let dark = |row: usize, column: usize| {
            let within = |at: usize| at.checked_sub(QUIET).filter(|at| *at < self.size);
            within(row).zip(within(column)).is_some_and(|(row, column)| self.is_dark(row, column))
        };
        let mut text = String::new();
        for row in (0..rows).map(|row| 2 * row) {
            text.push_str(WHITE_ON_BLACK);
            for column in 0..columns {
                text.push(match (dark(row, column), dark(row + 1, column)) {
                    (true, true) => ' ',
                    (true, false) => '▄',
                    (false, true) => '▀',
                    (false, false) => '█',
                });
            }
            text.push_str(COLOURS_AS_BEFORE);
            text.push('\n');
        }
        text
    }

    /// The characters in a line of [`Qr::to_terminal`], and its lines.
    pub const fn terminal_size(&self) -> (usize, usize) {
        let side = self.size + 2 * QUIET;
        (side, side.div_ceil(2))
    }
}
