//! From a stream to its value.

use std::sync::Arc;

use super::super::value::{Interface, Opaque, Struct, Value};
use super::Decoded;
use super::cursor::Cursor;
use super::error::{Fault, GobError};
use super::types::{FieldNumbers, StructType, Type, Types};

/// How deep values may be in each other; heketi's go seven levels deep. A few bytes of a stream can nest a level.
pub(super) const MAX_DEPTH: usize = 64;

/// How many values a stream may have, elements and fields included. In memory each takes many times its bytes.
pub(super) const MAX_VALUES: usize = 1 << 20;

/// Reads one stream.
pub(super) struct Reader<'a> {
    cursor: Cursor<'a>,
    types: Types,
    /// How many more values there may be.
    budget: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { cursor: Cursor::new(bytes), types: Types::default(), budget: MAX_VALUES }
    }

    /// Reads descriptions up to the value, and the value.
    pub(super) fn stream(mut self) -> Result<Decoded, GobError> {
        loop {
            if self.cursor.left() == 0 {
                return Err(self.cursor.error(Fault::NoValue));
            }
            self.cursor.count("a message")?;
            let number = self.type_number()?;
            if number < 0 {
                self.types.describe(number, &mut self.cursor)?;
                continue;
            }
            let value = self.delimited(number, MAX_DEPTH)?;
            return Ok(Decoded { value, rest: self.cursor.left() });
        }
    }

    fn type_number(&mut self) -> Result<i64, GobError> {
        self.cursor.int("the number of a type")
    }

    /// A value on its own: structs as they are, others behind a 0.
    fn delimited(&mut self, number: i64, depth: usize) -> Result<Value, GobError> {
        let is_struct = matches!(self.types.get(number), Some(Type::Struct(_)));
        if !is_struct {
            let zero = self.cursor.uint("a value")?;
            if zero != 0 {
                return Err(self.cursor.error(Fault::NotSingle(zero)));
            }
        }
        self.value(number, depth)
    }

    /// A value of a type; `depth` is how many levels may be below it.
    fn value(&mut self, number: i64, depth: usize) -> Result<Value, GobError> {
        let Some(below) = depth.checked_sub(1) else { return Err(self.cursor.error(Fault::TooDeep)) };
        let Some(budget) = self.budget.checked_sub(1) else { return Err(self.cursor.error(Fault::TooMany)) };
        self.budget = budget;
        let Some(found) = self.types.get(number) else {
            return Err(self.cursor.error(Fault::UnknownType(number)));
        };
        Ok(match found {
            Type::Bool => Value::Bool(self.truth()?),
            Type::Int => Value::Int(self.cursor.int("a number")?),
            Type::Uint => Value::Uint(self.cursor.uint("a number")?),
            Type::Float => Value::Float(self.cursor.float()?),
            Type::Complex => Value::Complex(self.cursor.float()?, self.cursor.float()?),
            Type::Bytes => Value::Bytes(self.cursor.bytes("bytes")?.to_vec()),
            Type::Text => text(self.cursor.bytes("a text")?),
            Type::Interface => self.interface(below)?,
            Type::List(element) => self.list(element, below)?,
            Type::Map(key, value) => self.map(key, value, below)?,
            Type::Struct(fields) => self.structure(&fields, below)?,
            Type::Opaque(type_name) => {
                Value::Opaque(Opaque { type_name, bytes: self.cursor.bytes("an encoded value")?.to_vec() })
            }
        })
    }

    fn truth(&mut self) -> Result<bool, GobError> {
        match self.cursor.uint("a truth value")? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.cursor.error(Fault::NotBool(other))),
        }
    }

    fn list(&mut self, element: i64, depth: usize) -> Result<Value, GobError> {
        let count = self.cursor.count("the elements of a list")?;
        // The count is not trusted with memory: the list grows as elements come.
        let mut elements = Vec::new();
        for _ in 0..count {
            elements.push(self.value(element, depth)?);
        }
        Ok(Value::List(elements))
    }

    fn map(&mut self, key: i64, value: i64, depth: usize) -> Result<Value, GobError> {
        let count = self.cursor.count("the entries of a map")?;
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push((self.value(key, depth)?, self.value(value, depth)?));
        }
        Ok(Value::Map(entries))
    }

    fn structure(&mut self, described: &StructType, depth: usize) -> Result<Value, GobError> {
        let (mut fields, mut numbers) = (Vec::new(), FieldNumbers::default());
        while let Some(number) = numbers.follow(&mut self.cursor)? {
            let field = usize::try_from(number).ok().and_then(|number| described.fields.get(number));
            let (name, kind) = field.ok_or_else(|| self.cursor.error(no_field(described, number)))?;
            fields.push((Arc::clone(name), self.value(*kind, depth)?));
        }
        Ok(Value::Struct(Struct { type_name: Arc::clone(&described.name), fields }))
    }

    /// The name of a type, descriptions if they are needed, the type's number, a length, and the value.
    fn interface(&mut self, depth: usize) -> Result<Value, GobError> {
        let name = self.cursor.bytes("the name of a type")?;
        if name.is_empty() {
            return Ok(Value::Nil);
        }
        let number = loop {
            let number = self.type_number()?;
            if number >= 0 {
                break number;
            }
            self.types.describe(number, &mut self.cursor)?;
            self.cursor.count("a message")?;
        };
        self.cursor.count("what an interface holds")?;
        let value = self.delimited(number, depth)?;
        let type_name = String::from_utf8_lossy(name).into_owned();
        Ok(Value::Interface(Box::new(Interface { type_name, value })))
    }
}

fn no_field(described: &StructType, field: u64) -> Fault {
    // Types without a name have their source text instead.
    let type_name = described.name.chars().take(40).collect();
    Fault::NoField { type_name, fields: described.fields.len(), field }
}

fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Bytes(bytes.to_vec()),
    }
}
