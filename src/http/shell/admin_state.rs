//! Whether requests that change something are let in at present.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::http::Method;

/// heketi's text for who is not let in.
pub(super) const CLOSED: &str = "Service disabled for maintenance";

/// What heketi leaves unsaid.
pub(super) const CLOSED_WHY: &str = "The server was told to let only requests that read through (`read-only`), or those that \
    change something only from its own machine (`local-client`). SIGUSR2 or a restart ends that.";

/// Which requests are let in. Those that only read always are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AdminState {
    /// All.
    #[default]
    Normal,
    /// Those that only read.
    ReadOnly,
    /// Those that only read, and all from this machine.
    LocalClient,
}

/// A name that is none of a state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown admin state name: {0}")]
pub struct UnknownAdminState(String);

impl AdminState {
    const ALL: [AdminState; 3] = [AdminState::Normal, AdminState::ReadOnly, AdminState::LocalClient];

    /// heketi's name of it.
    pub fn name(self) -> &'static str {
        match self {
            AdminState::Normal => "normal",
            AdminState::ReadOnly => "read-only",
            AdminState::LocalClient => "local-client",
        }
    }

    /// Goes by the method alone, as heketi does.
    pub(super) fn admits(self, method: &Method, is_local: bool) -> bool {
        let reads = *method == Method::GET || *method == Method::HEAD;
        match self {
            AdminState::Normal => true,
            AdminState::ReadOnly => reads,
            AdminState::LocalClient => reads || is_local,
        }
    }

    fn number(self) -> u8 {
        match self {
            AdminState::Normal => 0,
            AdminState::ReadOnly => 1,
            AdminState::LocalClient => 2,
        }
    }
}

impl fmt::Display for AdminState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AdminState {
    type Err = UnknownAdminState;

    fn from_str(name: &str) -> Result<AdminState, UnknownAdminState> {
        let found = AdminState::ALL.into_iter().find(|state| state.name() == name);
        found.ok_or_else(|| UnknownAdminState(name.to_owned()))
    }
}

/// The state of a running server, shared by all who look at it or set it. It is in memory only.
#[derive(Debug, Clone, Default)]
pub struct SharedAdminState(Arc<AtomicU8>);

impl SharedAdminState {
    /// Begins in `state`.
    pub fn new(state: AdminState) -> SharedAdminState {
        SharedAdminState(Arc::new(AtomicU8::new(state.number())))
    }

    /// The state now.
    pub fn get(&self) -> AdminState {
        let number = self.0.load(Ordering::Relaxed);
        AdminState::ALL.into_iter().find(|state| state.number() == number).unwrap_or_default()
    }

    /// Holds for the requests that come from now on.
    pub fn set(&self, state: AdminState) {
        self.0.store(state.number(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for state in AdminState::ALL {
            assert_eq!(state.name().parse(), Ok(state));
            assert_eq!(SharedAdminState::new(state).get(), state);
        }
        let unknown = "Normal".parse::<AdminState>().unwrap_err();
        assert_eq!(unknown.to_string(), "unknown admin state name: Normal");
    }
}
