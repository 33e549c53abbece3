//! Logs: one line each on standard output, with a level that can be changed while the server runs.

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, fmt, reload};

/// Changes the level of the log.
#[derive(Debug, Clone)]
pub struct LogHandle(reload::Handle<LevelFilter, Registry>);

impl LogHandle {
    /// Logs from now on what is at least as grave as `level`.
    pub fn set(&self, level: LevelFilter) {
        // Fails only where the subscriber is gone, and then there is no log to set.
        self.0.modify(|filter| *filter = level).ok();
    }
}

/// Begins to log. To be called once.
pub fn init(level: LevelFilter) -> LogHandle {
    let (filter, handle) = reload::Layer::new(level);
    let lines = fmt::layer().with_target(false).with_ansi(false).with_writer(std::io::stdout);
    tracing_subscriber::registry().with(filter).with(lines).init();
    LogHandle(handle)
}
