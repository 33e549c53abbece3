//! Into a database of ours and out again: heketi goes on with what comes out.

use std::fs;

use serde_json::Value;

use super::{comparable, exported, findings, flag, import, made, recorded, with_database};
use crate::heketi_db::fixtures::ALL;
use crate::support::Lab;
use crate::support::operator::assert_says;

#[test]
fn a_database_of_heketis_is_exported_as_heketi_would() {
    for name in ALL {
        let lab = with_database(name);
        // Before it was imported: heketi's own file.
        assert_eq!(exported(&lab, &lab.database()), recorded(name), "{name}");
        let (code, _, err) = lab.mortard(&["db", "findings", &flag("dbfile", lab.database())]);
        assert_eq!(code, Some(1));
        assert_says(&err, &["was not imported yet", "mortard migrate --plan"]);
        let migrate = ["migrate", "heketi.db"];
        let (code, out, err) = lab.mortard(&migrate);
        assert_eq!(code, Some(0), "{out}{err}");
        let (code, _, err) = lab.mortard(&migrate);
        assert_eq!(code, Some(1));
        assert_says(&err, &["has been imported into", "already"]);
        // Afterwards either name means what was made of it.
        for database in [lab.database(), made(&lab)] {
            assert_eq!(comparable(exported(&lab, &database)), comparable(recorded(name)), "{name}");
        }
        assert_eq!(findings(&lab, &lab.database()), Vec::<Value>::new(), "{name}");
    }
}

#[test]
fn an_export_of_heketis_is_imported_and_exported_again() {
    for name in ALL {
        let lab = Lab::new();
        let (code, text) = import(&lab, &recorded(name));
        assert_eq!((code, text), (Some(0), format!("DB imported to {}\n", lab.database().display())));
        let without_generation = |dump: Value| {
            let mut dump = comparable(dump);
            // heketi draws a new one at each import as well.
            dump["dbattributeentries"]["DB_GENERATION_ID"]["Value"].take();
            dump
        };
        let out = exported(&lab, &lab.database());
        assert_eq!(without_generation(out), without_generation(recorded(name)), "{name}");
    }
}

#[test]
fn heketis_file_is_checked_as_it_is() {
    let lab = with_database("clean");
    let check = ["db", "consistency-check", &flag("dbfile", lab.database())];
    let (code, out, err) = lab.mortard(&check);
    assert_eq!(code, Some(0), "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["totalinconsistencies"], 0, "{out}");
    assert_eq!(report["volumes"]["total"], 6);
    assert!(!made(&lab).exists(), "nothing was imported");
    let before = fs::read(lab.database()).unwrap();
    assert_eq!(before, crate::heketi_db::fixtures::database("clean"));
}
