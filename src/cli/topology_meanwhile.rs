//! What was added since a load looked: by a load before it that was interrupted, whose last request the server went on
//! with. Refused for that reason, a node or device is there all the same.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::api::NodeInfo;
use crate::client::{Client, ClientError, Result};

/// Between two looks at what is still being added.
const PAUSE: Duration = Duration::from_millis(250);
/// For how long in all a load waits for that.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a load knows of others.
pub(super) struct Meanwhile {
    /// Hosts of this load. Named twice in a file, the second one is refused, as scripts know it.
    ours: BTreeSet<String>,
    /// The time that is left for waiting.
    left: Duration,
}

impl Default for Meanwhile {
    fn default() -> Meanwhile {
        Meanwhile { ours: BTreeSet::new(), left: PATIENCE }
    }
}

impl Meanwhile {
    /// This load has added the host.
    pub(super) fn ours(&mut self, host: &str) {
        self.ours.insert(host.to_owned());
    }

    /// The node that was refused because others have added it, once it is there.
    pub(super) fn node(&mut self, client: &Client, host: &str, error: &ClientError) -> Option<NodeInfo> {
        let before = format!("Hostname {host} already used by node with id ");
        let id = text(error).strip_prefix(&before)?.trim();
        if self.ours.contains(host) {
            return None;
        }
        let node = self.wait_for(|| client.node_info(id))?;
        let is_it = node.hostnames.manage.first().is_some_and(|name| name == host);
        is_it.then_some(node)
    }

    /// Whether a device that was refused as being in use is there, on this node and under its name, perhaps after a
    /// while.
    pub(super) fn device(&mut self, client: &Client, name: &str, node: &str, error: &ClientError) -> bool {
        let id =
            text(error).rsplit_once("Device already in use (ID: ").and_then(|(_, id)| id.strip_suffix(')'));
        let Some(id) = id else { return false };
        let is_it = self.wait_for(|| client.device_info(id)).is_some_and(|device| device.name == name);
        let of_node = || client.node_info(node).map(|node| node.devices.iter().any(|device| device.id == id));
        is_it && of_node().unwrap_or(false)
    }

    /// What is being added is not found until it is there.
    fn wait_for<T>(&mut self, look: impl Fn() -> Result<T>) -> Option<T> {
        loop {
            let begun = Instant::now();
            match look() {
                Ok(found) => return Some(found),
                Err(ClientError::Refused { status: 404, .. }) if !self.left.is_zero() => {}
                Err(_) => return None,
            }
            std::thread::sleep(PAUSE);
            self.left = self.left.saturating_sub(begun.elapsed());
        }
    }
}

fn text(error: &ClientError) -> &str {
    if let ClientError::Refused { text, .. } = error { text } else { "" }
}
