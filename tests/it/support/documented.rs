//! Every answer that a test gets is compared with the OpenAPI document: its route and status are in it, its headers are,
//! and its body is what the schema says, without anything else.

use std::sync::OnceLock;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::conformance::http::Response;

/// What real answers have and the document does not: `METHOD TEMPLATE STATUS: WHAT`, each part also `*`. To get shorter.
const EXCEPTIONS: &[&str] = &[
    // For those who ask for it: a second kind of body is more than most generators of clients take.
    "* 4*: a body of \"application/problem+json\"",
    "* 5*: a body of \"application/problem+json\"",
    // As Go's server answers what has a location.
    "GET * 202: a body of \"text/html\"",
    "GET * 303: a body of \"text/html\"",
    "GET /backup/db 200: the header content-disposition",
    "GET /db/check 200: body.*.inconsistencies is null instead of array",
];

/// Headers that belong to HTTP, not to an answer.
const TRANSPORT: [&str; 8] = [
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "x-content-type-options",
    "x-request-id",
];

/// Panics where an answer is another one than the document says.
#[track_caller]
pub fn check(method: &str, path: &str, answer: &Response) {
    let wrong = differences(document(), method, path, answer);
    assert!(wrong.is_empty(), "not as openapi/openapi.json says:\n{}", wrong.join("\n"));
}

fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    })
}

fn differences(document: &Value, method: &str, path: &str, answer: &Response) -> Vec<String> {
    let status = answer.status;
    let path = percent_decode_str(path).decode_utf8_lossy();
    let found = route(document, &path).map(|(template, methods)| (template, &methods[method.to_lowercase()]));
    let (template, route) = match found {
        // The page that shows the document is for people.
        None if path.starts_with("/docs") => return Vec::new(),
        // What is answered where nothing is, and what comes before that is known: tokens, states of the server.
        None if matches!(status, 301 | 401 | 404 | 405 | 503) => return Vec::new(),
        Some((_, route)) if route.is_null() && matches!(status, 301 | 401 | 404 | 405 | 503) => {
            return Vec::new();
        }
        Some((template, route)) if !route.is_null() => (template, route),
        _ => return vec![format!("{method} {path} {status}: there is no such path")],
    };
    let mut wrong = Vec::new();
    let response = response(route, status);
    if response.is_null() {
        wrong.push("the status".to_owned());
    } else {
        check_headers(response, answer, &mut wrong);
        check_body(document, response, answer, &mut wrong);
    }
    let named = wrong.into_iter().map(|what| format!("{method} {template} {status}: {what}"));
    named.filter(|line| !EXCEPTIONS.iter().any(|exception| is_like(exception, line))).collect()
}

/// The template that a path follows, with its methods. One without parameters comes first.
fn route<'d>(document: &'d Value, path: &str) -> Option<(&'d str, &'d Value)> {
    let words: Vec<&str> = path.split('?').next().unwrap_or_default().split('/').collect();
    let follows = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        let is_part =
            |(part, word): (&&str, &&str)| part == word || (part.starts_with('{') && !word.is_empty());
        parts.len() == words.len() && parts.iter().zip(&words).all(is_part)
    };
    let paths = document["paths"].as_object()?.iter();
    let found = paths
        .filter(|(template, _)| follows(template))
        .min_by_key(|(template, _)| template.matches('{').count());
    found.map(|(template, methods)| (template.as_str(), methods))
}

/// The answer with this status, else that for its class.
fn response(route: &Value, status: u16) -> &Value {
    let responses = &route["responses"];
    let (exact, class) = (status.to_string(), format!("{}XX", status / 100));
    responses.get(&exact).or_else(|| responses.get(&class)).unwrap_or(&Value::Null)
}

fn check_headers(response: &Value, answer: &Response, wrong: &mut Vec<String>) {
    let none = Map::new();
    let documented = response["headers"].as_object().unwrap_or(&none);
    for (name, header) in documented {
        if header["required"] == true && answer.header(name).is_none() {
            wrong.push(format!("the header {name} is missing"));
        }
    }
    let is_documented = |name: &str| {
        documented.keys().map(String::as_str).chain(TRANSPORT).any(|known| known.eq_ignore_ascii_case(name))
    };
    let names = answer.header_names().filter(|name| !is_documented(name));
    wrong.extend(names.map(|name| format!("the header {name}")));
}

fn check_body(document: &Value, response: &Value, answer: &Response, wrong: &mut Vec<String>) {
    if answer.body.is_empty() {
        return;
    }
    let kind = answer.header("Content-Type").unwrap_or_default().split(';').next().unwrap_or_default();
    let content = &response["content"][kind];
    if content.is_null() {
        return wrong.push(format!("a body of {kind:?}"));
    }
    if !kind.ends_with("json") {
        return;
    }
    match serde_json::from_slice(&answer.body) {
        Ok(body) => check_value(document, &content["schema"], &body, "body", wrong),
        Err(error) => wrong.push(format!("no JSON: {error}")),
    }
}

/// Compares a value with a schema.
fn check_value(document: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let parts = parts(document, schema);
    if value.is_null() && parts.iter().any(|part| part["nullable"] == true) {
        return;
    }
    for part in &parts {
        check_part(document, part, value, at, wrong);
    }
    let is_open = |part: &&Value| part["additionalProperties"] == true;
    for (name, field) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        let known = parts.iter().map(|part| &part["properties"][name]);
        let others = parts.iter().map(|part| &part["additionalProperties"]);
        let schemas: Vec<&Value> = known.filter(|known| known.is_object()).collect();
        let schemas =
            if schemas.is_empty() { others.filter(|other| other.is_object()).collect() } else { schemas };
        if schemas.is_empty()
            && parts.iter().any(|part| part["type"] == "object")
            && !parts.iter().any(is_open)
        {
            wrong.push(format!("{at} is not documented"));
        }
        schemas.iter().for_each(|schema| check_value(document, schema, field, &at, wrong));
    }
}

/// The schemas that a value has to follow all together: references and `allOf` are resolved.
fn parts<'d>(document: &'d Value, schema: &'d Value) -> Vec<&'d Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        return parts(document, document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null));
    }
    let all = schema["allOf"].as_array().into_iter().flatten();
    [schema].into_iter().chain(all.flat_map(|part| parts(document, part))).collect()
}

/// What one schema asks of a value itself.
fn check_part(document: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let kind = schema["type"].as_str().unwrap_or_default();
    let is_kind = match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        // Any value, or one that its parts describe.
        _ => true,
    };
    if !is_kind {
        return wrong.push(format!("{at} is {value} instead of {kind}"));
    }
    if let Some(all) = schema["enum"].as_array().filter(|all| !all.contains(value)) {
        wrong.push(format!("{at} is {value}, none of {all:?}"));
    }
    if value.as_f64().zip(schema["minimum"].as_f64()).is_some_and(|(value, least)| value < least) {
        wrong.push(format!("{at} is {value}, less than {}", schema["minimum"]));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            wrong.push(format!("{at}.{name} is missing"));
        }
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        check_value(document, &schema["items"], item, &format!("{at}[{number}]"), wrong);
    }
}

/// Whether a line is what an exception describes; a `*` is any text.
fn is_like(exception: &str, line: &str) -> bool {
    let mut rest = line;
    let mut parts = exception.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || exception.ends_with('*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(document: &Value, method: &str, path: &str, answer: &str) -> Vec<String> {
        differences(document, method, path, &Response::read(answer.as_bytes(), method).unwrap())
    }

    fn document() -> Value {
        json!({
            "components": {"schemas": {
                "Size": {"type": "integer", "minimum": 1},
                "Named": {"type": "object", "properties": {"names": {"type": "array", "items": {"type": "string"}}}}
            }},
            "paths": {"/things/{id}": {"get": {"responses": {
                "200": {"description": "It.", "content": {"application/json": {"schema": {
                    "allOf": [{"$ref": "#/components/schemas/Named"}], "type": "object", "required": ["size"],
                    "properties": {"size": {"$ref": "#/components/schemas/Size"}}
                }}}},
                "4XX": {"description": "A refusal.", "content": {"text/plain": {}}}
            }}}}
        })
    }

    fn json_answer(status: &str, body: &str) -> String {
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    #[test]
    fn what_the_document_says_passes() {
        let good = json_answer("200 OK", r#"{"size": 3, "names": ["a"]}"#);
        assert_eq!(told(&document(), "GET", "/things/7?x=y", &good), Vec::<String>::new());
        let refused = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nno";
        assert_eq!(told(&document(), "GET", "/things/7", refused), Vec::<String>::new());
        assert_eq!(told(&document(), "GET", "/nothing", refused), Vec::<String>::new());
    }

    #[test]
    fn everything_else_is_named() {
        for (status, body, wrong) in [
            ("200 OK", "{}", "body.size is missing"),
            ("200 OK", r#"{"size": 0}"#, "body.size is 0, less than 1"),
            ("200 OK", r#"{"size": "3"}"#, "body.size is \"3\" instead of integer"),
            ("200 OK", r#"{"size": 3, "names": [1]}"#, "body.names[0] is 1 instead of string"),
            ("200 OK", r#"{"size": 3, "more": 1}"#, "body.more is not documented"),
            ("404 Not Found", "{}", "a body of \"application/json\""),
            ("500 Oh", "{}", "the status"),
        ] {
            let answer = json_answer(status, body);
            let line = format!("GET /things/{{id}} {}: {wrong}", &status[..3]);
            assert_eq!(told(&document(), "GET", "/things/7", &answer), [line]);
        }
        let answer = json_answer("200 OK", "{}");
        assert_eq!(
            told(&document(), "GET", "/nothing", &answer),
            ["GET /nothing 200: there is no such path"]
        );
        let header = json_answer("200 OK", r#"{"size": 3}"#).replace("\r\n\r\n", "\r\nX-More: 1\r\n\r\n");
        assert_eq!(
            told(&document(), "GET", "/things/7", &header),
            ["GET /things/{id} 200: the header X-More"]
        );
    }

    #[test]
    fn an_exception_has_a_place_for_any_text() {
        assert!(is_like("* /a/{id} *: the header X", "GET /a/{id} 200: the header X"));
        assert!(is_like("GET /a 200: body.x*", "GET /a 200: body.x is missing"));
        assert!(!is_like("GET /a 200: body.x*", "GET /b 200: body.x is missing"));
        assert!(!is_like("GET /a 200", "GET /a 200: more"));
    }
}
