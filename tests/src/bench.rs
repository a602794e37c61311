//! What the benches share: a table of figures, each beside what it is compared with, and an exit code that says whether all were reached.
//!
//! `cargo bench -p sitrep-tests` runs all of them in short, `--bench NAME` one; with the variable `SITREP_LONG` they take more rounds.
#![allow(clippy::missing_panics_doc, reason = "in a bench, what cannot be done is to be seen at once")]

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::process;

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// What came out, with its unit.
    pub measured: String,
    /// What it is compared with, measured in the same run: a peer, a floor, an input.
    pub beside: String,
    /// The figure that has to be reached, and what is to be reached. `None` for a line that only explains another.
    pub goal: Option<(f64, Goal)>,
}

/// What a figure is to reach.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// No more than this; better still, no more than the second.
    AtMost(f64, Option<f64>),
    /// No less than this; better still, no less than the second.
    AtLeast(f64, Option<f64>),
}

impl Goal {
    fn is_reached(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit, _) => value <= limit,
            Self::AtLeast(limit, _) => value >= limit,
        }
    }

    fn is_stretch_reached(self, value: f64) -> bool {
        match self {
            Self::AtMost(_, stretch) => stretch.is_some_and(|limit| value <= limit),
            Self::AtLeast(_, stretch) => stretch.is_some_and(|limit| value >= limit),
        }
    }

    fn words(self) -> String {
        let (sign, limit, stretch) = match self {
            Self::AtMost(limit, stretch) => ("<=", limit, stretch),
            Self::AtLeast(limit, stretch) => (">=", limit, stretch),
        };
        let stretch = stretch.map_or(String::new(), |stretch| format!(" (stretch {stretch})"));
        format!("{sign} {limit}{stretch}")
    }
}

impl Figure {
    /// A line that has nothing to reach.
    #[must_use]
    pub fn note(what: impl Into<String>, measured: impl Into<String>, beside: impl Into<String>) -> Self {
        Self { what: what.into(), measured: measured.into(), beside: beside.into(), goal: None }
    }

    /// With a value to reach.
    #[must_use]
    pub fn with_goal(self, value: f64, goal: Goal) -> Self {
        Self { goal: Some((value, goal)), ..self }
    }

    fn cells(&self) -> [String; 6] {
        let (value, target, verdict) = match self.goal {
            None => (String::new(), String::new(), ""),
            Some((value, goal)) => (
                if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.3}") },
                goal.words(),
                match (goal.is_reached(value), goal.is_stretch_reached(value)) {
                    (false, _) => "MISSED",
                    (true, false) => "ok",
                    (true, true) => "ok, stretch",
                },
            ),
        };
        [self.what.clone(), self.measured.clone(), self.beside.clone(), value, target, verdict.to_owned()]
    }
}

/// How many rounds to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    long: bool,
    again: bool,
}

impl Effort {
    /// `short` rounds, or `long` ones where `SITREP_LONG` asks for it; three times as many in the second attempt.
    #[must_use]
    pub const fn rounds(self, short: usize, long: usize) -> usize {
        let rounds = if self.long { long } else { short };
        if self.again { 3 * rounds } else { rounds }
    }

    /// Does `SITREP_LONG` ask for the long form?
    #[must_use]
    pub const fn is_long(self) -> bool {
        self.long
    }
}

/// The `main` of a bench of time or memory. Machines are shared and noisy: what is missed is measured once more, with more rounds, before
/// it fails.
pub fn main(title: &str, measure: impl Fn(Effort) -> Vec<Figure>) -> ExitCode {
    run(title, 2, &measure)
}

/// The `main` of a bench whose figures are the same each time.
pub fn main_exact(title: &str, measure: impl Fn(Effort) -> Vec<Figure>) -> ExitCode {
    run(title, 1, &measure)
}

fn run(title: &str, attempts: usize, measure: &dyn Fn(Effort) -> Vec<Figure>) -> ExitCode {
    process::become_measurer();
    // `cargo test --all-targets` runs benches too, without optimisation.
    if !env::args().any(|argument| argument == "--bench") {
        eprintln!("left out: the bench of {title}, which `cargo bench` runs");
        return ExitCode::SUCCESS;
    }
    let long = env::var_os("SITREP_LONG").is_some();
    for attempt in 1..=attempts {
        let figures = measure(Effort { long, again: attempt > 1 });
        print_table(title, &figures);
        if figures.iter().all(|figure| figure.goal.is_none_or(|(value, goal)| goal.is_reached(value))) {
            return ExitCode::SUCCESS;
        }
        if attempt < attempts {
            println!("missed; once more with more rounds");
        }
    }
    ExitCode::FAILURE
}

fn print_table(title: &str, figures: &[Figure]) {
    let head = [title, "measured", "beside", "value", "to reach", ""].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(figures.iter().map(Figure::cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3, 4, 5].map(width);
    println!();
    for row in &rows {
        let cells = [0, 1, 2, 3, 4, 5].map(|column| format!("{:<1$}", row[column], widths[column]));
        println!("{}", cells.join("  ").trim_end());
    }
}

/// How long `work` takes.
pub fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}

/// Milliseconds, for the table.
#[must_use]
pub fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// Mebibytes, for the table.
#[must_use]
pub fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
