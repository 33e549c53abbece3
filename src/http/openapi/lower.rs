//! From what utoipa emits (3.1) down to 3.0.3, which every generator takes.

use serde_json::{Map, Value, json};

/// The version of what comes of it.
const VERSION: &str = "3.0.3";

/// Makes a document of 3.1 one of 3.0.3.
pub(super) fn document(value: &mut Value) {
    lower(value);
    if let Some(object) = value.as_object_mut() {
        object.insert("openapi".to_owned(), json!(VERSION));
        object.remove("jsonSchemaDialect");
        object.remove("webhooks");
    }
    if let Some(info) = value.pointer_mut("/info").and_then(Value::as_object_mut) {
        info.remove("summary");
    }
    if let Some(license) = value.pointer_mut("/info/license").and_then(Value::as_object_mut) {
        license.remove("identifier");
    }
}

/// Rewrites, from the leaves up, what 3.0 says in other words. Source: the OpenAPI Initiative's migration notes
/// from 3.0 to 3.1, read backwards.
fn lower(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(lower),
        Value::Object(object) => {
            object.values_mut().for_each(lower);
            lower_nullable_type(object);
            lower_beside_reference(object);
            lower_nullable_reference(object);
            flatten_parts(object);
            drop_defaults(object);
            lower_bounds(object, "exclusiveMinimum", "minimum");
            lower_bounds(object, "exclusiveMaximum", "maximum");
            lower_words(object);
            fill_description(object);
        }
        _ => {}
    }
}

/// `type: [T, "null"]` becomes `type: T, nullable: true`.
fn lower_nullable_type(object: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = object.get("type") else { return };
    let named: Vec<Value> = types.iter().filter(|kind| *kind != "null").cloned().collect();
    if let [only] = &named[..] {
        object.insert("type".to_owned(), only.clone());
        object.insert("nullable".to_owned(), json!(true));
    }
}

/// What stands beside a `$ref` is ignored in 3.0: a description moves around it, a default says nothing.
fn lower_beside_reference(object: &mut Map<String, Value>) {
    if object.len() < 2 || !object.get("$ref").is_some_and(Value::is_string) {
        return;
    }
    let reference = object.remove("$ref");
    object.remove("default");
    object.insert("allOf".to_owned(), json!([{"$ref": reference}]));
}

/// `oneOf: [{$ref}, {type: null}]` becomes `allOf: [{$ref}], nullable: true`.
fn lower_nullable_reference(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get("oneOf") else { return };
    let is_null = |choice: &Value| choice.get("type").is_some_and(|kind| kind == "null");
    let named: Vec<Value> = choices.iter().filter(|choice| !is_null(choice)).cloned().collect();
    if named.len() == 1 && choices.len() == 2 {
        object.remove("oneOf");
        if let Some(description) = named[0].get("description") {
            object.entry("description").or_insert_with(|| description.clone());
        }
        object.insert("allOf".to_owned(), Value::Array(named));
        object.insert("nullable".to_owned(), json!(true));
    }
}

/// A part of a schema that is nothing but another schema stands for itself: what it says about it is said outside.
fn flatten_parts(object: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = object.get_mut("allOf") else { return };
    for part in parts {
        let inner = part.get("allOf").and_then(Value::as_array);
        if let Some([only]) = inner.map(Vec::as_slice) {
            *part = only.clone();
        }
    }
}

/// No field has a default: where it is always there that says nothing, and of what may be left out openapi-typescript
/// makes a field that has to be given.
fn drop_defaults(object: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        property.remove("default");
    }
}

/// A number that is excluded becomes a bound with a flag.
fn lower_bounds(object: &mut Map<String, Value>, excluded: &str, bound: &str) {
    if object.get(excluded).is_some_and(Value::is_number)
        && let Some(number) = object.remove(excluded)
    {
        object.insert(bound.to_owned(), number);
        object.insert(excluded.to_owned(), json!(true));
    }
}

fn lower_words(object: &mut Map<String, Value>) {
    object.remove("propertyNames");
    if let Some(only) = object.remove("const") {
        object.insert("enum".to_owned(), json!([only]));
    }
    // Only a schema has a type beside its examples; a media type's named examples stay.
    if object.contains_key("type")
        && let Some(Value::Array(examples)) = object.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        object.insert("example".to_owned(), first);
    }
}

/// Every response needs a description, which utoipa leaves out where it is empty.
fn fill_description(object: &mut Map<String, Value>) {
    let Some(Value::Object(responses)) = object.get_mut("responses") else { return };
    for (status, response) in responses {
        if let Some(response) = response.as_object_mut() {
            response.entry("description").or_insert_with(|| json!(format!("Status {status}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_3_1_says_becomes_what_3_0_says() {
        let check = |mut before: Value, after: Value| {
            lower(&mut before);
            assert_eq!(before, after);
        };
        check(json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true}));
        check(
            json!({"oneOf": [{"$ref": "#/a"}, {"type": "null"}]}),
            json!({"allOf": [{"$ref": "#/a"}], "nullable": true}),
        );
        check(
            json!({"$ref": "#/a", "description": "d", "default": {}}),
            json!({"allOf": [{"$ref": "#/a"}], "description": "d"}),
        );
        check(
            json!({"oneOf": [{"$ref": "#/a", "description": "d"}, {"type": "null"}]}),
            json!({"allOf": [{"$ref": "#/a"}], "description": "d", "nullable": true}),
        );
        check(
            json!({"required": ["a"], "properties": {"a": {"default": 0}, "default": {"default": null}}}),
            json!({"required": ["a"], "properties": {"a": {}, "default": {}}}),
        );
        check(
            json!({"type": "integer", "exclusiveMinimum": 0}),
            json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}),
        );
        check(
            json!({"type": "object", "propertyNames": {"type": "string"}, "examples": [1, 2]}),
            json!({"type": "object", "example": 1}),
        );
        check(json!({"const": "x"}), json!({"enum": ["x"]}));
        check(
            json!({"responses": {"200": {}}}),
            json!({"responses": {"200": {"description": "Status 200"}}}),
        );
    }
}
