//! Schemas, as far as the document uses them: whether they are whole, and whether a value fits.

use serde_json::{Map, Value};

/// The schemas of a document.
pub struct Schemas<'a>(&'a Map<String, Value>);

impl<'a> Schemas<'a> {
    pub fn of(document: &'a Value) -> Schemas<'a> {
        Schemas(document["components"]["schemas"].as_object().unwrap())
    }

    /// Checks what generators choke on.
    pub fn check_all(&self) {
        for (name, schema) in self.0 {
            let described = schema["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{name} is not described");
            self.check(name, schema);
        }
    }

    fn check(&self, place: &str, schema: &Value) {
        let Some(object) = schema.as_object() else { panic!("{place} is no schema: {schema}") };
        if let Some(reference) = object.get("$ref") {
            assert_eq!(object.len(), 1, "{place}: something stands beside {reference}");
            assert!(self.0.contains_key(name_of(reference)), "{place}: {reference} leads nowhere");
            return;
        }
        assert!(object.get("default").is_none_or(|default| !default.is_null()), "{place}: null as default");
        let words = object.get("enum").and_then(Value::as_array);
        let is_word = |word: &Value| word.as_str().is_some_and(|word| !word.is_empty());
        assert!(words.is_none_or(|words| words.iter().all(is_word)), "{place}: {words:?}");
        let properties = object.get("properties").and_then(Value::as_object);
        for required in object.get("required").and_then(Value::as_array).into_iter().flatten() {
            let known = properties.is_some_and(|known| known.contains_key(required.as_str().unwrap()));
            assert!(known, "{place}: {required} is required and unknown");
        }
        for (name, property) in properties.into_iter().flatten() {
            let place = format!("{place}.{name}");
            // The columns of rows are LVM's own, as its manual has them.
            let described = property.get("description").is_some() || place.contains("Row.");
            assert!(described, "{place} is not described");
            self.check(&place, property);
        }
        for part in object.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.check(place, part);
        }
        for part in [object.get("items"), object.get("additionalProperties")].into_iter().flatten() {
            self.check(place, part);
        }
    }

    /// Whether a value is what a schema says.
    pub fn fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        if let Some(reference) = schema.get("$ref") {
            return self.fits(&self.0[name_of(reference)], value);
        }
        if value.is_null() && schema["nullable"] == true {
            return Ok(());
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fits(part, value)?;
        }
        let wrong = || Err(format!("{value} is not {}", schema["type"]));
        match schema["type"].as_str() {
            Some("string") if !value.is_string() => return wrong(),
            Some("boolean") if !value.is_boolean() => return wrong(),
            Some("integer") if !value.is_i64() => return wrong(),
            Some("number") if !value.is_number() => return wrong(),
            Some("array") => {
                let Some(items) = value.as_array() else { return wrong() };
                items.iter().try_for_each(|item| self.fits(&schema["items"], item))?;
            }
            Some("object") if !value.is_object() => return wrong(),
            _ => {}
        }
        match schema["enum"].as_array() {
            Some(words) if !words.contains(value) => Err(format!("{value} is none of {words:?}")),
            _ => self.object_fits(schema, value),
        }
    }

    fn object_fits(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let Some(fields) = value.as_object() else { return Ok(()) };
        for required in schema["required"].as_array().into_iter().flatten() {
            let name = required.as_str().unwrap();
            fields.get(name).ok_or_else(|| format!("{name} is missing in {value}"))?;
        }
        for (name, field) in fields {
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(property), _) => {
                    self.fits(property, field).map_err(|wrong| format!("{name}: {wrong}"))?;
                }
                (None, others) if others.is_object() => self.fits(others, field)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn name_of(reference: &Value) -> &str {
    reference.as_str().unwrap().strip_prefix("#/components/schemas/").unwrap()
}
