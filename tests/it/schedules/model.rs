//! What a client that saw every answer knows of the volumes: the server must show exactly that.

use std::collections::{BTreeMap, BTreeSet};

/// What is known of a volume or block volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// None until its create was answered.
    pub id: Option<String>,
    pub existence: Existence,
    /// The sizes in GiB that it may have.
    pub sizes: BTreeSet<u64>,
    /// Somebody works on it.
    pub claimed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    There,
    /// An answer was lost, or said that the background goes on.
    Unsure,
    Gone,
}

/// All objects of one kind, by the names that clients gave them.
#[derive(Debug, Default)]
pub struct Kind(pub BTreeMap<String, Known>);

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A copy is as large as what it is a copy of, which may not be sure.
    Create {
        name: String,
        sizes: BTreeSet<u64>,
    },
    Expand {
        name: String,
        by: u64,
    },
    Resize {
        name: String,
        to: u64,
    },
    Delete {
        name: String,
    },
    /// Something that changes no object that clients see.
    Move,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done {
        id: Option<String>,
    },
    /// It was refused before anything was begun.
    Refused,
    /// It was begun, and failed. `kept`: the answer says that all is as before.
    Failed {
        kept: bool,
    },
    /// Nobody knows.
    Lost,
}

impl Known {
    pub fn is_there(&self) -> bool {
        self.existence == Existence::There
    }
}

impl Kind {
    /// Takes one that is there and that nobody works on.
    pub fn claim(&mut self, which: usize) -> Option<(String, Known)> {
        let free = |known: &&mut Known| known.existence == Existence::There && !known.claimed;
        let count = self.0.values_mut().filter(|known| free(known)).count();
        let at = which.checked_rem(count)?;
        let mut found =
            self.0.iter_mut().filter(|(_, known)| known.existence == Existence::There && !known.claimed);
        let (name, known) = found.nth(at)?;
        known.claimed = true;
        Some((name.clone(), known.clone()))
    }

    pub fn release(&mut self, name: &str) {
        if let Some(known) = self.0.get_mut(name) {
            known.claimed = false;
        }
    }

    /// Notes what has become of a request.
    pub fn note(&mut self, effect: &Effect, outcome: &Outcome) {
        match effect {
            Effect::Create { name, sizes } => self.note_create(name, sizes, outcome),
            Effect::Expand { name, by } => self.note_sizes(name, outcome, |size| size + by),
            Effect::Resize { name, to } => self.note_sizes(name, outcome, |_| *to),
            Effect::Delete { name } => {
                if let Some(known) = self.0.get_mut(name) {
                    known.existence = match outcome {
                        Outcome::Done { .. } => Existence::Gone,
                        Outcome::Refused | Outcome::Failed { kept: true } => known.existence,
                        Outcome::Failed { kept: false } | Outcome::Lost => Existence::Unsure,
                    };
                }
            }
            Effect::Move => {}
        }
    }

    fn note_sizes(&mut self, name: &str, outcome: &Outcome, larger: impl Fn(u64) -> u64) {
        let Some(known) = self.0.get_mut(name) else { return };
        let larger = known.sizes.iter().map(|size| larger(*size)).collect();
        match outcome {
            Outcome::Done { .. } => known.sizes = larger,
            Outcome::Refused | Outcome::Failed { kept: true } => {}
            // The background may have gone on.
            Outcome::Failed { kept: false } | Outcome::Lost => known.sizes.extend(larger),
        }
    }

    fn note_create(&mut self, name: &str, sizes: &BTreeSet<u64>, outcome: &Outcome) {
        let existence = match outcome {
            Outcome::Done { .. } => Existence::There,
            Outcome::Refused | Outcome::Failed { .. } => Existence::Gone,
            Outcome::Lost => Existence::Unsure,
        };
        let id = if let Outcome::Done { id } = outcome { id.clone() } else { None };
        let known = Known { id, existence, sizes: sizes.clone(), claimed: false };
        self.0.insert(name.to_owned(), known);
    }

    /// Compares what is known with what the server shows (name, id, size), and learns from it what was not sure.
    pub fn compare(&mut self, kind: &str, shown: &[(String, String, u64)]) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, id, size) in shown {
            match self.0.get_mut(name) {
                None => wrong.push(format!("{kind} {name} ({id}) was never asked for")),
                Some(known) if known.existence == Existence::Gone => {
                    wrong.push(format!(
                        "{kind} {name} ({id}) is there, and was told to be gone or not to be made"
                    ));
                }
                Some(known) => {
                    if known.id.as_ref().is_some_and(|known| known != id) {
                        wrong.push(format!("{kind} {name} is {id}, and was told to be {:?}", known.id));
                    }
                    if !known.sizes.contains(size) {
                        wrong.push(format!(
                            "{kind} {name} has {size} GiB, and was told to have {:?}",
                            known.sizes
                        ));
                    }
                    (known.existence, known.id) = (Existence::There, Some(id.clone()));
                    known.sizes = BTreeSet::from([*size]);
                }
            }
        }
        let there: BTreeSet<&str> = shown.iter().map(|(name, ..)| name.as_str()).collect();
        for (name, known) in self.0.iter_mut().filter(|(name, _)| !there.contains(name.as_str())) {
            if known.existence == Existence::There {
                wrong.push(format!("{kind} {name} ({:?}) is lost", known.id));
            }
            known.existence = Existence::Gone;
        }
        wrong
    }
}
