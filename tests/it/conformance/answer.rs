//! Answers of the server in the form in which golden files have them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::http::Response;

/// The headers that are compared; one that a golden file does not name must be absent.
const HEADERS: [&str; 7] = [
    "Content-Type",
    "Location",
    "X-Pending",
    "X-Content-Type-Options",
    "Content-Disposition",
    "Allow",
    "WWW-Authenticate",
];

static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^# (HELP|TYPE) (heketi_\w+) (.*)$").unwrap());
static SAMPLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(heketi_\w+)(?:\{(.*)\})? (\S+)$").unwrap());
static LABEL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"(\w+)="((?:[^"\\]|\\.)*)""#).unwrap());

/// `as_lines`: a text is shown as the list of its lines.
pub fn describe(response: &Response, as_lines: bool) -> Value {
    let headers = HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), json!(response.header(name)?))));
    let mut shown = json!({"status": response.status, "headers": headers.collect::<Map<_, _>>()});
    if let Some((name, body)) = describe_body(response, as_lines) {
        shown[name] = body;
    }
    shown
}

fn describe_body(response: &Response, as_lines: bool) -> Option<(&'static str, Value)> {
    if response.body.is_empty() {
        return None;
    }
    let kind = response.header("Content-Type").unwrap_or_default();
    if kind.starts_with("application/json")
        && let Ok(value) = serde_json::from_slice(&response.body)
    {
        return Some(("json", name_mount_hosts(value)));
    }
    let text = String::from_utf8_lossy(&response.body);
    Some(match kind {
        _ if kind.starts_with("application/octet-stream") => ("binary", json!("not empty")),
        _ if kind.starts_with("text/plain; version=") => ("metrics", metrics(&text)),
        _ if as_lines => ("lines", text.split('\n').collect()),
        _ => ("text", json!(text)),
    })
}

/// Which host comes first depends on the ids of nodes: fields that depend on it are shown in terms of the list.
pub fn name_mount_hosts(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(name_mount_hosts).collect(),
        Value::Object(mut fields) if fields.contains_key("device") && fields.contains_key("options") => {
            if let Some(hosts) = host_names(&fields) {
                name_hosts(&mut fields, &hosts);
            }
            Value::Object(fields)
        }
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (name, name_mount_hosts(field))).collect())
        }
        other => other,
    }
}

fn host_names(fields: &Map<String, Value>) -> Option<Vec<String>> {
    let hosts = fields.get("hosts")?.as_array()?;
    let names: Option<Vec<String>> = hosts.iter().map(|host| host.as_str().map(str::to_owned)).collect();
    names.filter(|names| !names.is_empty())
}

fn name_hosts(fields: &mut Map<String, Value>, hosts: &[String]) {
    let device = fields.get("device").and_then(Value::as_str).and_then(|device| device.split_once(':'));
    if let Some((first, volume)) = device
        && first == hosts[0]
    {
        let shown = format!("(first host):{volume}");
        fields.insert("device".to_owned(), json!(shown));
    }
    if fields.get("options") == Some(&json!({"backup-volfile-servers": hosts[1..].join(",")})) {
        fields.insert("options".to_owned(), json!({"backup-volfile-servers": "(other hosts)"}));
    }
}

/// heketi's samples of a Prometheus text, each with its help and type.
fn metrics(text: &str) -> Value {
    let mut about: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut samples = Vec::new();
    for line in text.lines() {
        if let Some(found) = COMMENT.captures(line) {
            about.entry(found[2].to_owned()).or_default().insert(found[1].to_lowercase(), json!(found[3]));
        } else if let Some(found) = SAMPLE.captures(line) {
            let labels = found.get(2).map_or("", |labels| labels.as_str());
            let labels = LABEL.captures_iter(labels).map(|label| (label[1].to_owned(), json!(label[2])));
            let mut sample = about.get(&found[1]).cloned().unwrap_or_default();
            sample.insert("name".to_owned(), json!(found[1]));
            sample.insert("labels".to_owned(), Value::Object(labels.collect()));
            sample.insert("value".to_owned(), json!(found[3].parse::<f64>().unwrap_or(f64::NAN)));
            samples.push(Value::Object(sample));
        }
    }
    Value::Array(samples)
}

#[test]
fn mount_hosts_are_named_by_their_place() {
    let mount = |device: &str, others: &str| json!({"m": {"hosts": ["a", "b", "c"], "device": device, "options": {"backup-volfile-servers": others}}});
    assert_eq!(name_mount_hosts(mount("a:vol", "b,c")), mount("(first host):vol", "(other hosts)"));
    assert_eq!(name_mount_hosts(mount("b:vol", "a,c")), mount("b:vol", "a,c"));
}

#[test]
fn samples_have_help_type_and_labels() {
    let text = "# HELP heketi_up Is up\n# TYPE heketi_up gauge\nheketi_up 1\nheketi_n{a=\"b\",c=\"\"} 2.5\nother 1\n";
    let expected = json!([
        {"name": "heketi_up", "labels": {}, "value": 1.0, "help": "Is up", "type": "gauge"},
        {"name": "heketi_n", "labels": {"a": "b", "c": ""}, "value": 2.5},
    ]);
    assert_eq!(metrics(text), expected);
}
