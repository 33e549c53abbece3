//! What every command says of heketi's file and of what was made of it, whatever became of the two.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};

use super::{exported, flag, made, with_database};
use crate::heketi_db::fixtures;
use crate::support::Lab;
use crate::support::operator::assert_says;

/// What `config check` says of the database, and whether the server would start.
fn foreseen(lab: &Lab) -> (bool, String) {
    let text = json!({"port": lab.port().to_string(), "jwt": {"admin": {"key": "a"}, "user": {"key": "b"}},
                      "glusterfs": {"executor": "sim", "db": lab.database()}});
    let file = lab.path().join("check.json");
    fs::write(&file, text.to_string()).unwrap();
    let (_, out, err) = lab.mortard(&["config", "check", &file.display().to_string(), "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"));
    let told = report["problems"].as_array().unwrap().iter().filter(|one| one["key"] == "glusterfs.db");
    let told: Vec<&str> = told.map(|one| one["text"].as_str().unwrap()).collect();
    (report["starts"] == true, told.join("\n"))
}

fn plan(lab: &Lab) -> String {
    let (code, out, err) = lab.mortard(&["migrate", "--plan", &lab.database().display().to_string()]);
    assert_eq!(code, Some(0), "{err}");
    out
}

/// Moves all away whose names begin so.
fn move_away(begin: &Path) {
    let (folder, begin) = (begin.parent().unwrap(), begin.file_name().unwrap().to_str().unwrap());
    let away = folder.join("away");
    fs::create_dir(&away).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with(begin) {
            fs::rename(entry.path(), away.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn a_check_of_the_configuration_foresees_what_the_start_will_do() {
    let mut lab = with_database("clean");
    let (starts, told) = foreseen(&lab);
    assert!(starts);
    assert_says(&told, &["is a database of heketi's: it will be imported into", "heketi.db.mortar"]);
    assert!(!made(&lab).exists());
    let heketi = fs::File::options().read(true).write(true).open(lab.database()).unwrap();
    heketi.lock().unwrap();
    let (starts, told) = foreseen(&lab);
    assert!(!starts);
    assert_says(&told, &["held open by a running heketi"]);
    heketi.unlock().unwrap();
    let whole = fs::read(lab.database()).unwrap();
    fs::write(lab.database(), &whole[..whole.len() / 2]).unwrap();
    let (starts, told) = foreseen(&lab);
    assert!(!starts);
    assert_says(&told, &["the BoltDB file is damaged", "left untouched"]);
    fs::write(lab.database(), &whole).unwrap();
    lab.start();
    let (starts, told) = foreseen(&lab);
    assert!(!starts, "a server runs on it: {told}");
    lab.stop();
    let (starts, told) = foreseen(&lab);
    assert!(starts, "{told}");
    assert_says(&told, &["the server goes on with", "heketi.db.mortar, which was made of it"]);
}

#[test]
fn after_a_way_back_to_heketi_the_cure_that_is_named_works() {
    let mut lab = with_database("clean");
    lab.start();
    lab.stop();
    let mut changed = fs::read(lab.database()).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(lab.database(), &changed).unwrap();
    let cure = format!("`{}*`", made(&lab).display());
    for told in [foreseen(&lab).1, plan(&lab), lab.start_in_vain().1] {
        assert_says(&told, &["has changed since it was imported into", &cure]);
    }
    move_away(&made(&lab));
    lab.start();
    assert_eq!(lab.volumes().len(), 6);
}

#[test]
fn what_was_lost_is_not_passed_off_as_what_heketi_knew() {
    let mut lab = with_database("clean");
    lab.start();
    lab.stop();
    fs::remove_file(made(&lab)).unwrap();
    for told in [foreseen(&lab).1, plan(&lab), lab.start_in_vain().1] {
        assert_says(&told, &["was imported into", "before, and that is gone", "mortard restore"]);
    }
    let (code, out, err) = lab.mortard(&["db", "export", "--jsonfile=-", &flag("dbfile", lab.database())]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_says(&err, &["before, and that is gone"]);
    move_away(&made(&lab));
    lab.start();
    assert_eq!(lab.volumes().len(), 6);
}

#[test]
fn a_link_to_the_file_means_the_same_before_and_after() {
    let mut lab = Lab::new();
    let real = lab.path().join("volume");
    fs::create_dir(&real).unwrap();
    let file = real.join("heketi.db");
    fs::write(&file, fixtures::database("clean")).unwrap();
    symlink("volume/heketi.db", lab.database()).unwrap();
    lab.start();
    let new = lab.create(&json!({"size": 1, "durability": {"type": "none"}})).unwrap();
    assert!(real.join("heketi.db.mortar").exists());
    lab.stop();
    // Somebody tidies up: an empty database is not what he wants.
    fs::write(&file, "").unwrap();
    lab.start();
    assert!(lab.volumes().contains(&new.id));
    lab.stop();
    fs::remove_file(&file).unwrap();
    lab.start();
    assert!(lab.volumes().contains(&new.id));
    assert_says(&lab.log(), &["heketi.db is gone; going on with"]);
    let dump = exported(&lab, &lab.database());
    assert!(dump["volumeentries"].get(&new.id).is_some());
}

#[test]
fn clearing_findings_makes_no_database() {
    let lab = with_database("clean");
    let none = lab.path().join("none.db");
    for (file, because) in [(lab.database(), "was not imported yet"), (none.clone(), "no such file")] {
        let (code, _, err) = lab.mortard(&["db", "findings", &flag("dbfile", &file), "--clear=1"]);
        assert_eq!(code, Some(1));
        assert_says(&err, &[because]);
    }
    assert!(!made(&lab).exists() && !none.exists());
}

#[test]
fn what_was_not_made_of_the_file_is_refused_as_it_is() {
    let mut lab = with_database("clean");
    fs::write(made(&lab), "").unwrap();
    let (status, said) = lab.start_in_vain();
    assert_eq!(status, Some(1));
    assert_says(&said, &["stands beside", "and was not made of it"]);
    assert_eq!(fs::read(made(&lab)).unwrap(), b"");
    assert!(!lab.path().join("heketi.db.mortar.lock").exists());
}

#[test]
fn what_heketi_makes_of_its_database_besides_is_known_by_its_looks() {
    let export = fixtures::file("clean.json");
    for (content, cure) in
        [(fixtures::file("clean.db.gz"), "`gunzip` it first"), (export, "import it as such")]
    {
        let mut lab = Lab::new();
        fs::write(lab.database(), &content).unwrap();
        let (status, said) = lab.start_in_vain();
        assert_eq!(status, Some(1));
        assert_says(&said, &["no BoltDB file, as heketi's databases are", cure]);
        assert!(!foreseen(&lab).0);
        assert_eq!(fs::read(lab.database()).unwrap(), content);
        assert!(!lab.path().join("heketi.db.lock").exists());
    }
    let lab = with_database("clean");
    let mut content = fs::read(lab.database()).unwrap();
    content[..2 * 4096].fill(0);
    content[2 * 4096..].fill(7);
    fs::write(lab.database(), content).unwrap();
    let (code, _, err) = lab.mortard(&["migrate", "--plan", "heketi.db"]);
    assert_eq!(code, Some(1));
    assert_says(&err, &["nothing that is known here"]);
}

#[test]
fn a_reason_is_given_once() {
    let lab = with_database("clean");
    fs::write(lab.database(), &fixtures::database("clean")[..4096]).unwrap();
    let (code, _, err) = lab.mortard(&["migrate", "--plan", "heketi.db"]);
    assert_eq!(code, Some(1));
    assert_eq!(err.matches("the BoltDB file is damaged").count(), 1, "{err}");
    let text = lab.path().join("text.json");
    fs::write(&text, "{\"clusterentries\": }").unwrap();
    let new = lab.path().join("new.db");
    let (code, _, err) = lab.mortard(&["db", "import", &flag("jsonfile", &text), &flag("dbfile", &new)]);
    assert_eq!(code, Some(1));
    assert_eq!(err.matches("expected value").count(), 1, "{err}");
}
