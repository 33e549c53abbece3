//! Certificates that are renewed while the server runs.

use std::convert::Infallible;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tracing::{error, info};

use super::Tls;
use super::files::CertificateFiles;

/// How often is looked whether the files have changed: two calls of `stat`.
const EVERY: Duration = Duration::from_secs(2);

/// What tells two states of the files apart. Both lead through symbolic links, so that the swap of a folder behind
/// one (as Kubernetes renews a secret) is seen. A file that is away is a state as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp([Option<FileStamp>; 2]);

/// The state that was seen last, and what is wrong with the files in it, as long as nobody was told.
#[derive(Debug, Clone)]
struct Seen {
    stamp: Stamp,
    untold: Option<String>,
}

/// Device, inode, size, and time of the last change.
type FileStamp = (u64, u64, u64, i64, i64);

impl Stamp {
    fn of(files: &CertificateFiles) -> Stamp {
        Stamp([file(&files.certificate), file(&files.key)])
    }
}

fn file(path: &Path) -> Option<FileStamp> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino(), found.size(), found.mtime(), found.mtime_nsec()))
}

impl Tls {
    /// Shows the certificate in the files whenever they have changed, until it is dropped. Connections that are there
    /// stay as they are.
    ///
    /// By looking, not by being told: that also works on network file systems, and where a file is replaced.
    pub async fn follow_files(self: Arc<Tls>) -> Infallible {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What was there when the server began was read a moment before, and may have changed since.
        let mut seen = None;
        loop {
            ticks.tick().await;
            let (tls, before) = (Arc::clone(&self), seen.clone());
            // A file system may take its time.
            let looked = tokio::task::spawn_blocking(move || tls.look(before.as_ref())).await;
            seen = looked.ok().or(seen);
        }
    }

    /// Reads the files if they are not as they were.
    fn look(&self, before: Option<&Seen>) -> Seen {
        // Before the reading: what changes after it is another state, which is read the next time.
        let stamp = Stamp::of(&self.files);
        match before.filter(|before| before.stamp == stamp) {
            None => Seen { untold: self.take(before.is_some()), stamp },
            Some(before) => {
                if let Some(refused) = &before.untold {
                    error!("the certificate from before is still shown: {refused}");
                }
                Seen { stamp, untold: None }
            }
        }
    }

    /// A pair that cannot be used changes nothing: why it cannot. It may be half of one that is being written, so that
    /// this is an error only where it is still so at the next look.
    fn take(&self, tell: bool) -> Option<String> {
        let path = self.files.certificate.display();
        match self.files.read(&self.provider) {
            Ok(key) => {
                // The first look tells only of what has been renewed since the start.
                if self.shown.replace(key) || tell {
                    info!("the certificate in {path} is shown from now on");
                }
                None
            }
            Err(refused) => Some(refused.to_string()),
        }
    }
}
