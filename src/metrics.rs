//! What is counted and timed while the server runs. Knows nothing of what it counts: others feed it, and `/metrics`
//! shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::{
    Error, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

/// Requests and single commands: from a millisecond to what a busy glusterd takes, in seconds.
const SHORT: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// Whole operations, in seconds.
const LONG: [f64; 13] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0];

/// The labels of figures about a device.
const DEVICE: [&str; 4] = ["cluster", "hostname", "device", "id"];

/// How full the fullest thin pool of a device is.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceFullness {
    /// The cluster's id.
    pub cluster: String,
    /// The first manage name of its node.
    pub hostname: String,
    /// Its name.
    pub device: String,
    /// Its id.
    pub id: String,
    /// The share of the data that is taken, 0 to 1.
    pub data: f64,
    /// The share of the metadata that is taken, 0 to 1.
    pub metadata: f64,
}

impl DeviceFullness {
    fn labels(&self) -> [&str; 4] {
        [&self.cluster, &self.hostname, &self.device, &self.id]
    }
}

/// All figures of a server. Cheap to clone; the clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    operations: HistogramVec,
    commands: HistogramVec,
    failures: IntCounterVec,
    peers: IntGaugeVec,
    pool_data: GaugeVec,
    pool_metadata: GaugeVec,
    /// The nodes that it is shown of whether they are up.
    shown_peers: Arc<Mutex<BTreeSet<String>>>,
    /// What is shown of the devices of each node, so that it can be taken back.
    fullness: Arc<Mutex<BTreeMap<String, Vec<DeviceFullness>>>>,
}

impl Metrics {
    /// Figures that begin at nothing.
    ///
    /// # Errors
    /// When two of them had one name, which would be a fault of this file.
    pub fn new() -> Result<Metrics, Error> {
        let metrics = Metrics {
            registry: Registry::new(),
            requests: histogram(
                "mortar_http_request_duration_seconds",
                "Time from a request to its answer",
                &SHORT,
                &["method", "route", "status"],
            )?,
            operations: histogram(
                "mortar_operation_duration_seconds",
                "Time from the decision of an operation to its end, restarts and pauses included",
                &LONG,
                &["kind", "result"],
            )?,
            commands: histogram(
                "mortar_remote_command_duration_seconds",
                "Time that a command on a peer took, waiting for its turn and its locks included",
                &SHORT,
                &["command", "outcome"],
            )?,
            failures: IntCounterVec::new(
                Opts::new("mortar_failures_total", "What the server could not do"),
                &["kind"],
            )?,
            peers: IntGaugeVec::new(Opts::new("mortar_peer_up", "Whether a peer answers"), &["node"])?,
            pool_data: gauge(
                "mortar_device_thin_pool_data_used_ratio",
                "Fullness of the data of the fullest thin pool on the device",
            )?,
            pool_metadata: gauge(
                "mortar_device_thin_pool_metadata_used_ratio",
                "Fullness of the metadata of the thin pool on the device whose metadata is fullest",
            )?,
            shown_peers: Arc::default(),
            fullness: Arc::default(),
        };
        for histogram in [&metrics.requests, &metrics.operations, &metrics.commands] {
            metrics.registry.register(Box::new(histogram.clone()))?;
        }
        metrics.registry.register(Box::new(metrics.failures.clone()))?;
        metrics.registry.register(Box::new(metrics.peers.clone()))?;
        metrics.registry.register(Box::new(metrics.pool_data.clone()))?;
        metrics.registry.register(Box::new(metrics.pool_metadata.clone()))?;
        Ok(metrics)
    }

    /// A request was answered. `route` is a template, never a path: each value is kept for good.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let class = format!("{}xx", status / 100);
        self.requests.with_label_values(&[method, route, &class]).observe(took.as_secs_f64());
    }

    /// An operation came to its end.
    pub fn operation(&self, kind: &str, result: &str, took: Duration) {
        self.operations.with_label_values(&[kind, result]).observe(took.as_secs_f64());
    }

    /// A command on a peer came to its end, or was given up.
    pub fn command(&self, command: &str, outcome: &str, took: Duration) {
        self.commands.with_label_values(&[command, outcome]).observe(took.as_secs_f64());
    }

    /// Something failed.
    pub fn failure(&self, kind: &str) {
        self.failures.with_label_values(&[kind]).inc();
    }

    /// Whether a peer answers; `None` where nobody asks it any more.
    pub fn peer(&self, node: &str, up: Option<bool>) {
        let mut shown = self.shown_peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(up) = up {
            shown.insert(node.to_owned());
            self.peers.with_label_values(&[node]).set(i64::from(up));
        } else if shown.remove(node) {
            drop(self.peers.remove_label_values(&[node]));
        }
    }

    /// Forgets peers that are none of these nodes any more.
    pub fn only_peers(&self, nodes: &[String]) {
        let mut shown = self.shown_peers.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|node| {
            let stays = nodes.contains(node);
            if !stays {
                drop(self.peers.remove_label_values(&[node]));
            }
            stays
        });
    }

    /// How full the devices of a node are, all that is known: what was said of others of its devices is forgotten.
    pub fn fullness(&self, node: &str, devices: Vec<DeviceFullness>) {
        for device in &devices {
            self.pool_data.with_label_values(&device.labels()).set(device.data);
            self.pool_metadata.with_label_values(&device.labels()).set(device.metadata);
        }
        let mut shown = self.fullness.lock().unwrap_or_else(PoisonError::into_inner);
        let before = shown.remove(node).unwrap_or_default();
        let stays = |old: &DeviceFullness| devices.iter().any(|device| device.labels() == old.labels());
        before.iter().filter(|old| !stays(old)).for_each(|old| self.hide(old));
        if !devices.is_empty() {
            shown.insert(node.to_owned(), devices);
        }
    }

    /// A device is gone.
    pub fn device_gone(&self, id: &str) {
        let mut shown = self.fullness.lock().unwrap_or_else(PoisonError::into_inner);
        for devices in shown.values_mut() {
            devices.iter().filter(|device| device.id == id).for_each(|device| self.hide(device));
            devices.retain(|device| device.id != id);
        }
    }

    fn hide(&self, device: &DeviceFullness) {
        for gauge in [&self.pool_data, &self.pool_metadata] {
            // It is there: it was shown, and nobody else takes it away.
            drop(gauge.remove_label_values(&device.labels()));
        }
    }

    /// All figures in Prometheus' text format, version 0.0.4; without those that nobody has fed yet.
    ///
    /// # Errors
    /// When they cannot be written, which would be a fault of the encoder.
    pub fn text(&self) -> Result<String, Error> {
        let mut text = String::new();
        TextEncoder::new().encode_utf8(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

fn gauge(name: &str, help: &str) -> Result<GaugeVec, Error> {
    GaugeVec::new(Opts::new(name, help), &DEVICE)
}

fn histogram(name: &str, help: &str, buckets: &[f64], labels: &[&str]) -> Result<HistogramVec, Error> {
    HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_fed_is_shown_and_the_rest_is_not() {
        let metrics = Metrics::new().unwrap();
        assert_eq!(metrics.text().unwrap(), "");
        metrics.clone().request("GET", "/volumes/{id}", 404, Duration::from_millis(3));
        metrics.failure("database");
        metrics.peer("a", Some(true));
        metrics.peer("b", Some(false));
        metrics.peer("a", None);
        metrics.peer("c", None);
        let text = metrics.text().unwrap();
        let has = |line: &str| assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        has("# TYPE mortar_http_request_duration_seconds histogram");
        let sample = "mortar_http_request_duration_seconds_bucket{method=\"GET\",route=\"/volumes/{id}\",status=\"4xx\"";
        has(&format!("{sample},le=\"0.0025\"}} 0"));
        has(&format!("{sample},le=\"0.005\"}} 1"));
        has("# HELP mortar_failures_total What the server could not do");
        has("mortar_failures_total{kind=\"database\"} 1");
        has("mortar_peer_up{node=\"b\"} 0");
        assert!(!text.contains("node=\"a\"") && !text.contains("mortar_operation"), "{text}");
        metrics.peer("d", Some(true));
        metrics.only_peers(&["d".to_owned()]);
        let text = metrics.text().unwrap();
        assert!(text.contains("mortar_peer_up{node=\"d\"} 1") && !text.contains("node=\"b\""), "{text}");
    }

    #[test]
    fn fullness_is_shown_as_long_as_it_is_known() {
        let metrics = Metrics::new().unwrap();
        let device = |name: &str, data| DeviceFullness {
            cluster: "c".into(),
            hostname: "h".into(),
            device: name.into(),
            id: format!("id of {name}"),
            data,
            metadata: 0.25,
        };
        let lines = || {
            let text = metrics.text().unwrap();
            text.lines()
                .filter(|line| line.contains("_data_used_ratio{"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        metrics.fullness("n", vec![device("a", 0.5), device("b", 0.75)]);
        metrics.fullness("n", vec![device("b", 0.8125)]);
        let sample = "mortar_device_thin_pool_data_used_ratio{cluster=\"c\",device=\"b\",hostname=\"h\",id=\"id of b\"} 0.8125";
        assert_eq!(lines(), [sample]);
        metrics.device_gone("id of b");
        assert!(lines().is_empty());
        metrics.fullness("n", vec![device("b", 0.5)]);
        metrics.fullness("n", Vec::new());
        assert!(lines().is_empty() && !metrics.text().unwrap().contains("ratio{"));
    }
}
