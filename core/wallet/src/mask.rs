//! Which of the eight QR masks to use: the one under which the least misleads a scanner, and among equals the
//! one with the least penalty of ISO/IEC 18004, 7.8.3 (docs/adr/0026-masks-without-look-alikes.md).
//!
//! The `qrcode` crate draws the symbol, but takes most of its time for this choice, module by module. Here a
//! line of the symbol is one integer, so that whole lines are compared at once (docs/adr/0005-qr-encoder.md).

use qrcode::Color;
use qrcode::canvas::{Canvas, MaskPattern};

use crate::look_alikes::look_alikes;

const PATTERNS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

/// The modules of a drawn canvas under the best mask, row by row, true for dark. `width` is at most 127.
pub(crate) fn best_masked(canvas: &Canvas, width: usize) -> Vec<bool> {
    let (mut best, mut least) = (Vec::new(), (u32::MAX, u32::MAX));
    for pattern in PATTERNS {
        let modules = masked(canvas, pattern);
        let (rows, columns) = lines(&modules, width);
        // The penalty counts among equals alone.
        let misleading = look_alikes(&rows, &columns, least.0);
        if misleading <= least.0 {
            let rank = (misleading, penalty(&rows, &columns));
            if rank < least {
                (best, least) = (modules, rank);
            }
        }
    }
    best
}

fn masked(canvas: &Canvas, pattern: MaskPattern) -> Vec<bool> {
    let mut canvas = canvas.clone();
    canvas.apply_mask(pattern);
    canvas.into_colors().into_iter().map(|color| color == Color::Dark).collect()
}

/// The penalty of a symbol; lower is easier to read.
fn penalty(rows: &[u128], columns: &[u128]) -> u32 {
    let width = rows.len();
    let dark: u32 = rows.iter().map(|row| row.count_ones()).sum();
    let of_lines: u32 = rows.iter().chain(columns).map(|line| of_line(*line, width)).sum();
    of_lines + of_blocks(rows, width) + of_balance(dark, (width * width) as u32)
}

/// Rows and columns as integers; the first module is the lowest bit.
fn lines(modules: &[bool], width: usize) -> (Vec<u128>, Vec<u128>) {
    let with = |line: u128, dark: &bool| line << 1 | u128::from(*dark);
    let rows = modules.chunks_exact(width);
    let mut columns = vec![0; width];
    for row in rows.clone().rev() {
        for (column, dark) in columns.iter_mut().zip(row) {
            *column = with(*column, dark);
        }
    }
    (rows.map(|row| row.iter().rev().fold(0, with)).collect(), columns)
}

fn first(count: usize) -> u128 {
    if count >= 128 { u128::MAX } else { (1 << count) - 1 }
}

/// Runs of five and more modules of one colour, and look-alikes of the finder pattern beside four light
/// modules.
fn of_line(line: u128, width: usize) -> u32 {
    let (dark, light) = (line, !line & first(width));
    let of_runs = |color: u128| {
        // One bit for each place where five in a row begin: a run of n has n - 4 of them, side by side, and
        // costs n - 2.
        let fives = color & color >> 1 & color >> 2 & color >> 3 & color >> 4;
        fives.count_ones() + 2 * (fives & !(fives << 1)).count_ones()
    };
    let finders = dark & light >> 1 & dark >> 2 & dark >> 3 & dark >> 4 & light >> 5 & dark >> 6;
    let light_fours = light & light >> 1 & light >> 2 & light >> 3;
    let beside =
        (finders & light_fours >> 7).count_ones() + (finders & light_fours << 4).count_ones();
    of_runs(dark) + of_runs(light) + 40 * beside
}

/// Blocks of two by two modules of one colour.
fn of_blocks(rows: &[u128], width: usize) -> u32 {
    let blocks = |upper: u128, lower: u128| {
        let differs = (upper ^ upper >> 1) | (lower ^ lower >> 1) | (upper ^ lower);
        (!differs & first(width - 1)).count_ones()
    };
    3 * rows.windows(2).map(|pair| blocks(pair[0], pair[1])).sum::<u32>()
}

/// Ten for each whole five percent that the share of dark modules is away from half.
fn of_balance(dark: u32, all: u32) -> u32 {
    10 * (20 * dark).abs_diff(10 * all).div_euclid(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use qrcode::bits::Bits;
    use qrcode::ec::construct_codewords;
    use qrcode::{EcLevel, Version};

    /// Digits drawn in version 11-M, as most codes are, before any mask; and modules per side.
    fn drawn(digits: &str) -> (Canvas, usize) {
        let (version, level) = (Version::Normal(11), EcLevel::M);
        let mut bits = Bits::new(version);
        bits.push_numeric_data(digits.as_bytes()).unwrap();
        bits.push_terminator(level).unwrap();
        let (data, correction) = construct_codewords(&bits.into_bytes(), version, level).unwrap();
        let mut canvas = Canvas::new(version, level);
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&data, &correction);
        (canvas, 61)
    }

    #[test]
    fn the_mask_of_a_content_stays_the_same() {
        let number = |content: &dyn Fn(usize) -> usize| {
            let digits: String = (0..603).map(|at| content(at).to_string()).collect();
            let (canvas, width) = drawn(&digits);
            let chosen = best_masked(&canvas, width);
            PATTERNS.iter().position(|pattern| masked(&canvas, *pattern) == chosen).unwrap()
        };
        let seen = [
            number(&|_| 0),
            number(&|at| at % 10),
            number(&|at| at * at % 7),
            number(&|at| at / 3 % 10),
        ];
        assert_eq!(seen, [3, 0, 0, 1]);
    }

    /// The standard's rules, module by module.
    fn penalty_by_the_book(modules: &[bool], width: usize) -> u32 {
        let at = |x: usize, y: usize| modules[y * width + x];
        let mut sum = 0;
        for turned in [false, true] {
            for y in 0..width {
                let line: Vec<bool> =
                    (0..width).map(|x| if turned { at(y, x) } else { at(x, y) }).collect();
                for run in line.chunk_by(|a, b| a == b).map(<[bool]>::len).filter(|run| *run >= 5) {
                    sum += 3 + (run as u32 - 5);
                }
                let text: String = line.iter().map(|dark| if *dark { '1' } else { '0' }).collect();
                for pattern in ["10111010000", "00001011101"] {
                    sum += 40
                        * (0..width).filter(|from| text[*from..].starts_with(pattern)).count()
                            as u32;
                }
            }
        }
        for y in 1..width {
            for x in 1..width {
                let block = [at(x, y), at(x - 1, y), at(x, y - 1), at(x - 1, y - 1)];
                sum += 3 * u32::from(block == [block[0]; 4]);
            }
        }
        let percent =
            100.0 * modules.iter().filter(|dark| **dark).count() as f64 / modules.len() as f64;
        sum + 10 * ((percent - 50.0).abs() / 5.0).floor() as u32
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn no_other_mask_is_better(digits in "[0-9]{603}") {
            let (canvas, width) = drawn(&digits);
            let rank = |modules: &[bool]| {
                let (rows, columns) = lines(modules, width);
                (look_alikes(&rows, &columns, u32::MAX), penalty(&rows, &columns))
            };
            let chosen = rank(&best_masked(&canvas, width));
            for pattern in PATTERNS {
                prop_assert!(chosen <= rank(&masked(&canvas, pattern)), "{pattern:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn whole_lines_at_once_come_to_the_same(
            width in 11usize..=69,
            seed in proptest::collection::vec(any::<bool>(), 69 * 69),
            runs in 1usize..9,
        ) {
            // Stretching the randomness makes long runs and blocks as frequent as in real symbols.
            let modules: Vec<bool> = (0..width * width).map(|at| seed[at / runs]).collect();
            let (rows, columns) = lines(&modules, width);
            prop_assert_eq!(penalty(&rows, &columns), penalty_by_the_book(&modules, width));
        }
    }

    #[test]
    fn finder_look_alikes_are_seen_at_both_ends() {
        for line in ["10111010000", "00001011101", "11111011101000010111010000"] {
            let width = line.len();
            let row: Vec<bool> = line.chars().map(|module| module == '1').collect();
            let modules: Vec<bool> = (0..width).flat_map(|_| row.clone()).collect();
            let (rows, columns) = lines(&modules, width);
            let book = penalty_by_the_book(&modules, width);
            assert_eq!(penalty(&rows, &columns), book, "{line}");
        }
    }
}
