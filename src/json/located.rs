//! JSON with the lines of its entries: for files that people write, so that what is wrong can be found.

use std::ops::Range;

use super::go::{Reader, Value};

/// An object's entries in order, repeated ones included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key as it is written.
    pub key: String,
    /// The line of the key, from 1.
    pub line: usize,
    /// What it is given.
    pub value: Located,
}

/// A value, and which bytes of the text it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// From where to where it stands.
    pub span: Range<usize>,
    /// What it is.
    pub shape: Shape,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number as it is written.
    Number(String),
    /// A string, its escapes decoded.
    Text(String),
    /// A list, checked and forgotten.
    List,
    /// An object.
    Object(Vec<Entry>),
}

/// What is no JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text}")]
pub struct LocatedError {
    /// Where, from 1.
    pub line: usize,
    /// Go's text.
    pub text: String,
}

/// The first value of a text, whatever follows it.
///
/// # Errors
/// Go's text for what is no JSON, and the line.
pub fn first(text: &[u8]) -> Result<Located, LocatedError> {
    let mut reader = Reader::of_stream(text);
    let read = match reader.peek() {
        None => Err("EOF".to_owned()),
        Some(_) => value(&mut reader),
    };
    read.map_err(|message| LocatedError { line: line_at(text, reader.at), text: message })
}

fn value(reader: &mut Reader<'_>) -> Result<Located, String> {
    let first = reader.need()?;
    let start = reader.at;
    let shape = if first == b'{' {
        Shape::Object(reader.nested(entries)?)
    } else {
        match reader.value()? {
            Value::Null => Shape::Null,
            Value::Bool => Shape::Flag(first == b't'),
            Value::Number(digits) => Shape::Number(digits),
            Value::Text(text) => Shape::Text(text),
            Value::List | Value::Object(_) => Shape::List,
        }
    };
    Ok(Located { span: start..reader.at, shape })
}

fn entries(reader: &mut Reader<'_>) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    if reader.need()? == b'}' {
        reader.at += 1;
        return Ok(entries);
    }
    loop {
        reader.need()?;
        let line = line_at(reader.text, reader.at);
        let key = reader.key()?;
        entries.push(Entry { key, line, value: value(reader)? });
        if reader.ends(b'}', "after object key:value pair")? {
            return Ok(entries);
        }
    }
}

fn line_at(text: &[u8], at: usize) -> usize {
    1 + text.iter().take(at).filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_know_their_lines_and_values_their_bytes() {
        let text = b"{\n \"a\": {\"b\": true},\n\n \"c\": [1,\n{}], \"d\": -1.5,\"d\":null} and more";
        let Shape::Object(found) = first(text).unwrap().shape else { panic!("it is an object") };
        let seen: Vec<_> = found.iter().map(|entry| (entry.key.as_str(), entry.line)).collect();
        assert_eq!(seen, [("a", 2), ("c", 4), ("d", 5), ("d", 5)]);
        assert_eq!(&text[found[0].value.span.clone()], b"{\"b\": true}");
        assert_eq!(found[1].value.shape, Shape::List);
        assert_eq!(found[2].value.shape, Shape::Number("-1.5".to_owned()));
        assert_eq!(found[3].value.shape, Shape::Null);
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        let check = |text: &[u8], line: usize, words: &str| {
            assert_eq!(first(text), Err(LocatedError { line, text: words.to_owned() }));
        };
        check(b"", 1, "EOF");
        check(b"{\n\"a\": 1\n\"b\": 2}", 3, "invalid character '\"' after object key:value pair");
        check(b"{\n\"a\": 1,\n}", 3, "invalid character '}' looking for beginning of object key string");
        check(b"{\n// no\n}", 2, "invalid character '/' looking for beginning of object key string");
        check(b"{\"a\": ", 1, "unexpected EOF");
    }
}
