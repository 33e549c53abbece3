//! Commands that are about the server itself.

use super::*;

#[test]
fn the_level_of_the_log_is_shown_and_set() {
    let level = |level: &str| json(&format!(r#"{{"loglevel":{{"glusterfs":"{level}"}}}}"#));
    let (ran, asked) = against(&["loglevel", "get", "--json"], vec![level("warning")]);
    assert_eq!(
        (ran.status, ran.out.as_str(), asked),
        (0, "warning\n", vec!["GET /internal/logging".to_owned()])
    );
    let (ran, asked) = against(&["loglevel", "set", "debug"], vec![level("debug")]);
    assert_eq!((ran.status, ran.out.as_str()), (0, "Server log level updated\n"));
    assert_eq!(asked, [r#"POST /internal/logging {"loglevel":{"glusterfs":"debug"}}"#]);
    let refusal = answer("422 Unprocessable Entity", &[], "invalid log level: loud\n");
    let (ran, _) = against(&["loglevel", "set", "loud"], vec![refusal]);
    assert_eq!(
        (ran.status, ran.out.as_str(), ran.err.as_str()),
        (255, "", "Error: invalid log level: loud\n")
    );
}

#[test]
fn the_mode_of_the_server_is_shown_and_set() {
    let (ran, asked) = against(&["server", "mode", "get"], vec![json(r#"{"state":"normal"}"#)]);
    assert_eq!((ran.status, ran.out.as_str(), asked), (0, "normal\n", vec!["GET /admin".to_owned()]));
    for set in [done(), answer("200 OK", &[], "")] {
        let (ran, asked) = against(&["server", "mode", "set", "read-only"], vec![set]);
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
        assert_eq!(asked, [r#"POST /admin {"state":"read-only"}"#]);
    }
    // heketi-cli shows `invalid character 'A' looking for beginning of value`.
    for line in [["server", "mode", "get"].as_slice(), &["loglevel", "get"]] {
        let (ran, _) =
            against(line, vec![answer("401 Unauthorized", &[], "Administrator access required\n")]);
        assert_eq!((ran.status, ran.err.as_str()), (255, "Error: Administrator access required\n"));
    }
}

#[test]
fn the_database_is_printed_as_it_came() {
    for (word, path) in [("dump", "GET /db/dump"), ("check", "GET /db/check")] {
        let (ran, asked) = against(&["db", word], vec![json("{\n    \"x\": 1\n}\n")]);
        assert_eq!((ran.status, ran.out.as_str()), (0, "{\n    \"x\": 1\n}\n"));
        assert_eq!(asked, [path]);
        let (ran, _) = against(&["db", word], vec![answer("500 Internal Server Error", &[], "no\n")]);
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (255, "", "Error: no\n"));
    }
}

#[test]
fn operations_are_shown_and_cleaned_up() {
    let counts = r#"{"total":3,"in_flight":1,"stale":1,"failed":1,"new":1}"#;
    let (ran, _) = against(&["server", "operations", "info", "--json"], vec![json(counts)]);
    let shown = "Operation Counts:\n  Total: 3\n  In-Flight: 1\n  New: 1\n  Failed: 1\n  Stale: 1\n";
    assert_eq!((ran.status, ran.out.as_str()), (0, shown));
    let (ran, _) = against(&["server", "operations", "info"], vec![json("{}")]);
    let none = "Operation Counts:\n  Total: 0\n  In-Flight: 0\n  New: 0\n  Failed: 0\n  Stale: 0\n";
    assert_eq!((ran.status, ran.out.as_str()), (0, none));
    let one = r#"{"id":"o","type_name":"create-volume","status":"stale","sub_status":"","changes":[{"id":"b","description":"Add brick"}]}"#;
    let (ran, asked) = against(&["server", "operations", "info", "o"], vec![json(one)]);
    assert_eq!(ran.out, "\nId: o\nType: create-volume\nStatus: stale \nChanges:\n    Add brick: b\n");
    assert_eq!(asked, ["GET /operations/pending/o"]);
    let all = r#"{"pendingoperations":[{"id":"o","type_name":"x","status":"","sub_status":"in-flight"},{"id":"p","type_name":"y","status":"failed"}]}"#;
    let (ran, _) = against(&["server", "operations", "list"], vec![json(all)]);
    assert_eq!(ran.out, "Id:o  Type:x  Status:New in-flight\nId:p  Type:y  Status:failed \n");
    // A person is told more, where the server knows it.
    let more = r#"{"operations":[{"id":"o","step":"making bricks on a, b","hosts":["a","b"],"done":1,"steps":5,"age":7,"attempt":2,"waits":"a is\ndown"}]}"#;
    for (known, expected) in [
        (
            json(more),
            "    making bricks on a, b: 1 of 5 steps, 7 s old, try 2, 0 retries\n    waits: a is down\n",
        ),
        (answer("404 Not Found", &[], "404 page not found\n"), ""),
    ] {
        let stub = Stub::new(vec![json(all), known]);
        let ran = run_with(&["server", "operations", "list"], &stub.url, true);
        assert_eq!((ran.status, ran.err.as_str()), (0, expected));
        assert_eq!(ran.out, "Id:o  Type:x  Status:New in-flight\nId:p  Type:y  Status:failed \n");
    }
    for (ids, body) in [(&[][..], "{}"), (&["o", "p"][..], r#"{"operations":["o","p"]}"#)] {
        let line = [&["server", "operations", "cleanup"][..], ids].concat();
        let (ran, asked) = against(&line, vec![accepted(), done()]);
        assert_eq!((ran.status, ran.out.as_str()), (0, ""));
        assert!(ran.err.starts_with("Note: Operation clean up is a batch operation.\n* The"), "{}", ran.err);
        assert_eq!(asked[0], format!("POST /operations/pending/cleanup {body}"));
    }
}

#[test]
fn a_database_that_does_not_come_takes_the_volume_away_again() {
    let volume = r#"{"id":"v","name":"heketidbstorage","mount":{"glusterfs":{"hosts":["a"]}}}"#;
    let no_clusters = || json(r#"{"clusters":[]}"#);
    let answers = vec![
        no_clusters(),
        accepted(),
        json(volume),
        answer("500 Internal Server Error", &[], "no room\n"),
        answer("409 Conflict", &[], "Cannot delete volume containing the Heketi database\n"),
    ];
    let line = ["setup-kubernetes-heketi-storage", "--replica=2", "--append-volume-options=a b,c d"];
    let (ran, asked) = against(&line, answers);
    let err = "Cleaning up\nError: ERROR: no room\nUnable to get database from Heketi server\n";
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (255, "", err));
    assert_eq!(asked[3..], ["GET /backup/db", "DELETE /volumes/v"]);
    let begin = r#"POST /volumes {"size":2,"name":"heketidbstorage","durability":{"type":"replicate","replicate":{"replica":2},"disperse":{}},"glustervolumeoptions":["performance.stat-prefetch off","#;
    let end = r#""user.heketi.dbstoragelevel 1","a b","c d"],"snapshot":{"enable":false,"factor":0}}"#;
    assert!(asked[1].starts_with(begin) && asked[1].ends_with(end), "{}", asked[1]);
    let own = ["setup-heketi-db-storage", "--durability=none", "--gluster-volume-options=a b"];
    let (_, asked) = against(&own, vec![no_clusters(), answer("400 Bad Request", &[], "no\n")]);
    let options = r#""durability":{"type":"none","replicate":{},"disperse":{}},"glustervolumeoptions":["a b","user.heketi.dbstoragelevel custom"]"#;
    assert!(asked[1].contains(options), "{}", asked[1]);
}
