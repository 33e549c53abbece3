//! What all operations have in common, said once: how they are refused, how jobs are named, and examples.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::http::shell::NO_ROOM;

/// What operations may be refused with, beyond what all may: by operation and status, in the words of the server.
const REFUSALS: &str = include_str!("refusals.json");

/// What bodies look like.
const EXAMPLES: &str = include_str!("examples.json");

/// The methods that an operation can have.
const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

type Texts = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
struct Examples {
    /// By the name of a schema.
    schemas: BTreeMap<String, Value>,
    /// By operation and status, where the schema has no name.
    answers: BTreeMap<String, BTreeMap<String, Value>>,
}

/// Completes a document.
///
/// # Errors
/// When what is kept beside the code cannot be read.
pub(super) fn document(value: &mut Value) -> Result<(), serde_json::Error> {
    let refusals: BTreeMap<String, Texts> = serde_json::from_str(REFUSALS)?;
    let examples: Examples = serde_json::from_str(EXAMPLES)?;
    let Some(Value::Object(paths)) = value.get_mut("paths") else { return Ok(()) };
    for (path, item) in paths {
        for method in METHODS {
            let Some(Value::Object(operation)) = item.get_mut(method) else { continue };
            let name = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
            let mut texts = common(path, method, operation);
            for (status, more) in refusals.get(&name).into_iter().flatten() {
                texts.entry(status.clone()).or_default().extend(more.iter().cloned());
            }
            refuse(operation, texts);
            name_jobs(operation);
            sum_up(operation);
            strip_null(operation);
            show(operation, &examples, examples.answers.get(&name));
        }
    }
    Ok(())
}

/// What an operation may be refused with as all of its kind are.
fn common(path: &str, method: &str, operation: &Map<String, Value>) -> Texts {
    let mut texts = Texts::new();
    let mut add = |status: &str, more: &[&str]| {
        texts.entry(status.to_owned()).or_default().extend(more.iter().map(|text| (*text).to_owned()));
    };
    // Open to all: neither tokens nor states are looked at, and no body is read.
    if operation.contains_key("security") {
        return texts;
    }
    // Bodies are read before anything looks whether one is wanted.
    add("408", &["the request body did not arrive in time"]);
    add("413", &["the request body is larger than 1048576 bytes"]);
    add("503", &[NO_ROOM]);
    add("400", &["Authorization header format must be Bearer {token}"]);
    add(
        "401",
        &[
            "Required authorization token not found",
            "Invalid JWT token: Token is expired by 5s",
            "Invalid JWT token: signature is invalid (client and server secrets may not match)",
            "Invalid qsh claim in token",
            "Invalid scope claim in token",
            "Token is valid for too long",
            "Tokens with a scope are taken over TLS only",
            "Administrator access required",
        ],
    );
    if path.contains('{') {
        add("404", &["Id not found", "Invalid path or request"]);
    }
    add("500", &["Unable to access db", "the server failed to carry this out; see its log"]);
    if method != "get" {
        add("503", &["Service disabled for maintenance"]);
    }
    if operation["responses"].get("202").is_some() {
        add("503", &["the server is shutting down"]);
    }
    texts
}

fn described(status: &str) -> &'static str {
    match status {
        "400" => "The request makes no sense; the text says which field breaks which rule",
        "401" => {
            "The token is missing, wrong, too old or made for another request, or its issuer may not do that"
        }
        "404" => "There is no such object, or something that the request names does not exist",
        "408" => "The body did not arrive within 60 seconds",
        "409" => "The object is in use, or the name is taken",
        "413" => "The body is larger than 1 MiB",
        "422" => "The body is no JSON, or a field has the wrong type",
        "429" => "Too much is under way: ask again after so many seconds as `Retry-After` says",
        "503" => {
            "Nothing may be changed at present, the server is being stopped, or it reads too many bodies at a time"
        }
        _ => "It cannot be done, or the server failed; the text says why",
    }
}

/// All refusals are texts, so that an operation has one type of error.
fn refuse(operation: &mut Map<String, Value>, texts: Texts) {
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    for (status, texts) in texts {
        let examples: Map<String, Value> =
            texts.iter().map(|text| (slug(text), json!({"value": format!("{text}\n")}))).collect();
        let mut response = json!({
            "description": described(&status),
            "content": {"text/plain": {"schema": {"type": "string"}, "examples": examples}},
        });
        if status == "429" {
            response["headers"] = json!({"Retry-After": {
                "description": "Seconds",
                "schema": {"type": "integer"},
            }});
        }
        responses.insert(status, response);
    }
}

/// A name of an example, of what it says.
fn slug(text: &str) -> String {
    let letters: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    letters.split_whitespace().take(8).map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

/// Every 202 leads to a job, in two ways.
fn name_jobs(operation: &mut Map<String, Value>) {
    let Some(Value::Object(accepted)) = operation["responses"].get_mut("202") else { return };
    accepted.insert(
        "headers".to_owned(),
        json!({
            "Location": {
                "description": "Path of the job, `/queue/ID`: a `GET` there ends with a redirect to the object. `/jobs/ID` shows the same job as JSON.",
                "required": true,
                "schema": {"type": "string", "format": "uri-reference"},
            },
            "X-Mortar-Job": {
                "description": "Id of the job, for `/jobs/ID`",
                "required": true,
                "schema": {"type": "string"},
            },
        }),
    );
}

/// The first sentence is the summary, the whole the description: lists show the one, pages the other.
fn sum_up(operation: &mut Map<String, Value>) {
    let said = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (first, rest) = (said("summary"), said("description"));
    let whole = format!("{first}\n\n{rest}").trim_end().to_owned();
    let sentence = first.replace('\n', " ");
    let end = [". ", "; ", ": "].iter().filter_map(|mark| sentence.find(mark)).min();
    let summary = sentence[..end.unwrap_or(sentence.len())].trim_end_matches('.').to_owned();
    operation.insert("summary".to_owned(), summary.into());
    operation.insert("description".to_owned(), whole.into());
}

/// A parameter may be missing; `null` it cannot be.
fn strip_null(operation: &mut Map<String, Value>) {
    let Some(Value::Array(parameters)) = operation.get_mut("parameters") else { return };
    for schema in parameters.iter_mut().filter_map(|parameter| parameter.get_mut("schema")) {
        if schema["type"] == json!(["string", "null"]) {
            schema["type"] = json!("string");
        }
    }
}

/// Puts examples to bodies.
fn show(operation: &mut Map<String, Value>, known: &Examples, own: Option<&BTreeMap<String, Value>>) {
    if let Some(body) = operation.get_mut("requestBody") {
        show_body(body, known, None);
    }
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    for (status, response) in responses {
        show_body(response, known, own.and_then(|own| own.get(status)));
    }
}

fn show_body(body: &mut Value, known: &Examples, own: Option<&Value>) {
    let Some(Value::Object(content)) = body.get_mut("content") else { return };
    for media in content.values_mut().filter_map(Value::as_object_mut) {
        let reference = media.get("schema").and_then(|schema| schema.get("$ref")).and_then(Value::as_str);
        let name = reference.and_then(|path| path.rsplit('/').next());
        if let Some(example) = own.or_else(|| known.schemas.get(name?)) {
            media.insert("example".to_owned(), example.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_sentence() {
        let check = |summary: &str, description: &str, expected: (&str, &str)| {
            let mut operation = Map::from_iter([
                ("summary".to_owned(), summary.into()),
                ("description".to_owned(), description.into()),
            ]);
            sum_up(&mut operation);
            assert_eq!(
                (&operation["summary"], &operation["description"]),
                (&expected.0.into(), &expected.1.into())
            );
        };
        check("All volumes.", "", ("All volumes", "All volumes."));
        check(
            "Makes one. It may\ntake long.",
            "More.",
            ("Makes one", "Makes one. It may\ntake long.\n\nMore."),
        );
        check(
            "Says that it is there; needs no token.",
            "",
            ("Says that it is there", "Says that it is there; needs no token."),
        );
    }

    #[test]
    fn examples_have_names_that_generators_take() {
        assert_eq!(slug("Id not found"), "id_not_found");
        assert_eq!(
            slug("validation failed: size: cannot be blank."),
            "validation_failed_size_cannot_be_blank"
        );
    }
}
