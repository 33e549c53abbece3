//! The types of a stream: those that need no description, and those it describes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cursor::Cursor;
use super::error::{Fault, GobError};

/// How many types a stream may describe, and how many fields a struct may have. heketi's have a dozen of each.
pub(super) const MAX_DESCRIBED: usize = 4096;

/// How the values of a type are encoded.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    Bool,
    Int,
    Uint,
    Float,
    Bytes,
    Text,
    Complex,
    Interface,
    /// Slices and arrays: the elements' type.
    List(i64),
    /// The types of keys and values.
    Map(i64, i64),
    Struct(Arc<StructType>),
    /// The type has an encoder of its own; its name.
    Opaque(Arc<str>),
}

/// A struct's name, and the names and types of its fields.
#[derive(Debug, PartialEq)]
pub(super) struct StructType {
    pub(super) name: Arc<str>,
    pub(super) fields: Vec<(Arc<str>, i64)>,
}

/// The types that a stream has described so far.
#[derive(Debug, Default)]
pub(super) struct Types(BTreeMap<i64, Type>);

impl Types {
    /// The type with that number.
    pub(super) fn get(&self, number: i64) -> Option<Type> {
        Some(match number {
            1 => Type::Bool,
            2 => Type::Int,
            3 => Type::Uint,
            4 => Type::Float,
            5 => Type::Bytes,
            6 => Type::Text,
            7 => Type::Complex,
            8 => Type::Interface,
            own => return self.0.get(&own).cloned(),
        })
    }

    /// Reads a description; `negative` is what stands before it: the type's number with a minus.
    pub(super) fn describe(&mut self, negative: i64, cursor: &mut Cursor<'_>) -> Result<(), GobError> {
        let number = negative.checked_neg().filter(|number| *number > 8);
        let number = number.ok_or_else(|| cursor.error(Fault::TypeNumber(negative)))?;
        let (mut found, mut kinds) = (None, FieldNumbers::default());
        while let Some(kind) = kinds.follow(cursor)? {
            found = Some(match kind {
                0 | 1 => Type::List(compound(cursor)?.first),
                2 => Type::Struct(Arc::new(structure(cursor)?)),
                3 => compound(cursor).map(|map| Type::Map(map.first, map.second))?,
                4..=6 => Type::Opaque(compound(cursor)?.name),
                _ => return Err(cursor.error(Fault::NoKind(number))),
            });
        }
        let found = found.ok_or_else(|| cursor.error(Fault::NoKind(number)))?;
        self.0.insert(number, found);
        if self.0.len() > MAX_DESCRIBED { Err(cursor.error(Fault::TooManyTypes)) } else { Ok(()) }
    }
}

/// The numbers of a struct's fields: each is sent as its difference to the one before, and 0 ends them.
#[derive(Default)]
pub(super) struct FieldNumbers {
    /// The field that a difference of 1 would mean.
    next: u64,
}

impl FieldNumbers {
    /// The number of the field whose value follows, or none where the struct ends.
    pub(super) fn follow(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<u64>, GobError> {
        let difference = cursor.uint("the number of a field")?;
        let Some(skipped) = difference.checked_sub(1) else { return Ok(None) };
        let number = self.next.saturating_add(skipped);
        self.next = number.saturating_add(1);
        Ok(Some(number))
    }
}

/// What the descriptions of all types but structs consist of.
#[derive(Default)]
struct Compound {
    name: Arc<str>,
    /// The elements or the keys.
    first: i64,
    /// The values; the length of arrays, which their values repeat.
    second: i64,
}

fn compound(cursor: &mut Cursor<'_>) -> Result<Compound, GobError> {
    let mut found = Compound::default();
    let mut numbers = FieldNumbers::default();
    while let Some(field) = numbers.follow(cursor)? {
        match field {
            0 => found.name = named(cursor)?.0,
            1 => found.first = cursor.int("the number of a type")?,
            2 => found.second = cursor.int("the number of a type")?,
            other => return Err(cursor.error(Fault::DescriptionField(other))),
        }
    }
    Ok(found)
}

fn structure(cursor: &mut Cursor<'_>) -> Result<StructType, GobError> {
    let mut found = StructType { name: Arc::default(), fields: Vec::new() };
    let mut numbers = FieldNumbers::default();
    while let Some(field) = numbers.follow(cursor)? {
        match field {
            0 => found.name = named(cursor)?.0,
            1 => {
                for _ in 0..cursor.count("the fields of a type")? {
                    found.fields.push(named(cursor)?);
                    if found.fields.len() > MAX_DESCRIBED {
                        return Err(cursor.error(Fault::TooManyTypes));
                    }
                }
            }
            other => return Err(cursor.error(Fault::DescriptionField(other))),
        }
    }
    Ok(found)
}

/// A name and the number of a type.
fn named(cursor: &mut Cursor<'_>) -> Result<(Arc<str>, i64), GobError> {
    let (mut name, mut number) = (Arc::default(), 0);
    let mut numbers = FieldNumbers::default();
    while let Some(field) = numbers.follow(cursor)? {
        match field {
            0 => name = String::from_utf8_lossy(cursor.bytes("a name")?).into(),
            1 => number = cursor.int("the number of a type")?,
            other => return Err(cursor.error(Fault::DescriptionField(other))),
        }
    }
    Ok((name, number))
}
