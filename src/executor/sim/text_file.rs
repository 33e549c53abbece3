//! Text files, of which a file system table can have 50,000 lines.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::shared::Shared;

/// A text file as numbered lines, each with its line feed; the last one may lack it.
#[derive(Debug, Default)]
pub struct TextFile {
    /// The lines.
    lines: BTreeMap<u64, Line>,
    /// The lines by their first word, so that one of 50,000 is found at once.
    by_word: BTreeSet<(u64, u64)>,
}

/// A line in two parts: lines of brick mounts end all alike.
#[derive(Debug)]
struct Line {
    head: Box<str>,
    tail: Shared,
}

impl Line {
    fn new(text: &str) -> Line {
        let blanks = text.char_indices().filter(|(_, c)| *c == ' ');
        let at = blanks.map(|(at, _)| at).nth(1).unwrap_or(text.len());
        Line { head: text[..at].into(), tail: Shared::from(&text[at..]) }
    }

    fn text(&self) -> String {
        format!("{}{}", self.head, self.tail)
    }
}

impl TextFile {
    /// Puts, replaces or removes a line.
    pub fn set(&mut self, number: u64, line: Option<&str>) -> (bool, bool) {
        let before = self.lines.remove(&number);
        if let Some(line) = &before {
            self.by_word.remove(&(first_word(&line.head), number));
        }
        if let Some(line) = line {
            self.by_word.insert((first_word(line), number));
            self.lines.insert(number, Line::new(line));
        }
        (before.is_some(), line.is_some())
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A line.
    pub fn line(&self, number: u64) -> Option<String> {
        self.lines.get(&number).map(Line::text)
    }

    /// All lines with their numbers.
    pub fn lines(&self) -> impl Iterator<Item = (u64, String)> {
        self.lines.iter().map(|(number, line)| (*number, line.text()))
    }

    /// The last line.
    pub fn last(&self) -> Option<(u64, String)> {
        self.lines.last_key_value().map(|(number, line)| (*number, line.text()))
    }

    /// The numbers of lines whose first word this may be.
    pub fn beginning_with(&self, word: &str) -> Vec<u64> {
        let hash = hash(word);
        self.by_word.range((hash, 0)..=(hash, u64::MAX)).map(|(_, number)| *number).collect()
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.lines.values().flat_map(|line| [&*line.head, &*line.tail]).collect()
    }
}

fn first_word(line: &str) -> u64 {
    hash(line.split([' ', '\t', '\n']).next().unwrap_or(""))
}

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}
