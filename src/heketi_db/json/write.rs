//! An export, as Go's encoder writes it.

use std::io::{self, Write};

use serde::Serialize as _;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::super::entities::Database;

/// Writes an export: indented by four blanks, with a line feed at the end. As for heketi, operations are in it only where
/// the database says that it records them.
pub fn write(database: &Database) -> Vec<u8> {
    let mut text = Vec::new();
    let mut serializer =
        Serializer::with_formatter(&mut text, GoFormatter(PrettyFormatter::with_indent(b"    ")));
    // Writing to memory cannot fail, and all keys are texts.
    let written = if database.records_operations() {
        database.serialize(&mut serializer)
    } else {
        Database { operations: Default::default(), ..database.clone() }.serialize(&mut serializer)
    };
    if written.is_err() {
        text = b"null".to_vec();
    }
    text.push(b'\n');
    text
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

    /// The shortest digits; with an exponent where the number is very large or very small.
    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, number: f32) -> io::Result<()> {
        let size = number.abs();
        if size >= 1e21 {
            return write!(writer, "{}", format!("{number:e}").replace('e', "e+"));
        }
        if size > 0.0 && size < 1e-6 { write!(writer, "{number:e}") } else { write!(writer, "{number}") }
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let special = |c: &char| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        for part in text.split_inclusive(|c| special(&c)) {
            match part.char_indices().next_back().filter(|(_, last)| special(last)) {
                Some((at, last)) => {
                    writer.write_all(part.as_bytes().get(..at).unwrap_or_default())?;
                    write!(writer, "\\u{:04x}", u32::from(last))?;
                }
                None => writer.write_all(part.as_bytes())?,
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Backspace => writer.write_all(b"\\u0008"),
            CharEscape::FormFeed => writer.write_all(b"\\u000c"),
            other => CompactFormatter.write_char_escape(writer, other),
        }
    }
}
