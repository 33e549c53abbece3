//! From JSON to a value.

use std::sync::Arc;

use super::super::value::{Struct, Value};
use crate::json::Raw;

impl From<Raw> for Value {
    fn from(raw: Raw) -> Value {
        match raw {
            Raw::Null => Value::Nil,
            Raw::Bool(flag) => Value::Bool(flag),
            Raw::Signed(number) => Value::Int(number),
            Raw::Unsigned(number) => Value::Uint(number),
            Raw::Float(number) => Value::Float(number),
            Raw::Text(text) => Value::Text(text),
            Raw::List(elements) => Value::List(elements.into_iter().map(Value::from).collect()),
            Raw::Map(entries) => {
                let fields = entries.into_iter().map(|(name, value)| (name.into(), value.into()));
                Value::Struct(Struct { type_name: Arc::default(), fields: fields.collect() })
            }
        }
    }
}
