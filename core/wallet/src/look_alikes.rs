//! Places of a symbol that a scanner may take for one of its three finder patterns.
//!
//! Along its middle row, its middle column and its diagonals a finder pattern is dark, light, dark, light,
//! dark, as 1:1:3:1:1. Data can look so by chance, and misleads two decoders
//! (docs/adr/0026-masks-without-look-alikes.md):
//!
//! - ZXing for Java, which many Android scanners are built on, is content with lengths half of what they
//!   should be off, ends its search at the third such place that is as large as the others, and skips rows
//!   once it has two: then it reads nothing.
//! - OpenCV asks for the very lengths along the column, is content with nearly those along the row, and does
//!   not look along the diagonals. It reads nothing once it has found one place too many.

use std::iter;

/// What a look-alike weighs that misleads ZXing. One that it sees and drops weighs 1.
const MISLEADS_ZXING: u32 = 16;
/// What a look-alike weighs that misleads OpenCV: less, since fewer scanners are built on it.
const MISLEADS_OPENCV: u32 = 8;

/// Modules along a finder pattern.
const FINDER_MODULES: u32 = 7;

/// Its runs along a line through its middle, in modules.
const PARTS: [u32; 5] = [1, 1, 3, 1, 1];

/// How far lengths along a line may be off, in quarters of what they should be: as in ZXing.
const OFF_ALONG_LINES: u32 = 2;
/// The same along a diagonal. ZXing has three quarters, but counts whole pixels, which are few in a small
/// picture.
const OFF_ALONG_DIAGONALS: u32 = 4;

/// Five runs of modules along a line, the first, the middle and the last one dark.
struct Runs {
    lengths: [u32; 5],
    /// Where the middle run has its middle, in half modules from the symbol's edge.
    middle: u32,
}

impl Runs {
    fn total(&self) -> u32 {
        self.lengths.iter().sum()
    }

    /// Where all five together have their middle, in half modules from the symbol's edge.
    fn centre(&self) -> u32 {
        let [first, second, _, fourth, fifth] = self.lengths;
        self.middle + fourth + fifth - first - second
    }

    /// How far each length is off what it should be in 1:1:3:1:1, in sevenths of a module.
    fn off(&self) -> [u32; 5] {
        let total = self.total();
        std::array::from_fn(|run| (7 * self.lengths[run]).abs_diff(PARTS[run] * total))
    }

    /// Whether lengths are as 1:1:3:1:1, each off by so many quarters of what it should be at most.
    fn fit(&self, quarters: u32) -> bool {
        let total = self.total();
        self.off().iter().zip(PARTS).all(|(off, part)| 4 * off <= quarters * part * total)
    }

    /// Whether lengths are as 1:1:3:1:1 to OpenCV: off by a fifth of their total, all of them together. It
    /// counts pixels of a picture that it has scaled, so 1:1:3:1:2 may fit too, by three fourteenths.
    fn fit_opencv(&self) -> bool {
        2 * self.off().iter().sum::<u32>() <= 3 * self.total()
    }
}

/// How badly places that look like a finder pattern and are none would mislead a search along the rows, or
/// along the columns where the symbol lies on its side; 0 if there are none. What is more than `enough` is
/// not counted to the end.
///
/// Lines have their first module in the lowest bit; dark is 1. There are as many rows as columns, 21 to 127.
pub(crate) fn look_alikes(rows: &[u128], columns: &[u128], enough: u32) -> u32 {
    let upright = (0..).zip(rows).map(|(row, line)| in_line(rows, columns, row, *line));
    let on_its_side = (0..).zip(columns).map(|(row, line)| in_line(columns, rows, row, *line));
    let mut weight = 0;
    for more in upright.chain(on_its_side) {
        weight += more;
        if weight > enough {
            break;
        }
    }
    weight
}

/// The weight of what is met in one row.
fn in_line(rows: &[u128], columns: &[u128], row: u32, line: u128) -> u32 {
    let width = 2 * rows.len() as u32;
    let (near, far) = (FINDER_MODULES, width - FINDER_MODULES);
    let is_finder = |at: &(u32, u32)| [(near, near), (near, far), (far, near)].contains(at);
    let beside_finders = |row: u32| row.min(width - row) < 2 * FINDER_MODULES;
    let mut weight = 0;
    for found in windows(line) {
        if found.fit(OFF_ALONG_LINES) {
            let as_large = found.total() == FINDER_MODULES;
            for at in modules_at(found.middle)
                .filter_map(|column| seen_by_zxing(rows, columns, row, column, &found))
                .filter(|at| !is_finder(at))
            {
                weight += if as_large || beside_finders(at.0) { MISLEADS_ZXING } else { 1 };
            }
        }
        if found.fit_opencv() {
            let seen = seen_by_opencv(columns, row, &found).filter(|at| !is_finder(at));
            weight += seen.map_or(0, |_| MISLEADS_OPENCV);
        }
    }
    weight
}

/// The centre of what looks like a finder pattern to ZXing, which met `found` in `row` and goes on along
/// `column`; in half modules.
fn seen_by_zxing(
    rows: &[u128],
    columns: &[u128],
    row: u32,
    column: u32,
    found: &Runs,
) -> Option<(u32, u32)> {
    // Of its own length, or off by so many fifths of it, as in ZXing.
    let alike = |runs: &Runs, fifths: u32| {
        let off = runs.total().abs_diff(found.total());
        5 * off <= fifths * found.total() && runs.fit(OFF_ALONG_LINES)
    };
    let down = around(columns[column as usize], row).filter(|down| alike(down, 2))?;
    modules_at(down.middle).find_map(|row| {
        let across = around(rows[row as usize], column).filter(|across| alike(across, 1))?;
        let at = (down.middle, across.middle);
        has_diagonal(rows, at).then_some(at)
    })
}

/// The centre of what looks like a finder pattern to OpenCV, which met `found` in `row`; in half modules.
///
/// It goes on along the column through the centre of all five runs, and widens what it is content with there
/// until it has three places. The real ones have the very lengths, so what has other ones is never met.
fn seen_by_opencv(columns: &[u128], row: u32, found: &Runs) -> Option<(u32, u32)> {
    modules_at(found.centre()).find_map(|column| {
        let down = around(columns[column as usize], row).filter(|down| down.fit(0))?;
        modules_at(down.middle).any(|middle| middle == row).then_some((down.middle, found.centre()))
    })
}

/// The module in which a place in half modules lies; both, between two.
fn modules_at(half_modules: u32) -> impl Iterator<Item = u32> {
    half_modules.saturating_sub(1) / 2..=half_modules / 2
}

fn has_diagonal(rows: &[u128], (row, column): (u32, u32)) -> bool {
    // Two points for each module, each a quarter of a module off the lines between modules.
    let module = |half_modules: u32, step: i32| {
        u32::try_from((2 * half_modules as i32 + 2 * step + 1).div_euclid(4)).ok()
    };
    let dark = |row: Option<u32>, column: Option<u32>| {
        let line = row.and_then(|row| rows.get(row as usize));
        line.zip(column)
            .and_then(|(line, column)| line.checked_shr(column))
            .is_some_and(|left| left & 1 == 1)
    };
    [false, true].into_iter().any(|mirrored| {
        let point = |step: i32| {
            let across = if mirrored { -step - 1 } else { step };
            dark(module(row, step), module(column, across))
        };
        // How many points are dark from the middle on, then light, then dark again; one way and the other.
        let lengths = |way: i32| {
            let mut points = (0..127).map(|step| point(way * step)).peekable();
            [true, false, true].map(|colour| iter::from_fn(|| points.next_if_eq(&colour)).count())
        };
        let ([ahead, after, last], [behind, before, first]) = (lengths(1), lengths(-1));
        let lengths = [first, before, (ahead + behind).saturating_sub(1), after, last];
        let runs = Runs { lengths: lengths.map(|length| length as u32), middle: 0 };
        !lengths.contains(&0) && runs.fit(OFF_ALONG_DIAGONALS)
    })
}

/// All five runs of a line that begin with a dark one and may fit: the middle one is half as long as it
/// should be at least.
fn windows(line: u128) -> impl Iterator<Item = Runs> {
    // A bit where a colour begins: dark and light take turns.
    let mut left = line ^ line << 1;
    let (mut begins, mut count) = ([0_u8; 128], 0);
    while left != 0 {
        begins[count] = left.trailing_zeros() as u8;
        count += 1;
        left &= left - 1;
    }
    (5..count).step_by(2).filter_map(move |end| {
        let of_run = |run: usize| u32::from(begins[end - 5 + run]);
        let (begin, behind) = (of_run(2), of_run(3));
        let may_fit = 14 * (behind - begin) >= 3 * (of_run(5) - of_run(0));
        may_fit.then(|| Runs {
            lengths: std::array::from_fn(|run| of_run(run + 1) - of_run(run)),
            middle: begin + behind,
        })
    })
}

/// The runs around a module, if it is dark and there are two more on each side of its run.
fn around(line: u128, at: u32) -> Option<Runs> {
    // From the lowest bit up: the run, the light one behind it, and the dark one behind that.
    let lengths = |mut left: u128| {
        let own = left.trailing_ones();
        left = left.checked_shr(own)?;
        let light = left.trailing_zeros();
        left = left.checked_shr(light)?;
        (own > 0 && left != 0).then(|| (own, light, left.trailing_ones()))
    };
    let (ahead, light_after, last) = lengths(line >> at)?;
    let (behind, light_before, first) = lengths((line << (127 - at)).reverse_bits())?;
    let own = ahead + behind - 1;
    let middle = 2 * (at + 1 - behind) + own;
    Some(Runs { lengths: [first, light_before, own, light_after, last], middle })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Side of the symbols that are made here.
    const SIDE: usize = 61;

    /// Rows and columns of a symbol, dark where `dark` says so of row and column.
    fn symbol(dark: impl Fn(usize, usize) -> bool) -> (Vec<u128>, Vec<u128>) {
        let line = |dark: &dyn Fn(usize) -> bool| {
            (0..SIDE).fold(0, |line, at| line | u128::from(dark(at)) << at)
        };
        let rows = (0..SIDE).map(|row| line(&|column| dark(row, column))).collect();
        let columns = (0..SIDE).map(|column| line(&|row| dark(row, column))).collect();
        (rows, columns)
    }

    /// Whether a module is dark of a finder pattern, `inner` modules wide in the middle, whose first one is
    /// at a place.
    fn finder(top: usize, left: usize, inner: usize, row: usize, column: usize) -> bool {
        let side = inner + 4;
        let ring = |at: usize| at.min(side - 1 - at);
        let (Some(row), Some(column)) = (row.checked_sub(top), column.checked_sub(left)) else {
            return false;
        };
        row < side && column < side && ring(row).min(ring(column)) != 1
    }

    fn finders(row: usize, column: usize) -> bool {
        let far = SIDE - 7;
        [(0, 0), (0, far), (far, 0)].iter().any(|(y, x)| finder(*y, *x, 3, row, column))
    }

    /// What weighs in a symbol of the three finder patterns and what else `dark` says.
    fn weight(dark: impl Fn(usize, usize) -> bool) -> u32 {
        let (rows, columns) = symbol(|row, column| finders(row, column) || dark(row, column));
        look_alikes(&rows, &columns, u32::MAX)
    }

    #[test]
    fn finder_patterns_are_none_of_their_look_alikes() {
        assert_eq!(weight(|_, _| false), 0);
    }

    #[test]
    fn what_is_as_large_or_beside_a_finder_pattern_weighs_more() {
        let weight = |top, left, inner| weight(|row, column| finder(top, left, inner, row, column));
        // To ZXing from each of three rows, and from each of three columns; to OpenCV from the middle ones.
        assert_eq!(weight(30, 30, 3), 6 * MISLEADS_ZXING + 2 * MISLEADS_OPENCV);
        assert_eq!(weight(30, 30, 5), 10);
        assert_eq!(weight(0, 30, 5), 5 * MISLEADS_ZXING + 5);
    }

    #[test]
    fn a_cross_without_a_diagonal_misleads_opencv_alone() {
        let cross = |row: usize, column: usize| {
            finder(30, 30, 3, row, column) && (row == 33 || column == 33)
        };
        assert_eq!(weight(cross), 2 * MISLEADS_OPENCV);
    }

    #[test]
    fn opencv_asks_for_the_very_lengths_along_one_of_both_lines() {
        let along = |length: usize, at: usize| {
            (30..30 + length).contains(&at) && at != 31 && at + 2 != 30 + length
        };
        // One line is 1:1:3:1:1, the other longer in the middle, by one and by two.
        let cross = |length| {
            weight(move |row, column| {
                row == 33 && along(length, column) || column == 33 && along(7, row)
            })
        };
        assert_eq!([7, 8, 9].map(cross), [2 * MISLEADS_OPENCV, MISLEADS_OPENCV, 0]);
    }

    #[test]
    fn what_is_enough_is_counted_to_the_end_and_what_is_more_is_not() {
        let (rows, columns) =
            symbol(|row, column| finders(row, column) || finder(30, 30, 3, row, column));
        let all = look_alikes(&rows, &columns, u32::MAX);
        assert_eq!(look_alikes(&rows, &columns, all), all);
        let some = look_alikes(&rows, &columns, 0);
        assert!((1..all).contains(&some), "{some}");
    }

    proptest! {
        #[test]
        fn runs_are_the_same_however_they_are_found(line: u128) {
            let line = line & u128::MAX >> 1;
            for found in windows(line) {
                let same = around(line, found.middle / 2).unwrap();
                prop_assert_eq!((found.lengths, found.middle), (same.lengths, same.middle));
            }
        }

        #[test]
        fn no_runs_that_fit_are_left_out(line: u128) {
            let line = line & u128::MAX >> 1;
            let found: Vec<u32> = windows(line).map(|runs| runs.middle).collect();
            for runs in (0..127).filter_map(|at| around(line, at)) {
                if runs.fit(OFF_ALONG_LINES) || runs.fit_opencv() {
                    prop_assert!(found.contains(&runs.middle), "{:?}", runs.lengths);
                }
            }
        }
    }
}
