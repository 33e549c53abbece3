//! What is right, damaged: bits, bytes, pieces left out, doubled, exchanged, taken from elsewhere.

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// What often is where readers do not expect it.
const PIECES: [&str; 26] = [
    "",
    "null",
    "0",
    "-1",
    "18446744073709551616",
    "1e400",
    "NaN",
    "\"",
    "'",
    "\\",
    "\\u0000",
    "\\ud800",
    "\u{0}",
    "\n",
    "$()",
    ";",
    "[[[[[[[[",
    "{{{{",
    "<",
    "]]>",
    "<!ENTITY a \"b\">",
    "&a;",
    "--",
    "../",
    "\u{1F9F1}",
    "true",
];

/// The largest case.
const LARGEST: usize = 100_000;

pub fn damaged(dice: &mut StdRng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut case = seeds.choose(dice).cloned().unwrap_or_default();
    for _ in 0..dice.random_range(1..=6) {
        damage(dice, &mut case, seeds);
        case.truncate(LARGEST);
    }
    case
}

fn damage(dice: &mut StdRng, case: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let (from, to) = part(dice, case.len());
    match dice.random_range(0..8) {
        0 => {
            if let Some(byte) = case.get_mut(from) {
                *byte ^= 1 << dice.random_range(0..8);
            }
        }
        1 => {
            if let Some(byte) = case.get_mut(from) {
                *byte = dice.random();
            }
        }
        2 => drop(case.drain(from..to)),
        3 => {
            let doubled = case[from..to].repeat(dice.random_range(1..=20));
            case.splice(from..from, doubled);
        }
        4 => drop(case.splice(from..to, PIECES.choose(dice).copied().unwrap_or_default().bytes())),
        5 => case.truncate(from),
        6 => {
            let other = seeds.choose(dice).cloned().unwrap_or_default();
            let (first, last) = part(dice, other.len());
            case.splice(from..to, other[first..last].iter().copied());
        }
        _ => number_changed(dice, case),
    }
}

/// A part of so many bytes, mostly a small one.
fn part(dice: &mut StdRng, length: usize) -> (usize, usize) {
    let from = dice.random_range(0..=length);
    let most = if dice.random_bool(0.8) { 20 } else { length };
    (from, (from + dice.random_range(0..=most)).min(length))
}

/// Puts another number in the place of one.
fn number_changed(dice: &mut StdRng, case: &mut Vec<u8>) {
    let digits: Vec<usize> = (0..case.len()).filter(|at| case[*at].is_ascii_digit()).collect();
    let Some(&at) = digits.choose(dice) else { return };
    let end = (at..case.len()).find(|at| !case[*at].is_ascii_digit()).unwrap_or(case.len());
    let numbers = ["0", "-1", "9223372036854775807", "9223372036854775808", "4294967296", "0.5", "1e9", "00"];
    case.splice(at..end, numbers.choose(dice).copied().unwrap_or("0").bytes());
}
