//! Streams that Go has written, shown as the Go program that made them says.

use mortar::heketi_db::gob::decode;
use mortar::heketi_db::value::{Struct, Value};

use super::fixtures::file;

/// A value in the notation of `tests/golang/vectors.go`.
fn show(value: &Value) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Complex(real, imaginary) => format!("({real}+{imaginary}i)"),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(bytes) => hex(bytes),
        Value::List(elements) => format!("[{}]", joined(elements.iter().map(show))),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}:{}", show(key), show(value)));
            format!("map[{}]", joined(entries))
        }
        Value::Struct(object) => structure(object),
        Value::Interface(held) => format!("{}({})", held.type_name, show(&held.value)),
        Value::Opaque(coded) => format!("{}<{}>", coded.type_name, hex(&coded.bytes)),
    }
}

fn structure(object: &Struct) -> String {
    // Types without a name have their source text instead.
    let name = if object.type_name.starts_with("struct {") { "" } else { &object.type_name };
    let fields = object.fields.iter().map(|(name, value)| format!("{name}:{}", show(value)));
    format!("{name}{{{}}}", joined(fields))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn what_go_has_encoded_is_decoded() {
    let vectors = String::from_utf8(file("gob.txt")).unwrap();
    for line in vectors.lines() {
        let [name, shown, stream] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let decoded = decode(&bytes(stream)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(show(&decoded.value), shown, "{name}");
        assert_eq!(decoded.rest, 0, "{name}");
    }
    assert_eq!(vectors.lines().count(), 19);
}

#[test]
fn no_beginning_of_what_go_has_encoded_is_taken_for_the_whole() {
    let vectors = String::from_utf8(file("gob.txt")).unwrap();
    for line in vectors.lines() {
        let stream = bytes(line.split('\t').next_back().unwrap());
        for end in 0..stream.len() {
            assert!(decode(&stream[..end]).is_err(), "{end} bytes of {line}");
        }
    }
}
