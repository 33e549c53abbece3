//! Values written as Go's encoder writes them; visible to programs that compare bodies byte for byte.

use std::fmt::{Display, LowerExp};
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// One line with its line feed: the body of an answer.
///
/// Maps come out sorted as far as they are sorted maps; use no other ones in wire types.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut body = encode_compact(value);
    body.push(b'\n');
    body
}

/// One line without a line feed.
pub fn encode_compact<T: Serialize>(value: &T) -> Vec<u8> {
    encode_with(value, GoFormatter(CompactFormatter))
}

/// Indented by four blanks, with a line feed at the end: what people read.
pub fn encode_indented<T: Serialize>(value: &T) -> Vec<u8> {
    let mut body = encode_with(value, GoFormatter(PrettyFormatter::with_indent(b"    ")));
    body.push(b'\n');
    body
}

/// Indented by two blanks, without a line feed: as Go programs write objects of Kubernetes.
pub fn encode_manifest<T: Serialize>(value: &T) -> Vec<u8> {
    encode_with(value, GoFormatter(PrettyFormatter::with_indent(b"  ")))
}

fn encode_with<T: Serialize, F: Formatter>(value: &T, formatter: F) -> Vec<u8> {
    let mut body = Vec::new();
    // Writing to memory cannot fail, and wire types have only strings as keys.
    if value.serialize(&mut Serializer::with_formatter(&mut body, formatter)).is_err() {
        body = b"null".to_vec();
    }
    body
}

/// Go's numbers and strings; white space is left to another formatter.
struct GoFormatter<F>(F);

/// Hands methods on to the formatter that knows the white space.
macro_rules! layout {
    ($($method:ident($($argument:ident: $type:ty)?);)*) => {$(
        fn $method<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $type)?) -> io::Result<()> {
            self.0.$method(writer $(, $argument)?)
        }
    )*};
}

impl<F: Formatter> Formatter for GoFormatter<F> {
    layout! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        let size = value.abs();
        write_number(writer, value, size > 0.0 && size < 1e-6, size >= 1e21)
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let size = value.abs();
        write_number(writer, value, size > 0.0 && size < 1e-6, size >= 1e21)
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let special = |c: char| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        let mut rest = text;
        while let Some(at) = rest.find(special) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(c) = chars.next() {
                write!(writer, "\\u{:04x}", u32::from(c))?;
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Backspace => writer.write_all(b"\\u0008"),
            CharEscape::FormFeed => writer.write_all(b"\\u000c"),
            other => CompactFormatter.write_char_escape(writer, other),
        }
    }
}

/// The shortest digits; with an exponent where the number is very small or very large. Source: Go's encoding/json.
fn write_number<W: ?Sized + Write>(
    writer: &mut W,
    number: impl Display + LowerExp,
    is_small: bool,
    is_large: bool,
) -> io::Result<()> {
    match (is_small, is_large) {
        (_, true) => write!(writer, "{}", format!("{number:e}").replace('e', "e+")),
        (true, _) => write!(writer, "{number:e}"),
        _ => write!(writer, "{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_go_writes_them() {
        fn check<T: Serialize>(value: T, expected: &str) {
            assert_eq!(String::from_utf8(encode_compact(&value)).unwrap(), expected);
        }
        check(1.0_f32, "1");
        check(1.5_f32, "1.5");
        check(1.33_f32, "1.33");
        check(2.5e-7_f32, "2.5e-7");
        check(1e21_f64, "1e+21");
        check(
            "<a>&\u{2028}\u{2029}é\"\\\n\u{8}\u{c}\u{1}/",
            r#""\u003ca\u003e\u0026\u2028\u2029é\"\\\n\u0008\u000c\u0001/""#,
        );
        check([("a", 1_i64)], r#"[["a",1]]"#);
        assert_eq!(encode(&"x"), b"\"x\"\n");
        let nested = std::collections::BTreeMap::from([("a", vec!["<"]), ("b", vec![])]);
        let lines = "{\n    \"a\": [\n        \"\\u003c\"\n    ],\n    \"b\": []\n}\n";
        assert_eq!(String::from_utf8(encode_indented(&nested)).unwrap(), lines);
    }
}
