//! A value that describes itself: what a gob stream and a JSON text are read into.

use std::sync::Arc;

/// A value of whatever kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: an interface without a value, or JSON's `null`.
    Nil,
    /// True or false.
    Bool(bool),
    /// A signed number.
    Int(i64),
    /// An unsigned number.
    Uint(u64),
    /// A floating-point number.
    Float(f64),
    /// A complex number: its real and its imaginary part.
    Complex(f64, f64),
    /// Text.
    Text(String),
    /// Bytes, or a string that is not UTF-8.
    Bytes(Vec<u8>),
    /// Elements in order.
    List(Vec<Value>),
    /// Keys and their values, in the order of the stream.
    Map(Vec<(Value, Value)>),
    /// Fields by name.
    Struct(Struct),
    /// What an interface holds.
    Interface(Box<Interface>),
    /// What a type has encoded itself.
    Opaque(Opaque),
}

/// Fields by name. Those with a zero value may be absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// The name of its type; empty in JSON, Go source text for types without a name.
    pub type_name: Arc<str>,
    /// Names and values in the order of the stream.
    pub fields: Vec<(Arc<str>, Value)>,
}

/// What an interface holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Interface {
    /// The name that the type was registered by, such as `int` or `*package.Type`.
    pub type_name: String,
    /// The value.
    pub value: Value,
}

/// What a type has encoded itself, such as a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Opaque {
    /// The name of the type.
    pub type_name: Arc<str>,
    /// What it wrote.
    pub bytes: Vec<u8>,
}

impl Value {
    /// What it is, with an article.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Nil => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => "a number",
            Value::Complex(..) => "a complex number",
            Value::Text(_) => "a text",
            Value::Bytes(_) => "a string of bytes",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Struct(_) => "an object",
            Value::Interface(_) => "an interface",
            Value::Opaque(_) => "a value of unknown encoding",
        }
    }

    /// The value itself, without the interface around it.
    pub fn bare(&self) -> &Value {
        match self {
            Value::Interface(held) => held.value.bare(),
            other => other,
        }
    }

    /// The number, if it is a whole one of that range.
    pub fn as_i64(&self) -> Option<i64> {
        match *self.bare() {
            Value::Int(number) => Some(number),
            Value::Uint(number) => i64::try_from(number).ok(),
            Value::Float(number) => whole(number),
            _ => None,
        }
    }

    /// The number, if it is a whole one of that range.
    pub fn as_u64(&self) -> Option<u64> {
        match *self.bare() {
            Value::Uint(number) => Some(number),
            _ => self.as_i64().and_then(|number| u64::try_from(number).ok()),
        }
    }
}

/// The whole number that a float is exactly.
fn whole(number: f64) -> Option<i64> {
    /// Beyond this, floats leave out whole numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_whole = number.fract() == 0.0 && number.abs() <= EXACT;
    // Its text is digits only: the way without a cast.
    if is_whole { format!("{number:.0}").parse().ok() } else { None }
}

impl Struct {
    /// The value of a field, if it was sent.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(own, _)| &**own == name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_numbers_whatever_their_encoding() {
        assert_eq!(Value::Float(7.0).as_i64(), Some(7));
        assert_eq!(Value::Float(-7.0).as_i64(), Some(-7));
        assert_eq!(Value::Float(-0.0).as_i64(), Some(0));
        for none in [7.5, 1e19, f64::NAN, f64::INFINITY] {
            assert_eq!(Value::Float(none).as_i64(), None, "{none}");
        }
        assert_eq!(Value::Uint(u64::MAX).as_i64(), None);
        assert_eq!(Value::Uint(u64::MAX).as_u64(), Some(u64::MAX));
        assert_eq!(Value::Int(-1).as_u64(), None);
        let held = Interface { type_name: "int".to_owned(), value: Value::Int(5) };
        assert_eq!(Value::Interface(Box::new(held)).as_u64(), Some(5));
    }
}
