//! JSON as Go's `encoding/json` reads and writes it: clients of heketi were written against that.
//!
//! Reading is lenient where Go is (field names in any case, unknown fields, `null`, broken UTF-8) and strict
//! where Go is (integers are integer literals, nothing follows the value). Knows nothing of what it carries.

mod de;
mod encode;
pub mod go;
pub mod located;
mod raw;

use std::borrow::Cow;

use serde::de::DeserializeOwned;

pub use self::de::DecodeError;
pub use self::encode::{encode, encode_compact, encode_indented, encode_manifest};
pub use self::raw::Raw;

/// Decodes a whole body. `null` is an object without fields.
///
/// # Errors
/// When it is not JSON, something follows the value, or a value has the wrong type; the error names the place.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let text = readable(body);
    T::deserialize(serde_json::from_str::<Raw>(&text)?)
}

/// Decodes the first value of a text and ignores what follows it, as Go's `Decoder` does.
///
/// # Errors
/// As [`decode`].
pub fn decode_first<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let text = readable(body);
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Raw>();
    // An empty text has no first value: let the parser say so.
    let first = values.next().unwrap_or_else(|| serde_json::from_str(""))?;
    T::deserialize(first)
}

/// The text of a body: what is no UTF-8 and what is half a surrogate pair become U+FFFD.
fn readable(body: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) => repair_surrogates(text),
        Cow::Owned(text) => Cow::Owned(repair_surrogates(&text).into_owned()),
    }
}

/// Replaces escaped surrogates that are not a pair. Back slashes occur in strings only, so that no more of
/// the grammar has to be known here.
fn repair_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        repaired.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => 0,
            (Some(_), _) => 6,
            // An escape of two characters, or the end of a broken text.
            (None, _) => rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end),
        };
        if taken == 0 {
            repaired.push_str("\\ufffd");
            rest = &rest[6..];
        } else {
            repaired.push_str(&rest[..taken]);
            rest = &rest[taken..];
        }
    }
    repaired.push_str(rest);
    Cow::Owned(repaired)
}

/// The UTF-16 unit that a text begins with as `\uXXXX`.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    if digits.bytes().all(|b| b.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Inner {
        replica: i64,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Sample {
        size: i64,
        name: String,
        factor: f32,
        tags: BTreeMap<String, String>,
        list: Vec<String>,
        inner: Inner,
    }

    #[test]
    fn bodies_are_read_as_go_reads_them() {
        let check = |body: &str, expected: fn(&mut Sample)| {
            let mut sample = Sample::default();
            expected(&mut sample);
            assert_eq!(decode::<Sample>(body.as_bytes()).unwrap(), sample, "{body}");
        };
        check("null", |_| ());
        check(" {}\r\n\t ", |_| ());
        check(r#"{"SIZE":3,"unknown":{"a":[1.5]}}"#, |s| s.size = 3);
        check(r#"{"size":1,"Size":2}"#, |s| s.size = 2);
        check(r#"{"Size":2,"size":1}"#, |s| s.size = 1);
        check(r#"{"size":1,"size":null,"inner":null}"#, |s| s.size = 1);
        check(r#"{"factor":2}"#, |s| s.factor = 2.0);
        check(r#"{"inner":{"REPLICA":3}}"#, |s| s.inner.replica = 3);
        check(r#"{"tags":{"Name":"x","name":null}}"#, |s| {
            s.tags = [("Name".into(), "x".into()), ("name".into(), String::new())].into();
        });
        check(r#"{"list":["a",null]}"#, |s| s.list = vec!["a".into(), String::new()]);
        check(r#"{"name":"\ud83d\ude00\ud800x\\ud800\udc00"}"#, |s| {
            s.name = "\u{1F600}\u{FFFD}x\\ud800\u{FFFD}".into();
        });
    }

    #[test]
    fn what_go_refuses_is_refused_with_its_place() {
        let check = |body: &str, place: &str| {
            let error = decode::<Sample>(body.as_bytes()).unwrap_err();
            assert_eq!(error.path(), place, "{body}: {error}");
        };
        for body in ["", "  ", "{} x", "{}{}", "\u{feff}{}", "[]", "3", r#""a""#, r#"{"size":1"#] {
            check(body, "");
        }
        for value in ["2.0", "2e0", "1e20", r#""2""#, "true", "[]", "9223372036854775808"] {
            check(&format!(r#"{{"size":{value}}}"#), "size");
        }
        check(r#"{"inner":{"replica":"3"}}"#, "inner.replica");
        check(r#"{"inner":[3]}"#, "inner");
        check(r#"{"list":["a",3]}"#, "list[1]");
        check(r#"{"tags":{"a":1}}"#, "tags.a");
        check(r#"{"name":3}"#, "name");
    }

    #[test]
    fn broken_utf8_becomes_the_replacement_character() {
        let sample: Sample = decode(b"{\"name\":\"a\xffb\"}").unwrap();
        assert_eq!(sample.name, "a\u{FFFD}b");
    }

    #[test]
    fn the_first_value_is_enough_where_go_streams() {
        assert_eq!(decode_first::<Sample>(br#"{"size":1} and more"#).unwrap().size, 1);
        assert!(decode_first::<Sample>(b"").is_err());
    }
}
