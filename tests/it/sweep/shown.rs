//! All that the API shows and the peers have, to be the same after a restart.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::Lab;

/// What each path answers, and what there is on peers.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown(Value);

const LISTS: [&str; 6] =
    ["/db/dump", "/db/check", "/findings", "/operations", "/operations/pending", "/volumes/summary"];

impl Shown {
    /// Everything there is, and the last answer of a job.
    pub fn of(lab: &Lab, job: Option<&str>) -> Shown {
        let mut shown = Map::new();
        let mut add = |path: String| {
            let value = lab.get(&path).json();
            shown.insert(path, value.clone());
            value
        };
        LISTS.iter().for_each(|path| drop(add((*path).to_owned())));
        for list in ["clusters", "volumes", "blockvolumes"] {
            for id in ids(&add(format!("/{list}"))[list]) {
                let one = add(format!("/{list}/{id}"));
                ids(&one["nodes"]).into_iter().for_each(|node| drop(add(format!("/nodes/{node}"))));
            }
        }
        if let Some(job) = job {
            let answer = lab.get(job);
            let answer = json!({"status": answer.status, "location": answer.location, "text": answer.text});
            shown.insert(job.to_owned(), answer);
        }
        shown.insert("peers".to_owned(), serde_json::to_value(lab.peers()).unwrap());
        Shown(Value::Object(shown))
    }

    /// What is another one now.
    pub fn differences(&self, now: &Shown) -> Vec<String> {
        let mut found = Vec::new();
        differ("", &self.0, &now.0, &mut found);
        found
    }
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn differ(at: &str, before: &Value, now: &Value, found: &mut Vec<String>) {
    match (before, now) {
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let value = |of: &Map<String, Value>| of.get(key).cloned().unwrap_or_default();
                differ(&format!("{at} {key}"), &value(old), &value(new), found);
            }
        }
        _ if before == now => {}
        _ => found.push(format!("{at}: {before} before, {now} now")),
    }
}

#[test]
fn what_differs_is_told_with_its_place() {
    let shown = |free: u64| Shown(json!({"/devices/1": {"storage": {"free": free, "used": 1}}}));
    assert!(shown(1).differences(&shown(1)).is_empty());
    assert_eq!(shown(1).differences(&shown(2)), [" /devices/1 storage free: 1 before, 2 now"]);
    let nothing = Shown(json!({}));
    assert_eq!(nothing.differences(&shown(2)).len(), 1);
}
