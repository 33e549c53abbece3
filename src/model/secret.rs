//! Texts and keys that are never shown: not in a log, not in an error, not in what is stored of an operation.

use std::fmt;

/// A text that is never shown. It cannot be serialized either: whoever hands it out says so by [`Secret::expose`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T = String>(T);

impl Secret {
    /// Keeps a text from being shown.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, for computing with it and for those it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

const REDACTED: &str = "(secret)";

impl Secret<Vec<u8>> {
    /// Keeps bytes from being shown.
    pub fn of_bytes(bytes: impl Into<Vec<u8>>) -> Secret<Vec<u8>> {
        Secret(bytes.into())
    }

    /// The bytes, for computing with them.
    pub fn expose_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_itself_to_nobody_who_does_not_ask_for_it() {
        let secret = Secret::new("Tr0ub4dor");
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "(secret) (secret) (secret)");
        assert_eq!(secret.expose(), "Tr0ub4dor");
    }
}
