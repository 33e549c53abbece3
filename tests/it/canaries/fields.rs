//! The fields of all requests that take text, as the OpenAPI document has them: a field that is new is among them.

use serde_json::{Value, json};

use crate::openapi::{Operation, document};

/// Where in a request a text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the path, in the place of the id.
    Id,
    /// In the body, by a JSON pointer.
    Value(String),
    /// In the body, as a name in the object that the pointer names.
    Name(String),
}

/// A request with one place for a text.
#[derive(Debug, Clone)]
pub struct Slot {
    pub method: String,
    pub path: String,
    pub place: Place,
    /// What the document shows as an example; null where there is no body.
    pub example: Value,
}

/// All places for a text in all requests.
pub fn slots() -> Vec<Slot> {
    let document = document();
    let mut slots = Vec::new();
    for operation in Operation::all(&document) {
        let (method, path) = (&operation.method, &operation.path);
        let media = operation.body.get("requestBody").map(|body| &body["content"]["application/json"]);
        let example = media.map(|media| media["example"].clone()).unwrap_or_default();
        let mut places = Vec::new();
        if path.contains("{id}") {
            places.push(Place::Id);
        }
        if let Some(media) = media {
            find(&document, &media["schema"], "", &mut places);
        }
        slots.extend(places.into_iter().map(|place| Slot {
            method: method.clone(),
            path: path.clone(),
            place,
            example: example.clone(),
        }));
    }
    slots
}

fn find(document: &Value, schema: &Value, at: &str, places: &mut Vec<Place>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return find(document, target.unwrap(), at, places);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        find(document, part, at, places);
    }
    match schema["type"].as_str() {
        Some("string") => places.push(Place::Value(at.to_owned())),
        Some("array") => find(document, &schema["items"], &format!("{at}/0"), places),
        _ => {}
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        find(document, field, &format!("{at}/{name}"), places);
    }
    if schema["additionalProperties"].is_object() {
        places.push(Place::Name(at.to_owned()));
        find(document, &schema["additionalProperties"], &format!("{at}/name"), places);
    }
}

/// Puts a value where a pointer leads; what is missing on the way is made.
pub fn put(body: &mut Value, pointer: &str, value: Value) {
    let mut at = body;
    for word in pointer.split('/').skip(1) {
        if let Ok(number) = word.parse::<usize>() {
            if !at.is_array() {
                *at = json!([]);
            }
            let items = at.as_array_mut().unwrap();
            items.resize(items.len().max(number + 1), Value::Null);
            at = &mut items[number];
        } else {
            if !at.is_object() {
                *at = json!({});
            }
            at = &mut at[word];
        }
    }
    *at = value;
}

#[test]
fn the_fields_of_the_document_are_found() {
    let slots = slots();
    let has = |path: &str, place: Place| slots.iter().any(|slot| slot.path == path && slot.place == place);
    let value = |pointer: &str| Place::Value(pointer.to_owned());
    assert!(has("/volumes", value("/name")) && has("/volumes", value("/glustervolumeoptions/0")));
    assert!(has("/nodes", value("/hostnames/manage/0")) && has("/nodes", Place::Name("/tags".to_owned())));
    assert!(has("/nodes/{id}/tags", value("/tags/name")) && has("/nodes/{id}", Place::Id));
    assert!(has("/volumes", value("/durability/type")), "{slots:?}");
    let mut body = json!({"a": 1});
    put(&mut body, "/b/0/c", json!("x"));
    assert_eq!(body, json!({"a": 1, "b": [{"c": "x"}]}));
}
