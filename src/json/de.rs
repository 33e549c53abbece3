//! From a [`Raw`] value to a type: field names in any case at structs, `null` leaves the default, and every
//! error knows its place.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::raw::Raw;

/// Why a text could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    path: String,
    message: String,
}

impl DecodeError {
    /// Where, such as `clusters[0].nodes`; empty for the value as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same seen from one level further out.
    fn inside(mut self, place: &str) -> DecodeError {
        let joint = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{place}{joint}{}", self.path);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> DecodeError {
        DecodeError { path: String::new(), message: message.to_string() }
    }
}

impl From<serde_json::Error> for DecodeError {
    fn from(error: serde_json::Error) -> DecodeError {
        de::Error::custom(error)
    }
}

/// The wrong kind of value.
fn mismatch(expected: &str, found: &Raw) -> DecodeError {
    de::Error::custom(format!("{expected} is expected, not {}", found.kind()))
}

impl<'de> IntoDeserializer<'de, DecodeError> for Raw {
    type Deserializer = Raw;

    fn into_deserializer(self) -> Raw {
        self
    }
}

/// Scalars: `null` (in lists and maps, elsewhere it is dropped) gives the zero value.
macro_rules! scalar {
    ($($method:ident: $($pattern:pat_param)|+ => $expected:literal, $zero:ident($value:expr);)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self {
                Raw::Null => visitor.$zero($value),
                $($pattern)|+ => self.deserialize_any(visitor),
                _ => Err(mismatch($expected, &self)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Raw {
    type Error = DecodeError;

    scalar! {
        deserialize_bool: Raw::Bool(_) => "true or false", visit_bool(false);
        deserialize_i8: Raw::Unsigned(_) | Raw::Signed(_) => "an integer", visit_u64(0);
        deserialize_i16: Raw::Unsigned(_) | Raw::Signed(_) => "an integer", visit_u64(0);
        deserialize_i32: Raw::Unsigned(_) | Raw::Signed(_) => "an integer", visit_u64(0);
        deserialize_i64: Raw::Unsigned(_) | Raw::Signed(_) => "an integer", visit_u64(0);
        deserialize_u8: Raw::Unsigned(_) | Raw::Signed(_) => "an integer", visit_u64(0);
        deserialize_u16: Raw::Unsigned(_) | Raw::Signed(_) => "an integer", visit_u64(0);
        deserialize_u32: Raw::Unsigned(_) | Raw::Signed(_) => "an integer", visit_u64(0);
        deserialize_u64: Raw::Unsigned(_) | Raw::Signed(_) => "an integer", visit_u64(0);
        deserialize_f32: Raw::Unsigned(_) | Raw::Signed(_) | Raw::Float(_) => "a number", visit_f64(0.0);
        deserialize_f64: Raw::Unsigned(_) | Raw::Signed(_) | Raw::Float(_) => "a number", visit_f64(0.0);
        deserialize_str: Raw::Text(_) => "a string", visit_str("");
        deserialize_string: Raw::Text(_) => "a string", visit_str("");
        deserialize_seq: Raw::List(_) => "a list", visit_seq(Items::default());
        deserialize_map: Raw::Map(_) => "an object", visit_map(Entries::default());
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Raw::Null => visitor.visit_unit(),
            Raw::Bool(value) => visitor.visit_bool(value),
            Raw::Unsigned(value) => visitor.visit_u64(value),
            Raw::Signed(value) => visitor.visit_i64(value),
            Raw::Float(value) => visitor.visit_f64(value),
            Raw::Text(value) => visitor.visit_string(value),
            Raw::List(items) => visitor.visit_seq(Items { items: items.into_iter(), next: 0 }),
            Raw::Map(entries) => visitor.visit_map(Entries::new(entries)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self == Raw::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self {
            Raw::Null => visitor.visit_map(Entries::default()),
            Raw::Map(entries) => visitor.visit_map(Entries::new(known(entries, fields))),
            // A type of its own may take a text instead; structs refuse it.
            Raw::Text(text) => {
                let refused = mismatch("an object", &Raw::Text(String::new()));
                visitor.visit_str(&text).map_err(|_: DecodeError| refused)
            }
            // Not a list either: serde would take one for a struct.
            other => Err(mismatch("an object", &other)),
        }
    }

    /// Words that stand for themselves.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self {
            Raw::Text(text) => visitor.visit_enum(text.into_deserializer()),
            other => Err(mismatch("a word", &other)),
        }
    }

    forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any i128 u128
    }
}

/// The entries that belong to `fields`, under the names written there. The last one of a name wins, `null`
/// counts as absent.
fn known(entries: Vec<(String, Raw)>, fields: &'static [&'static str]) -> Vec<(String, Raw)> {
    let mut kept: Vec<(String, Raw)> = Vec::with_capacity(fields.len());
    for (key, value) in entries.into_iter().filter(|(_, value)| *value != Raw::Null) {
        let exact = fields.iter().find(|field| **field == key);
        let Some(name) = exact.or_else(|| fields.iter().find(|field| field.eq_ignore_ascii_case(&key)))
        else {
            continue;
        };
        kept.retain(|(other, _)| other != name);
        kept.push(((*name).to_owned(), value));
    }
    kept
}

/// The elements of a list.
#[derive(Default)]
struct Items {
    items: std::vec::IntoIter<Raw>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let place = format!("[{}]", self.next);
        self.next += 1;
        seed.deserialize(item).map(Some).map_err(|error| error.inside(&place))
    }
}

/// The entries of an object.
#[derive(Default)]
struct Entries {
    entries: std::vec::IntoIter<(String, Raw)>,
    current: Option<(String, Raw)>,
}

impl Entries {
    fn new(entries: Vec<(String, Raw)>) -> Entries {
        Entries { entries: entries.into_iter(), current: None }
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        self.current = self.entries.next();
        let Some((key, _)) = &self.current else { return Ok(None) };
        seed.deserialize(StrDeserializer::<DecodeError>::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let (key, value) = self.current.take().unwrap_or((String::new(), Raw::Null));
        seed.deserialize(value).map_err(|error| error.inside(&key))
    }
}
