//! Figures that a page has and a test measures again.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::fs;

use crate::pages::repository;
use crate::scenario::blessing;
use crate::tables::number;

/// Compares numbers in a row of a table with what was measured, or writes them there with `SITREP_BLESS`. `row` is the row's first cell; the numbers
/// of the other cells are counted from 0. They may differ by `tolerance`, a part of the greater one.
pub fn compare(page: &str, row: &str, measured: &[(usize, u64)], tolerance: f64) {
    let path = repository().join(page);
    let text = fs::read_to_string(&path).unwrap();
    let start = format!("| {row} |");
    let line =
        text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{page} has no row {row:?}"));
    let words: Vec<&str> = line[start.len()..].split(' ').collect();
    let places: Vec<usize> = (0..words.len()).filter(|at| value(words[*at]).is_some()).collect();
    let mut new: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    for (which, measured) in measured {
        let at = places[*which];
        let old = value(words[at]).unwrap();
        let is_same = old.abs_diff(*measured) as f64 <= tolerance * old.max(*measured) as f64;
        assert!(
            is_same || blessing(),
            "{page}, {row:?}: {old} is written there, and {measured} was measured (SITREP_BLESS=1 writes it)"
        );
        let rest = &words[at][digits(words[at]).len()..];
        new[at] = format!("{}{rest}", number(*measured));
    }
    if blessing() {
        let new = format!("{start}{}", new.join(" "));
        fs::write(&path, text.replace(line, &new)).unwrap();
    }
}

/// The digits that a word starts with, and the commas between them.
fn digits(word: &str) -> &str {
    let end = word.find(|char: char| !char.is_ascii_digit() && char != ',').unwrap_or(word.len());
    word[..end].trim_end_matches(',')
}

/// The number that a word is, whatever punctuation follows it.
fn value(word: &str) -> Option<u64> {
    let digits = digits(word);
    let is_all = word[digits.len()..].chars().all(|char| ",;.".contains(char));
    digits.replace(',', "").parse().ok().filter(|_| is_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_words() {
        let words = ["1,063", "5,790,", "59.", "-19", "M3", "1.7", "36", "x", ""];
        let values = [Some(1063), Some(5790), Some(59), None, None, None, Some(36), None, None];
        assert_eq!(words.map(value), values);
    }

    #[test]
    fn rows_are_compared() {
        compare("tests/src/figures.rs", "row", &[(0, 1000), (1, 70)], 0.0);
        compare("tests/src/figures.rs", "row", &[(0, 1030)], 0.03);
        for wrong in [(0, 1031), (1, 68)] {
            assert!(std::panic::catch_unwind(|| compare("tests/src/figures.rs", "row", &[wrong], 0.02)).is_err());
        }
    }

    const _: &str = "
| row | 1,000 bytes | -5, then 70; |
";
}
