//! JSON whose fields stay in the order in which they were written down: objects of Kubernetes as people read them.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// A value.
pub(super) enum Node {
    /// Fields in their order.
    Object(Vec<(String, Node)>),
    /// Elements.
    List(Vec<Node>),
    /// A string.
    Text(String),
    /// An integer.
    Number(i64),
    /// Nothing.
    Null,
}

pub(super) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Node)>) -> Node {
    Node::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(super) fn list(elements: impl IntoIterator<Item = Node>) -> Node {
    Node::List(elements.into_iter().collect())
}

pub(super) fn text(text: impl Into<String>) -> Node {
    Node::Text(text.into())
}

pub(super) fn number(number: i64) -> Node {
    Node::Number(number)
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Node::List(elements) => serializer.collect_seq(elements),
            Node::Text(text) => serializer.serialize_str(text),
            Node::Number(number) => serializer.serialize_i64(*number),
            Node::Null => serializer.serialize_unit(),
        }
    }
}
