//! Whatever heketi's state is damaged to: what is read of it is imported, and what was imported is sound.
//!
//! For as long as one likes: `make fuzz-import`; `HEKETI_DB_SEED` repeats one round.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use mortar::api::{CheckReport, Dump};
use mortar::executor::settings::PeerSettings;
use mortar::heketi_db::{Class, Reading, json as export, read};
use mortar::model::ids::RandomIds;
use mortar::operations::{import, seed};
use mortar::store::{Sharing, Store, everything};
use serde_json::{Value, json};

use crate::heketi_db::fixtures::{ALL, database, file};
use crate::heketi_db::mutation::{Random, damage_file};

/// Imports what was read and looks at it as a server does that starts on it. Gives how many findings there are.
fn imported(folder: &Path, reading: Reading) -> usize {
    let taken = mortar::moving_in::take_over(reading);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let path = folder.join("x.db");
        let store = Store::open(&path, Sharing::default()).await.unwrap();
        if let Err(refused) = import::import(&store, &taken, None, &RandomIds).await {
            panic!("{refused}: {:?}\n{taken:#?}", std::error::Error::source(&refused));
        }
        let all = everything::read(&mut store.read().await.unwrap()).await.unwrap();
        assert_eq!(all.bricks.len(), taken.objects.bricks.len());
        assert_eq!(all.operations.len(), taken.unfinished.len());
        for device in &all.devices {
            let known = taken.objects.devices.iter().find(|known| known.id == device.id).unwrap();
            assert_eq!(device.storage, known.storage, "space is charged once");
        }
        // Peers are made to match it where they are simulated: every plan of it can be made.
        seed::seed(&store, &PeerSettings::default()).await.unwrap();
        let dump = Dump::with_passwords(&all);
        // Whatever contradicts itself is counted, and ends nothing.
        serde_json::to_value(CheckReport::new(&dump)).unwrap();
        let again = export::read(&serde_json::to_vec(&dump).unwrap()).unwrap();
        assert!(again.findings.iter().all(|finding| finding.class != Class::Damage), "{:?}", again.findings);
        store.close().await;
    });
    taken.findings.len()
}

/// All single values of a dump, by their paths.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, inner) in fields {
                leaves(inner, &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (at, inner) in list.iter().enumerate() {
                leaves(inner, &format!("{path}/{at}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

/// Contradicts itself in one to six ways: ids that are others', numbers that are none, objects that are gone or there twice,
/// operations on anything.
fn contradict(dump: &mut Value, random: &mut Random) {
    const SECTIONS: [&str; 6] = [
        "clusterentries",
        "volumeentries",
        "brickentries",
        "nodeentries",
        "deviceentries",
        "blockvolumeentries",
    ];
    for _ in 0..=random.below(6) {
        let mut paths = Vec::new();
        leaves(dump, "", &mut paths);
        let some = |random: &mut Random| paths[random.below(paths.len())].clone();
        let section = SECTIONS[random.below(SECTIONS.len())];
        let keys = keys(dump, section);
        let key = keys.get(random.below(keys.len())).cloned();
        match random.below(8) {
            0..=2 => {
                let (from, to) = (some(random), some(random));
                let value = dump.pointer(&from).unwrap().clone();
                *dump.pointer_mut(&to).unwrap() = value;
            }
            3 => {
                let odd = [
                    json!(0),
                    json!(-1),
                    json!(i64::MAX),
                    json!(u64::MAX),
                    json!(1e300),
                    json!(""),
                    json!("a\0b"),
                    json!(null),
                    json!([]),
                    json!({}),
                    json!("-x"),
                    json!(true),
                    json!(2),
                    json!(14),
                ];
                *dump.pointer_mut(&some(random)).unwrap() = odd[random.below(odd.len())].clone();
            }
            4 => {
                if let Some(key) = key {
                    dump[section].as_object_mut().unwrap().remove(&key);
                }
            }
            5 => {
                if let Some(key) = key {
                    let copy = dump[section][&key].clone();
                    dump[section][format!("{:032x}", random.next())] = copy;
                }
            }
            _ => operation(dump, section, key, random),
        }
    }
}

/// The keys of a section; none where an earlier contradiction has put something else in its place.
fn keys(dump: &Value, section: &str) -> Vec<String> {
    dump[section].as_object().into_iter().flat_map(|entries| entries.keys().cloned()).collect()
}

/// An operation that changes some objects in some way, and holds one.
fn operation(dump: &mut Value, section: &str, key: Option<String>, random: &mut Random) {
    let id = format!("{:032x}", random.next());
    let mut actions = Vec::new();
    for section in ["brickentries", "volumeentries", "blockvolumeentries", "deviceentries"] {
        let keys = keys(dump, section);
        if let Some(key) = keys.get(random.below(keys.len() + 1)) {
            actions.push(json!({"Change": random.below(16), "Id": key, "Delta": random.below(200)}));
        }
    }
    // An earlier contradiction may have put something else in its place.
    let Some(operations) = dump["pendingoperations"].as_object_mut() else { return };
    let entry = json!({"Id": id, "Timestamp": 1, "Type": random.below(11), "Actions": actions, "Status": ""});
    operations.insert(id.clone(), entry);
    if let Some(entry) = key.and_then(|key| dump[section].get_mut(key)).filter(|entry| entry.is_object()) {
        entry["Pending"] = json!({ "Id": id });
    }
}

/// One round: everything of it follows from the seed.
fn round(folder: &Path, seed: u64) -> usize {
    let mut random = Random::new(seed);
    let name = ALL[random.below(ALL.len())];
    let reading = if seed.is_multiple_of(3) {
        let mut bytes = database(name);
        damage_file(&mut bytes, &mut random);
        let Ok(reading) = read(&bytes) else { return 0 };
        reading
    } else {
        let mut dump: Value = serde_json::from_slice(&file(&format!("{name}.json"))).unwrap();
        contradict(&mut dump, &mut random);
        export::read(dump.to_string().as_bytes()).unwrap()
    };
    imported(folder, reading)
}

fn rounds(first: u64, go_on: impl Fn(u64) -> bool) -> u64 {
    let mut seed = first;
    let mut found = BTreeMap::new();
    while go_on(seed - first) {
        let folder = tempfile::tempdir().unwrap();
        let ended = std::panic::catch_unwind(|| round(folder.path(), seed));
        assert!(ended.is_ok(), "seed {seed} fails: HEKETI_DB_SEED={seed} HEKETI_DB_SECONDS=1");
        *found.entry(ended.unwrap().min(1)).or_insert(0_u64) += 1;
        seed += 1;
    }
    // The damage is neither too small to be seen nor so large that nothing is left.
    assert!(found[&1] * 2 > seed - first, "{found:?}");
    seed - first
}

#[test]
fn whatever_contradicts_itself_is_imported_with_findings() {
    rounds(1, |done| done < 120);
}

#[test]
#[ignore = "takes HEKETI_DB_SECONDS, or 600 seconds"]
fn soak() {
    let from_environment = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let limit = Duration::from_secs(from_environment("HEKETI_DB_SECONDS").unwrap_or(600));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let first = from_environment("HEKETI_DB_SEED").unwrap_or(now.as_secs() << 20);
    println!("seeds from {first} on; HEKETI_DB_SEED={first} begins with the same");
    let begun = Instant::now();
    println!("{} rounds without a fault", rounds(first, |_| begun.elapsed() < limit));
}
