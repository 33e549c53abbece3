//! What a client that saw every answer knows of the volumes: the server must show exactly that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What is known of a volume or block volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// None until its create was answered.
    pub id: Option<String>,
    pub existence: Existence,
    /// The sizes in GiB that it may have.
    pub sizes: BTreeSet<u64>,
    /// What else it was asked for with, and must be shown with.
    pub traits: Value,
    /// Somebody works on it.
    pub claimed: bool,
    /// Something that was asked of it failed, or has no answer: the server may still be at it.
    pub is_troubled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    There,
    /// An answer was lost, or said that the background goes on.
    Unsure,
    Gone,
}

/// A volume or block volume as the server shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub name: String,
    pub id: String,
    pub size: u64,
    pub traits: Value,
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
        traits: Value,
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

    /// The largest that it may be.
    pub fn most(&self) -> u64 {
        self.sizes.iter().next_back().copied().unwrap_or_default()
    }
}

impl Kind {
    /// Takes one that is there and that nobody works on.
    pub fn claim(&mut self, which: usize) -> Option<(String, Known)> {
        let free: Vec<&String> = self
            .0
            .iter()
            .filter(|(_, known)| known.is_there() && !known.claimed)
            .map(|(name, _)| name)
            .collect();
        let name = (*free.get(which.checked_rem(free.len())?)?).clone();
        let known = self.0.get_mut(&name)?;
        known.claimed = true;
        Some((name, known.clone()))
    }

    pub fn release(&mut self, name: &str) {
        if let Some(known) = self.0.get_mut(name) {
            known.claimed = false;
        }
    }

    /// Notes what has become of a request.
    pub fn note(&mut self, effect: &Effect, outcome: &Outcome) {
        match effect {
            Effect::Create { name, sizes, traits } => self.note_create(name, sizes, traits, outcome),
            Effect::Expand { name, by } => self.note_sizes(name, outcome, |size| size + by),
            Effect::Resize { name, to } => self.note_sizes(name, outcome, |_| *to),
            Effect::Delete { name } => {
                if let Some(known) = self.0.get_mut(name) {
                    known.note_trouble(outcome);
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
        known.note_trouble(outcome);
        let larger = known.sizes.iter().map(|size| larger(*size)).collect();
        match outcome {
            Outcome::Done { .. } => known.sizes = larger,
            Outcome::Refused | Outcome::Failed { kept: true } => {}
            // The background may have gone on.
            Outcome::Failed { kept: false } | Outcome::Lost => known.sizes.extend(larger),
        }
    }

    fn note_create(&mut self, name: &str, sizes: &BTreeSet<u64>, traits: &Value, outcome: &Outcome) {
        let existence = match outcome {
            Outcome::Done { .. } => Existence::There,
            Outcome::Refused | Outcome::Failed { .. } => Existence::Gone,
            Outcome::Lost => Existence::Unsure,
        };
        let id = if let Outcome::Done { id } = outcome { id.clone() } else { None };
        let claimed = self.0.get(name).is_some_and(|known| known.claimed);
        let is_troubled = matches!(outcome, Outcome::Failed { .. } | Outcome::Lost);
        let (sizes, traits) = (sizes.clone(), traits.clone());
        let known = Known { id, existence, sizes, traits, claimed, is_troubled };
        self.0.insert(name.to_owned(), known);
    }

    /// Compares what is known with what the server shows, and learns from it what was not sure.
    pub fn compare(&mut self, kind: &str, shown: &[Shown]) -> Vec<String> {
        let mut wrong = Vec::new();
        for found in shown {
            let Shown { name, id, .. } = found;
            match self.0.get_mut(name) {
                None => wrong.push(format!("{kind} {name} ({id}) was never asked for")),
                Some(known) if known.existence == Existence::Gone => {
                    wrong.push(format!(
                        "{kind} {name} ({id}) is there, and was told to be gone or not to be made"
                    ));
                }
                Some(known) => {
                    wrong.extend(known.differs(found).into_iter().map(|how| format!("{kind} {name} {how}")));
                    (known.existence, known.id) = (Existence::There, Some(id.clone()));
                    known.sizes = BTreeSet::from([found.size]);
                }
            }
        }
        let there: BTreeSet<&str> = shown.iter().map(|found| found.name.as_str()).collect();
        for (name, known) in self.0.iter_mut().filter(|(name, _)| !there.contains(name.as_str())) {
            if known.is_there() {
                wrong.push(format!("{kind} {name} ({:?}) is lost", known.id));
            }
            known.existence = Existence::Gone;
        }
        wrong
    }
}

impl Known {
    fn note_trouble(&mut self, outcome: &Outcome) {
        self.is_troubled |= matches!(outcome, Outcome::Failed { .. } | Outcome::Lost);
    }

    /// How it is shown otherwise than it must be.
    fn differs(&self, shown: &Shown) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.id.as_ref().is_some_and(|known| *known != shown.id) {
            wrong.push(format!("is {}, and was told to be {:?}", shown.id, self.id));
        }
        if !self.sizes.contains(&shown.size) {
            wrong.push(format!("has {} GiB, and was told to have {:?}", shown.size, self.sizes));
        }
        // Null leaves it to the server.
        let asked = self.traits.as_object().into_iter().flatten();
        if asked.clone().any(|(key, value)| !value.is_null() && shown.traits[key] != *value) {
            wrong.push(format!("is shown with {}, and was asked for with {}", shown.traits, self.traits));
        }
        wrong
    }
}
