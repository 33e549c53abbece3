//! The keys of a configuration that nothing reads: told at the start, since a misspelt key would else be a silent
//! default.

use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

use super::file::{File, Glusterfs, Jwt, Key, KubeKeys, PeerKeys, RetryLimits};

/// The paths of unknown keys, such as `glusterfs.sshexec.keyfle`. Remarks, which begin with `_`, are none.
pub(super) fn unknown_keys(text: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    // What cannot be read here was refused, or will be, by the real reading.
    if let Some(Ok(file)) = serde_json::Deserializer::from_slice(text).into_iter::<Value>().next() {
        search(&file, "", &mut found);
    }
    found
}

fn search(value: &Value, path: &str, found: &mut Vec<String>) {
    let (Some(fields), Value::Object(entries)) = (fields_at(path), value) else { return };
    for (key, value) in entries.iter().filter(|(key, _)| !key.starts_with('_')) {
        let known = fields.iter().find(|field| field.eq_ignore_ascii_case(key));
        let joint = if path.is_empty() { "" } else { "." };
        match known {
            Some(field) => search(value, &format!("{path}{joint}{field}"), found),
            None => found.push(format!("{path}{joint}{key}")),
        }
    }
}

/// The known keys of an object; `None` for what has no keys of ours in it.
fn fields_at(path: &str) -> Option<&'static [&'static str]> {
    match path {
        "" => Some(fields::<File>()),
        "jwt" => Some(fields::<Jwt>()),
        "jwt.admin" | "jwt.user" => Some(fields::<Key>()),
        "glusterfs" => Some(fields::<Glusterfs>()),
        "glusterfs.sshexec" => Some(fields::<PeerKeys>()),
        "glusterfs.kubeexec" => Some(fields::<KubeKeys>()),
        "glusterfs.operation_retry_limits" => Some(fields::<RetryLimits>()),
        _ => None,
    }
}

/// The fields of a struct, as its derived reader asks for them: no second list that could differ.
fn fields<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut seen: &'static [&'static str] = &[];
    // The reader gets nothing, and fails; by then it has asked.
    T::deserialize(Listening(&mut seen)).err();
    seen
}

struct Listening<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Listening<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("only structs have fields"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("that was enough"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
