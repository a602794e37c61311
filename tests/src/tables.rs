//! Tables of figures that a document has and a test makes again.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::device::Image;
use crate::scenario::blessing;

/// Answers in the order of the questions, on as many threads as there are processors.
#[must_use]
pub fn all<Q: Sync, A: Send>(questions: &[Q], answer: impl Fn(&Q) -> A + Sync) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let answers: Vec<_> = questions.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|it| *it < questions.len()) {
                    *answers[number].lock().expect("no thread panicked") = Some(answer(&questions[number]));
                }
            });
        }
    });
    answers.into_iter().map(|answer| answer.into_inner().expect("no thread panicked").expect("an answer")).collect()
}

/// A number with its thousands apart.
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Stands for what this machine cannot find out.
pub const UNKNOWN: &str = "?";

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/WORST_CASE.md")
}

/// Compares a table with the document's, numbers within 3 %, or writes it there with `SITREP_BLESS`. Figures of another compiler are printed alone.
pub fn compare(image: &Image, name: &str, table: &str) {
    static LOCK: Mutex<()> = Mutex::new(());
    let _lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let compiler = image.compiler();
    println!("{name}, {compiler}:\n{table}");
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let text = fs::read_to_string(document()).expect("firmware/WORST_CASE.md");
    let (before, rest) = text.split_once(&start).expect(name);
    let (old, after) = rest.split_once(&end).expect(name);
    let new = format!("Compiled by {compiler}.\n\n{table}\n");
    if blessing() {
        assert!(!table.contains(UNKNOWN), "this machine cannot find out all of it");
        fs::write(document(), [before, &start, &new, &end, after].concat())
            .expect("firmware/WORST_CASE.md can be written");
        return;
    }
    if !old.starts_with(&format!("Compiled by {compiler}.\n")) {
        println!("{name}: the document's figures are of another compiler");
        return;
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let value = |word: &str| word.trim_matches(['(', ')', '.']).replace(',', "").parse::<f64>().ok();
    let is_same = |(old, new): (&String, &String)| {
        old == new
            || new == UNKNOWN
            || value(old).zip(value(new)).is_some_and(|(old, new)| (old - new).abs() <= 0.03 * old.max(new))
    };
    let (old, new) = (words(old), words(&new));
    let different = old.iter().zip(&new).find(|(old, new)| !is_same((old, new)));
    assert!(
        old.len() == new.len() && different.is_none(),
        "firmware/WORST_CASE.md has other figures, as {different:?} (SITREP_BLESS=1 writes these)"
    );
}
