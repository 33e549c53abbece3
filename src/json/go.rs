//! JSON with the error texts of Go's decoder, as far as clients see them: the entries of the outermost object,
//! numbers as they were written. [`super::decode`] reads bodies; its errors need no particular words.

/// Deeper values are refused: they come from callers who are not known yet.
const MAX_DEPTH: usize = 100;

/// A value; lists, and objects inside of others, are checked and forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// As it was written.
    Number(String),
    /// A string, its escapes decoded.
    Text(String),
    /// A list.
    List,
    /// An object's entries in order.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The word for it in Go's errors.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool => "bool",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::List => "array",
            Value::Object(_) => "object",
        }
    }
}

/// The value that is the whole text.
///
/// # Errors
/// Go's text.
pub fn whole(text: &[u8]) -> Result<Value, String> {
    let mut reader = Reader { text, at: 0, depth: 0, end: "unexpected end of JSON input" };
    let value = reader.value()?;
    match reader.peek() {
        None => Ok(value),
        Some(byte) => Err(invalid(byte, "after top-level value")),
    }
}

/// The first value of a text, whatever follows it.
///
/// # Errors
/// Go's text.
pub fn first(text: &[u8]) -> Result<Value, String> {
    let mut reader = Reader::of_stream(text);
    match reader.peek() {
        None => Err("EOF".to_owned()),
        Some(_) => reader.value(),
    }
}

/// The grammar, byte by byte; what is made of a value is the caller's.
pub(super) struct Reader<'a> {
    pub(super) text: &'a [u8],
    /// How far it has been read.
    pub(super) at: usize,
    depth: usize,
    /// What to say when the text ends too early.
    end: &'static str,
}

impl<'a> Reader<'a> {
    /// A reader of a text that may go on behind its first value.
    pub(super) fn of_stream(text: &'a [u8]) -> Reader<'a> {
        Reader { text, at: 0, depth: 0, end: "unexpected EOF" }
    }

    /// The next byte that is no white space; it stays.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    /// The same where something has to follow.
    pub(super) fn need(&mut self) -> Result<u8, String> {
        self.peek().ok_or_else(|| self.end.to_owned())
    }

    /// The byte right here, white space or not.
    fn here(&self) -> Result<u8, String> {
        self.text.get(self.at).copied().ok_or_else(|| self.end.to_owned())
    }

    /// The value that stands here.
    pub(super) fn value(&mut self) -> Result<Value, String> {
        match self.need()? {
            b'{' => self.nested(Reader::object),
            b'[' => self.nested(Reader::list),
            b'"' => self.string().map(Value::Text),
            b't' => self.literal("true", Value::Bool),
            b'f' => self.literal("false", Value::Bool),
            b'n' => self.literal("null", Value::Null),
            b'-' | b'0'..=b'9' => self.number(),
            other => Err(invalid(other, "looking for beginning of value")),
        }
    }

    /// Reads behind an opening bracket.
    pub(super) fn nested<T>(&mut self, read: fn(&mut Self) -> Result<T, String>) -> Result<T, String> {
        if self.depth == MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, String> {
        let mut entries = Vec::new();
        if self.need()? == b'}' {
            self.at += 1;
            return Ok(Value::Object(entries));
        }
        loop {
            let key = self.key()?;
            let value = self.value()?;
            entries.push((key, value));
            if self.ends(b'}', "after object key:value pair")? {
                return Ok(Value::Object(entries));
            }
        }
    }

    /// A key of an object, and the colon behind it.
    pub(super) fn key(&mut self) -> Result<String, String> {
        let quote = self.need()?;
        if quote != b'"' {
            return Err(invalid(quote, "looking for beginning of object key string"));
        }
        let key = self.string()?;
        let colon = self.need()?;
        if colon != b':' {
            return Err(invalid(colon, "after object key"));
        }
        self.at += 1;
        Ok(key)
    }

    fn list(&mut self) -> Result<Value, String> {
        if self.need()? == b']' {
            self.at += 1;
            return Ok(Value::List);
        }
        loop {
            self.value()?;
            if self.ends(b']', "after array element")? {
                return Ok(Value::List);
            }
        }
    }

    /// Takes what follows an element: a comma, or the closing bracket.
    pub(super) fn ends(&mut self, close: u8, place: &str) -> Result<bool, String> {
        let byte = self.need()?;
        if byte != b',' && byte != close {
            return Err(invalid(byte, place));
        }
        self.at += 1;
        Ok(byte == close)
    }

    fn literal(&mut self, word: &'static str, value: Value) -> Result<Value, String> {
        for expected in word.bytes() {
            let byte = self.here()?;
            if byte != expected {
                let place = format!("in literal {word} (expecting '{}')", char::from(expected));
                return Err(invalid(byte, &place));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.skip(b"-");
        if !self.skip(b"0") {
            self.digits("in numeric literal")?;
        }
        if self.skip(b".") {
            self.digits("after decimal point in numeric literal")?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits("in exponent of numeric literal")?;
        }
        Ok(Value::Number(String::from_utf8_lossy(&self.text[start..self.at]).into_owned()))
    }

    fn skip(&mut self, any: &[u8]) -> bool {
        let found = self.text.get(self.at).is_some_and(|byte| any.contains(byte));
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self, place: &str) -> Result<(), String> {
        let byte = self.here()?;
        if !byte.is_ascii_digit() {
            return Err(invalid(byte, place));
        }
        while self.skip(b"0123456789") {}
        Ok(())
    }

    /// Reads from the opening quote to the closing one. What is no UTF-8 becomes U+FFFD.
    pub(super) fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.here()? {
                b'"' => break,
                b'\\' => self.escape()?,
                byte @ 0..0x20 => return Err(invalid(byte, "in string literal")),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        // The escapes are decoded by the reader of bodies; they were checked above, so that it cannot fail.
        super::decode(&self.text[start..self.at]).map_err(|error| error.to_string())
    }

    fn escape(&mut self) -> Result<(), String> {
        self.at += 1;
        let kind = self.here()?;
        if !b"\"\\/bfnrtu".contains(&kind) {
            return Err(invalid(kind, "in string escape code"));
        }
        self.at += 1;
        for _ in 0..if kind == b'u' { 4 } else { 0 } {
            let digit = self.here()?;
            if !digit.is_ascii_hexdigit() {
                return Err(invalid(digit, "in \\u hexadecimal character escape"));
            }
            self.at += 1;
        }
        Ok(())
    }
}

/// Go's error for a byte in the wrong place. Bytes above ASCII are shown as the character of that number.
fn invalid(byte: u8, place: &str) -> String {
    let shown = match byte {
        b'\'' => "\\'".to_owned(),
        b'\\' => "\\\\".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        0x07 => "\\a".to_owned(),
        0x08 => "\\b".to_owned(),
        0x0b => "\\v".to_owned(),
        0x0c => "\\f".to_owned(),
        0..0x20 | 0x7f => format!("\\x{byte:02x}"),
        0x80..=0xa0 | 0xad => format!("\\u{byte:04x}"),
        other => char::from(other).to_string(),
    };
    format!("invalid character '{shown}' {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_keep_their_entries() {
        let value =
            whole(br#" {"a":"x\u0041\n","b":-1.50e+3,"c":[{},[1,2]],"d":{"e":null},"f":true,"g":null} "#);
        let text = |text: &str| Value::Text(text.to_owned());
        let inner = Value::Object(vec![("e".to_owned(), Value::Null)]);
        let expected = [
            ("a", text("xA\n")),
            ("b", Value::Number("-1.50e+3".to_owned())),
            ("c", Value::List),
            ("d", inner),
            ("f", Value::Bool),
            ("g", Value::Null),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value)).to_vec();
        assert_eq!(value, Ok(Value::Object(expected)));
        assert_eq!(whole(b"\"\xff\""), Ok(text("\u{FFFD}")));
    }

    #[test]
    fn errors_are_in_gos_words() {
        let check = |text: &str, expected: &str| assert_eq!(whole(text.as_bytes()), Err(expected.to_owned()));
        let invalid = |text: &str, rest: &str| check(text, &format!("invalid character {rest}"));
        for text in ["", " ", "{", "{\"a\"", "[1", "\"a", "tr", "-", "1e", "\"\\u12"] {
            check(text, "unexpected end of JSON input");
        }
        invalid("x", "'x' looking for beginning of value");
        invalid("\u{feff}{}", "'ï' looking for beginning of value");
        invalid("{} x", "'x' after top-level value");
        invalid("01", "'1' after top-level value");
        invalid("{a", "'a' looking for beginning of object key string");
        invalid("{\"a\":1,}", "'}' looking for beginning of object key string");
        invalid("{\"a\" 1", "'1' after object key");
        invalid("{\"a\":1 \"", "'\"' after object key:value pair");
        invalid("[1 2]", "'2' after array element");
        invalid("[1,]", "']' looking for beginning of value");
        invalid("trux", "'x' in literal true (expecting 'e')");
        invalid("-x", "'x' in numeric literal");
        invalid("1.x", "'x' after decimal point in numeric literal");
        invalid("1e+x", "'x' in exponent of numeric literal");
        invalid("\"\n", "'\\n' in string literal");
        invalid("\"\\'", "'\\'' in string escape code");
        invalid("\"\\u12g", "'g' in \\u hexadecimal character escape");
        check(&"[".repeat(200), "exceeded max depth");
    }

    #[test]
    fn a_stream_ends_where_its_value_ends() {
        assert_eq!(first(b"{} x"), Ok(Value::Object(Vec::new())));
        assert_eq!(first(b" "), Err("EOF".to_owned()));
        assert_eq!(first(b"{"), Err("unexpected EOF".to_owned()));
    }
}
