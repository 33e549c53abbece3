//! Damaged files: what is left of them is read, what is not is said, and nothing else happens.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use mortar::heketi_db::{Class, Database, Place, Reading, gob, json, read, read_before, upgrade};

use super::fixtures::{ALL, database, file};
use super::mutation::{Random, damage_bytes, damage_file};

/// What is bounded in a list of findings.
const MOST_FINDINGS: usize = 10_001;

/// How much is done with a file.
#[derive(Clone, Copy, PartialEq)]
pub enum Depth {
    /// It is read and checked.
    Once,
    /// The state before is read, too, and all is exported and imported.
    All,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All of it seems to be there.
    Whole,
    /// Some of it was read.
    Part,
    /// It was an error.
    Nothing,
}

/// Reads a file and does with what is read what can be done.
pub fn exercise(bytes: &[u8], depth: Depth) -> Outcome {
    if depth == Depth::All {
        exercise_reading(read_before(bytes), depth);
    }
    exercise_reading(read(bytes), depth)
}

fn exercise_reading<E: Display>(reading: Result<Reading, E>, depth: Depth) -> Outcome {
    let mut reading = match reading {
        Ok(reading) => reading,
        Err(error) => {
            assert!((1..1000).contains(&error.to_string().len()), "{error}");
            return Outcome::Nothing;
        }
    };
    let contradictions = mortar::heketi_db::check(&reading.database);
    for list in [&reading.findings, &contradictions] {
        assert!(list.len() <= MOST_FINDINGS);
        assert!(list.iter().all(|finding| finding.to_string().len() < 1000), "{list:#?}");
    }
    if depth == Depth::All {
        comes_back(&reading.database);
    }
    upgrade(&mut reading.database);
    if reading.is_damaged() { Outcome::Part } else { Outcome::Whole }
}

/// An export of whatever was read is an export, and says the same.
fn comes_back(database: &Database) {
    let again = json::read(&json::write(database)).unwrap();
    assert_eq!(again.findings, []);
    let mut expected = database.clone();
    expected.node_names.clear();
    expected.device_names.clear();
    if !database.records_operations() {
        expected.operations.clear();
    }
    assert_eq!(again.database, expected);
}

pub fn exercise_export(text: &[u8]) -> Outcome {
    exercise_reading(json::read(text), Depth::All)
}

/// The streams of Go's own examples and of the values of a database.
pub fn streams() -> Vec<Vec<u8>> {
    let vectors = String::from_utf8(file("gob.txt")).unwrap();
    let hex = |line: &str| {
        let digits: Vec<u32> =
            line.split('\t').next_back().unwrap().chars().map(|c| c.to_digit(16).unwrap()).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
    };
    let mut streams: Vec<Vec<u8>> = vectors.lines().map(hex).collect();
    for name in ["clean", "pending-delete"] {
        let bytes = database(name);
        let (buckets, _) = mortar::heketi_db::bolt::Bolt::open(&bytes).unwrap().buckets().unwrap();
        let first = buckets.iter().filter_map(|bucket| bucket.pairs.first());
        streams.extend(first.map(|(_, value)| value.to_vec()));
    }
    streams
}

fn damaged_files(name: &str, seed: u64) {
    let (whole, mut random) = (database(name), Random::new(seed));
    let mut outcomes = BTreeMap::new();
    for round in 0..400 {
        let mut bytes = whole.clone();
        damage_file(&mut bytes, &mut random);
        let outcome = exercise(&bytes, if round % 8 == 0 { Depth::All } else { Depth::Once });
        *outcomes.entry(outcome).or_insert(0) += 1;
    }
    // The damage is neither too small to be seen nor so large that nothing is left to read.
    assert!(outcomes[&Outcome::Part] > 100 && outcomes[&Outcome::Nothing] < 150, "{outcomes:?}");
}

#[test]
fn a_damaged_file_with_all_kinds_of_objects_is_read_as_far_as_it_goes() {
    damaged_files("clean", 1);
}

#[test]
fn a_damaged_file_of_six_nodes_is_read_as_far_as_it_goes() {
    damaged_files("six-nodes", 2);
}

#[test]
fn a_damaged_file_with_an_unfinished_create_is_read_as_far_as_it_goes() {
    damaged_files("pending-create", 3);
}

#[test]
fn a_damaged_file_with_an_unfinished_delete_is_read_as_far_as_it_goes() {
    damaged_files("pending-delete", 4);
}

#[test]
fn damaged_gobs_are_values_or_errors() {
    let (streams, mut random) = (streams(), Random::new(5));
    for _ in 0..10_000 {
        let mut stream = streams[random.below(streams.len())].clone();
        for _ in 0..=random.below(3) {
            damage_bytes(&mut stream, &mut random);
        }
        if let Err(error) = gob::decode(&stream) {
            assert!(error.at <= stream.len() && error.to_string().len() < 300, "{error}");
        }
    }
}

#[test]
fn damaged_exports_are_read_as_far_as_they_go() {
    let (whole, mut random) = (file("clean.json"), Random::new(6));
    let mut read = 0;
    for _ in 0..600 {
        let mut text = whole.clone();
        damage_bytes(&mut text, &mut random);
        read += usize::from(exercise_export(&text) != Outcome::Nothing);
    }
    // Most damage leaves no JSON; the rest must have been looked at.
    assert!(read > 30, "{read}");
}

#[test]
fn random_bytes_are_an_error() {
    let mut random = Random::new(7);
    for _ in 0..200 {
        let bytes: Vec<u8> = (0..random.below(20_000)).map(|_| random.next().to_le_bytes()[0]).collect();
        assert_eq!(exercise(&bytes, Depth::All), Outcome::Nothing);
    }
}

#[test]
fn a_lost_page_takes_only_what_was_on_it() {
    const PAGE: usize = 4096;
    for name in ALL {
        let whole = database(name);
        let expected = read(&whole).unwrap().database;
        let mut lost = 0;
        for page in 2..whole.len() / PAGE {
            let mut bytes = whole.clone();
            let own = u64::from_le_bytes(bytes[page * PAGE..][..8].try_into().unwrap());
            // The second half of a larger page: its value would change and still be one.
            if own != page as u64 {
                continue;
            }
            bytes[page * PAGE..][..PAGE].fill(0);
            let Ok(reading) = read(&bytes) else { continue };
            is_part(&reading.database, &expected);
            if reading.database != expected {
                let is_named = reading.findings.iter().any(|finding| finding.class == Class::Damage);
                assert!(is_named, "page {page} of {name}");
                lost += 1;
            }
        }
        assert!(lost > 4, "{name}");
    }
}

/// Whether all that is in one database is in the other one, and the same.
fn is_part(part: &Database, whole: &Database) {
    fn each<T: PartialEq + Debug>(part: &BTreeMap<String, T>, whole: &BTreeMap<String, T>) {
        assert!(part.iter().all(|(id, object)| whole.get(id) == Some(object)));
    }
    each(&part.clusters, &whole.clusters);
    each(&part.volumes, &whole.volumes);
    each(&part.bricks, &whole.bricks);
    each(&part.nodes, &whole.nodes);
    each(&part.devices, &whole.devices);
    each(&part.block_volumes, &whole.block_volumes);
    each(&part.attributes, &whole.attributes);
    each(&part.operations, &whole.operations);
}

#[test]
fn a_file_that_is_cut_off_anywhere_says_so() {
    let whole = database("clean");
    let expected = read(&whole).unwrap().database;
    for end in (0..whole.len()).step_by(1500) {
        if let Ok(reading) = read(&whole[..end]) {
            is_part(&reading.database, &expected);
            let cut = |text: &str| text.starts_with("the file is cut off: it has ");
            // What was cut off may never have been in use.
            let is_named = reading.findings.iter().any(|f| f.place == Place::File && cut(&f.to_string()));
            assert!(is_named || end >= 25 * 4096, "{end}: {:#?}", reading.findings);
        }
    }
}

#[test]
fn pages_that_name_each_other_are_gone_through_once() {
    let mut bytes = database("clean");
    // Each branch names itself and its other pages twice.
    for page in (2..bytes.len() / 4096).map(|page| page * 4096) {
        if bytes[page + 8] == 1 {
            let own = u64::try_from(page / 4096).unwrap().to_le_bytes();
            bytes[page + 16 + 8..][..8].copy_from_slice(&own);
            bytes.copy_within(page + 32 + 8..page + 48, page + 48 + 8);
        }
    }
    let reading = read(&bytes).unwrap();
    let again = |text: &str| text.ends_with("is named a second time, and was left out there");
    let found = reading.findings.iter().filter(|finding| again(&finding.to_string())).count();
    assert!(found >= 2, "{:#?}", reading.findings);
}

/// A file of 4 MiB whose pages are all the same, and a bucket whose pages they are.
fn same_pages(page: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = database("clean");
    bytes.resize(4 << 20, 0);
    for number in 2..bytes.len() / 4096 {
        let content = page(number);
        bytes[number * 4096..][..content.len()].copy_from_slice(&content);
    }
    bytes
}

/// Number, flags, count, further pages.
fn header(number: usize, flags: u16, further: u32) -> Vec<u8> {
    let number = u64::try_from(number).unwrap().to_le_bytes();
    let rest = [&flags.to_le_bytes()[..], &[0xff, 0xff], &further.to_le_bytes()];
    [&number[..], &rest.concat()].concat()
}

#[test]
fn a_file_that_would_unfold_is_given_up_soon() {
    let elements = |element: &[u32; 4]| -> Vec<u8> {
        element.iter().flat_map(|part| part.to_le_bytes()).collect::<Vec<_>>().repeat(255)
    };
    let bombs = [
        // Leaves that claim all of the file, with values that are most of it.
        same_pages(|number| [header(number, 2, u32::MAX), elements(&[0, 16, 4, 3 << 20])].concat()),
        same_pages(|number| [header(number, 2, 1000), elements(&[0, 16, 4, 0])].concat()),
        // Elements that are nowhere.
        same_pages(|number| [header(number, 2, 0), elements(&[0, u32::MAX, 4, 4])].concat()),
        // Buckets in buckets: every value is the page with itself in it.
        same_pages(|number| [header(number, 2, 0), elements(&[1, 0, 8, 3000])].concat()),
        same_pages(|number| [header(number, 2, 0), elements(&[1, 16, 4, 16])].concat()),
        // Branches that name all pages.
        same_pages(|number| {
            let all = (0..255_u32).flat_map(|page| [0, 0, page.wrapping_mul(7) % 1024, 0]);
            [header(number, 1, 500), all.flat_map(u32::to_le_bytes).collect()].concat()
        }),
    ];
    for bomb in bombs {
        exercise(&bomb, Depth::All);
    }
}
