//! Logs: plain lines with their time, with a level that can be changed while the server runs. Errors go to standard
//! error and the rest to standard output, as heketi's do.
//!
//! Nothing here hides secrets: types that hold one have a `Debug` without it.

use tracing::{Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::MakeWriterExt as _;
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

    /// What is logged now.
    pub fn level(&self) -> LevelFilter {
        self.0.clone_current().unwrap_or(LevelFilter::OFF)
    }
}

/// Begins to log. To be called once.
pub fn init(level: LevelFilter) -> LogHandle {
    let (subscriber, handle) = subscriber(level, std::io::stdout, std::io::stderr);
    subscriber.init();
    handle
}

fn subscriber<O, E>(level: LevelFilter, out: O, err: E) -> (impl Subscriber + Send + Sync, LogHandle)
where
    O: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    E: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (filter, handle) = reload::Layer::new(level);
    let writer = err.with_max_level(Level::ERROR).or_else(out);
    let lines = fmt::layer().with_target(false).with_ansi(false).with_writer(writer);
    (tracing_subscriber::registry().with(filter).with(lines), LogHandle(handle))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::Arc;

    use tracing::{debug, error, info};

    use super::*;

    #[test]
    fn errors_go_their_own_way_and_the_level_can_be_changed() {
        let directory = tempfile::tempdir().unwrap();
        let (out, err) = (directory.path().join("out"), directory.path().join("err"));
        let open = |path| Arc::new(File::create(path).unwrap());
        let (subscriber, handle) = subscriber(LevelFilter::INFO, open(&out), open(&err));
        tracing::subscriber::with_default(subscriber, || {
            info!(answer = 42, "shown");
            debug!("hidden");
            error!("grave");
            handle.set(LevelFilter::DEBUG);
            debug!("shown later");
            handle.set(LevelFilter::OFF);
            error!("never");
        });
        assert_eq!(handle.level(), LevelFilter::OFF);
        let (out, err) = (std::fs::read_to_string(out).unwrap(), std::fs::read_to_string(err).unwrap());
        assert!(out.contains("INFO shown answer=42\n") && out.contains("DEBUG shown later\n"), "{out}");
        assert!(out.lines().count() == 2 && out.starts_with("20"), "{out}");
        assert!(err.contains("ERROR grave\n") && err.lines().count() == 1, "{err}");
    }
}
