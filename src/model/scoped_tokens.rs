//! Tokens that are good for all requests, and not only for the one that they were made for.

/// Where such tokens are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScopedTokens {
    /// Nowhere.
    #[default]
    Off,
    /// Over TLS, and from the machine of the server.
    Tls,
    /// Also where whoever listens on the wire may use them, too.
    EvenWithoutTls,
}
