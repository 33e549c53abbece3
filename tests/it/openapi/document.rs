//! The OpenAPI document, and the operations in it.

use serde_json::{Map, Value};

/// The published document.
pub fn document() -> Value {
    serde_json::from_str(&published()).unwrap()
}

/// The document as it is published.
pub fn published() -> String {
    mortar::http::openapi::published(&mortar::http::routes().1).unwrap()
}

/// An operation with its method and path.
pub struct Operation {
    pub method: String,
    pub path: String,
    pub body: Map<String, Value>,
}

impl Operation {
    pub fn all(document: &Value) -> Vec<Operation> {
        let paths = document["paths"].as_object().unwrap();
        let of = |(path, item): (&String, &Value)| {
            let methods = item.as_object().unwrap().clone().into_iter();
            let path = path.clone();
            methods.map(move |(method, body)| Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                body: body.as_object().unwrap().clone(),
            })
        };
        paths.iter().flat_map(of).collect()
    }

    pub fn name(&self) -> &str {
        self.body.get("operationId").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn responses(&self) -> &Map<String, Value> {
        self.body["responses"].as_object().unwrap()
    }

    pub fn is_open(&self) -> bool {
        self.body.contains_key("security")
    }
}
