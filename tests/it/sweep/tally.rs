//! What comes out of cases, and how many of each there were: by change, and over all sweeps of this process.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;
use std::sync::Mutex;

use super::changes::Change;
use super::layouts::Layout;

/// What is wrong with a case.
#[derive(Debug)]
pub enum Wrong {
    /// The audit finds something that is left over, missing, or unfinished.
    Leak(String),
    /// A client was told what is not so.
    FalseAnswer(String),
    /// It could not be seen what became of it: no answer, a fault that did not happen, a test that panicked.
    Unclear(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Leak(what) => write!(f, "a leak: {what}"),
            Wrong::FalseAnswer(what) => write!(f, "a false answer: {what}"),
            Wrong::Unclear(what) => write!(f, "{what}"),
        }
    }
}

/// How many cases there were, and what was wrong with them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    cases: usize,
    leaks: usize,
    false_answers: usize,
    unclear: usize,
}

impl Counts {
    fn of(wrong: Option<&Wrong>) -> Counts {
        let one = |is_so| usize::from(is_so);
        Counts {
            cases: 1,
            leaks: one(matches!(wrong, Some(Wrong::Leak(_)))),
            false_answers: one(matches!(wrong, Some(Wrong::FalseAnswer(_)))),
            unclear: one(matches!(wrong, Some(Wrong::Unclear(_)))),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.cases += other.cases;
        self.leaks += other.leaks;
        self.false_answers += other.false_answers;
        self.unclear += other.unclear;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { cases, leaks, false_answers, unclear } = self;
        write!(f, "{cases:6} cases, {leaks} leaks, {false_answers} false answers, {unclear} unclear")
    }
}

/// Counts by change, of one sweep or of several.
#[derive(Debug, Default)]
pub struct Tally {
    sweeps: usize,
    of_changes: BTreeMap<Change, Counts>,
}

/// Of all sweeps that have ended in this process.
static ALL: Mutex<Tally> = Mutex::new(Tally { sweeps: 0, of_changes: BTreeMap::new() });

impl Tally {
    pub fn add(&mut self, change: Change, wrong: Option<&Wrong>) {
        *self.of_changes.entry(change).or_default() += Counts::of(wrong);
    }

    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.of_changes.values().for_each(|counts| total += *counts);
        total
    }

    /// Adds one sweep to all, and prints both. What is printed last is of all of them.
    pub fn print(&self, sweep: &str) {
        let mut all = ALL.lock().unwrap();
        all.sweeps += 1;
        for (change, counts) in &self.of_changes {
            *all.of_changes.entry(*change).or_default() += *counts;
        }
        // In one piece: others print at the same time.
        eprintln!("{}{:<24}{}\n{all}", self.lines(sweep), "in all", self.total(), all = all.of_all_sweeps());
    }

    fn lines(&self, sweep: &str) -> String {
        let line = |(change, counts): (&Change, &Counts)| format!("{:<24}{counts}\n", format!("{change:?}"));
        format!("\n{sweep}\n") + &self.of_changes.iter().map(line).collect::<String>()
    }

    fn of_all_sweeps(&self) -> String {
        let sweeps = format!("of {} sweeps until now, (operation, command, fault)", self.sweeps);
        format!("{}{:<24}{}", self.lines(&sweeps), "total:", self.total())
    }
}

#[test]
fn leaks_and_false_answers_are_counted_apart() {
    let mut tally = Tally::default();
    let what = || "something".to_owned();
    let ends = [
        None,
        Some(Wrong::Leak(what())),
        Some(Wrong::Leak(what())),
        Some(Wrong::FalseAnswer(what())),
        Some(Wrong::Unclear(what())),
    ];
    for end in &ends {
        tally.add(Change::Create(Layout::Copied), end.as_ref());
    }
    tally.add(Change::NodeAdd, None);
    let expected = Counts { cases: 6, leaks: 2, false_answers: 1, unclear: 1 };
    assert_eq!(tally.total(), expected);
    let (first, last) = (tally.lines("a sweep"), tally.of_all_sweeps());
    assert!(
        first.contains("Create(Copied)               5 cases, 2 leaks, 1 false answers, 1 unclear\n"),
        "{first}"
    );
    assert!(
        last.ends_with("total:                       6 cases, 2 leaks, 1 false answers, 1 unclear"),
        "{last}"
    );
}
