//! Logs: plain lines with their time, with a level that can be changed while the server runs. Errors go to standard
//! error and the rest to standard output, as heketi's do.
//!
//! Nothing here hides secrets: types that hold one have a `Debug` without it.

use std::sync::{Arc, Mutex, PoisonError};

use tracing::{Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::MakeWriterExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, fmt, reload};

/// How much is logged, in heketi's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// Nothing.
    None,
    /// Errors: what heketi calls critical and what it calls errors are one here.
    Critical,
    /// Errors.
    Error,
    /// Errors and warnings.
    Warning,
    /// What happens.
    #[default]
    Info,
    /// Everything.
    Debug,
}

impl LogLevel {
    const ALL: [(LogLevel, &str); 6] = [
        (LogLevel::None, "none"),
        (LogLevel::Critical, "critical"),
        (LogLevel::Error, "error"),
        (LogLevel::Warning, "warning"),
        (LogLevel::Info, "info"),
        (LogLevel::Debug, "debug"),
    ];

    /// Reads heketi's words.
    pub fn parse(word: &str) -> Option<LogLevel> {
        LogLevel::ALL.into_iter().find(|(_, name)| *name == word).map(|(level, _)| level)
    }

    /// heketi's word.
    pub fn name(self) -> &'static str {
        LogLevel::ALL.into_iter().find(|(level, _)| *level == self).map_or("", |(_, name)| name)
    }

    fn filter(self) -> LevelFilter {
        match self {
            LogLevel::None => LevelFilter::OFF,
            LogLevel::Critical | LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warning => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        }
    }
}

/// Changes the level of the log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogHandle {
    filter: reload::Handle<LevelFilter, Registry>,
    level: Arc<Mutex<LogLevel>>,
}

impl LogHandle {
    /// Logs from now on what is at least as grave as `level`.
    pub fn set(&self, level: LogLevel) {
        let mut current = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        *current = level;
        // Fails only where the subscriber is gone, and then there is no log to set.
        self.filter.modify(|filter| *filter = level.filter()).ok();
    }

    /// What is logged now.
    pub fn level(&self) -> LogLevel {
        *self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line on standard output beside the log. That nobody reads it ends no server and no work.
pub fn say(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").ok();
}

/// Begins to log. To be called once.
pub fn init(level: LogLevel) -> LogHandle {
    let (subscriber, handle) = subscriber(level, std::io::stdout, std::io::stderr);
    subscriber.init();
    handle
}

fn subscriber<O, E>(level: LogLevel, out: O, err: E) -> (impl Subscriber + Send + Sync, LogHandle)
where
    O: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    E: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (layer, filter) = reload::Layer::new(level.filter());
    let writer = err.with_max_level(Level::ERROR).or_else(out);
    let lines = fmt::layer().with_target(false).with_ansi(false).with_writer(writer);
    let handle = LogHandle { filter, level: Arc::new(Mutex::new(level)) };
    (tracing_subscriber::registry().with(layer).with(lines), handle)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use tracing::{debug, error, info};

    use super::*;

    #[test]
    fn errors_go_their_own_way_and_the_level_can_be_changed() {
        let directory = tempfile::tempdir().unwrap();
        let (out, err) = (directory.path().join("out"), directory.path().join("err"));
        let open = |path| Arc::new(File::create(path).unwrap());
        let (subscriber, handle) = subscriber(LogLevel::Info, open(&out), open(&err));
        tracing::subscriber::with_default(subscriber, || {
            info!(answer = 42, "shown");
            debug!("hidden");
            error!("grave");
            handle.set(LogLevel::Debug);
            debug!("shown later");
            handle.set(LogLevel::None);
            error!("never");
        });
        assert_eq!(handle.level(), LogLevel::None);
        let (out, err) = (std::fs::read_to_string(out).unwrap(), std::fs::read_to_string(err).unwrap());
        assert!(out.contains("INFO shown answer=42\n") && out.contains("DEBUG shown later\n"), "{out}");
        assert!(out.lines().count() == 2 && out.starts_with("20"), "{out}");
        assert!(err.contains("ERROR grave\n") && err.lines().count() == 1, "{err}");
    }

    #[test]
    fn words_go_there_and_back() {
        for (level, word) in LogLevel::ALL {
            assert_eq!((LogLevel::parse(word), level.name()), (Some(level), word));
        }
        assert_eq!(LogLevel::parse("loud"), None);
    }
}
