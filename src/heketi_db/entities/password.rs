//! A text that does not show itself in logs and errors.

use std::fmt;

use serde::{Serialize, Serializer};

/// The password of a block volume. The export has it in clear; nothing else shows it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Keeps a text from being shown.
    pub fn new(text: impl Into<String>) -> Password {
        Password(text.into())
    }

    /// The text, for those it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_only_in_the_export() {
        let password = Password::new("Tr0ub4dor");
        assert_eq!(format!("{password:?}"), "(secret)");
        assert_eq!(serde_json::to_string(&password).unwrap(), r#""Tr0ub4dor""#);
    }
}
