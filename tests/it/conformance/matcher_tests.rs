use serde_json::json;

use super::*;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const C: &str = "cccccccccccccccccccccccccccccccc";

fn matcher() -> Matcher {
    let orders = json!({"ids": "sorted", "objects": "sorted", "set": "set", "glusterfs.hosts": "node-id"});
    Matcher::new(&orders).unwrap()
}

#[track_caller]
fn check(expected: Value, actual: Value, agrees: bool) {
    assert_eq!(matcher().agrees(&expected, &actual), agrees, "{expected} {actual}");
}

#[test]
fn values_are_compared_strictly() {
    check(json!({"a": 1, "b": [null]}), json!({"b": [null], "a": 1}), true);
    check(json!({"a": 1}), json!({"a": 1.0}), false);
    check(json!({"a": 1}), json!({"a": true}), false);
    check(json!({"a": 1}), json!({"a": 1, "b": 1}), false);
    check(json!({"a": null}), json!({}), false);
    check(json!([]), json!(null), false);
    check(json!([1, 2]), json!([2, 1]), false);
    check(json!("x"), json!("x\n"), false);
    check(json!("@{int}"), json!(5), true);
    check(json!("@{int}"), json!(5.5), false);
    check(json!({"a": "@{any}"}), json!({"a": [{}]}), true);
}

#[test]
fn names_and_ids_are_one_to_one() {
    check(json!(["@{a1}", "x@{a1}"]), json!([A, format!("x{A}")]), true);
    check(json!(["@{a1}", "@{a1}"]), json!([A, B]), false);
    check(json!(["@{a1}", "@{a2}"]), json!([A, A]), false);
    let mut matcher = matcher();
    assert!(matcher.agrees(&json!("@{a1}"), &json!(A)));
    assert!(!matcher.agrees(&json!(["@{a2}", "@{a1}"]), &json!([B, C])));
    // The failed comparison has bound nothing.
    assert!(matcher.agrees(&json!("@{a2}"), &json!(C)));
    assert!(matcher.agrees_alone(&json!("@{a1}"), &json!(B)));
    assert!(!matcher.agrees(&json!("@{a1}"), &json!(B)));
    assert_eq!(
        matcher.filled(&json!({"@{a1}": ["/x/@{a2}", 1]})).unwrap(),
        json!({A: [format!("/x/{C}"), 1]})
    );
    assert!(matcher.filled(&json!("@{a3}")).is_err());
}

#[test]
fn lists_are_compared_in_the_order_that_counts() {
    check(json!({"set": [1, 2, 2]}), json!({"set": [2, 1, 2]}), true);
    check(json!({"set": [1, 2, 2]}), json!({"set": [1, 1, 2]}), false);
    check(json!({"ids": ["@{a1}", "@{a2}"]}), json!({"ids": [A, B]}), true);
    check(json!({"ids": ["@{a1}", "@{a2}"]}), json!({"ids": [B, A]}), false);
    let objects = json!({"objects": [{"id": "@{a1}", "n": 1}, {"id": "@{a2}", "n": 2}]});
    check(objects.clone(), json!({"objects": [{"id": A, "n": 2}, {"id": B, "n": 1}]}), true);
    check(objects, json!({"objects": [{"id": B, "n": 1}, {"id": A, "n": 2}]}), false);
}

#[test]
fn objects_bind_ids_before_bare_lists_do() {
    let expected = json!({"ids": ["@{a1}", "@{a2}"], "first": {"id": "@{a2}"}});
    check(expected.clone(), json!({"ids": [A, B], "first": {"id": A}}), true);
    check(expected, json!({"ids": [A, B], "first": {"id": C}}), false);
}

#[test]
fn pairs_that_lead_nowhere_are_taken_back() {
    // Either element fits either partner by itself; only one pairing fits as a whole.
    let expected = json!({"set": [["@{a1}", "@{a2}"], ["@{a2}", "@{a3}"]], "last": "@{a3}"});
    check(expected.clone(), json!({"set": [[B, A], [C, B]], "last": A}), true);
    check(expected, json!({"set": [[B, A], [C, B]], "last": B}), false);
}

#[test]
fn ids_as_keys_are_paired_up() {
    let expected = json!({"@{a1}": {"n": 1}, "@{a2}": {"n": 2}, "fixed": 3});
    check(expected.clone(), json!({B: {"n": 1}, A: {"n": 2}, "fixed": 3}), true);
    check(expected.clone(), json!({B: {"n": 1}, A: {"n": 1}, "fixed": 3}), false);
    check(expected, json!({B: {"n": 1}, "other": {"n": 2}, "fixed": 3}), false);
}

#[test]
fn hosts_follow_the_ids_of_their_nodes() {
    let mut matcher = matcher();
    matcher.learn_hosts(
        &json!([{"id": B, "hostnames": {"storage": ["h1"]}}, {"id": A, "hostnames": {"storage": ["h2"]}}]),
    );
    let expected = json!({"glusterfs": {"hosts": ["h1", "h2"]}});
    assert!(matcher.agrees(&expected, &json!({"glusterfs": {"hosts": ["h2", "h1"]}})));
    assert!(!matcher.agrees(&expected, &json!({"glusterfs": {"hosts": ["h1", "h2"]}})));
    assert!(!matcher.agrees(&json!({"hosts": ["h1", "h2"]}), &json!({"hosts": ["h2", "h1"]})));
}
