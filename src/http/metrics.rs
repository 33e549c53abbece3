//! Metrics in Prometheus' text format, with heketi's names, help texts and labels.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use sqlx::SqliteConnection;
use tracing::error;

use super::{ApiError, App};
use crate::model::cluster::Cluster;
use crate::model::device::Device;
use crate::model::node::Node;
use crate::model::state::Phase;
use crate::operations::{Figures, OpError};
use crate::store::{Result, block_volume, cluster, operation, topology, volume};

/// One gauge with all its samples.
struct Gauge {
    name: &'static str,
    help: &'static str,
    samples: Vec<(Vec<(&'static str, String)>, u64)>,
}

/// A cluster with all that is counted of it.
struct Counted {
    cluster: Cluster,
    volumes: u64,
    blocks: u64,
    nodes: Vec<Node>,
    devices: Vec<Device>,
}

/// Figures for Prometheus; needs no token.
#[utoipa::path(get, path = "/metrics", tag = "service", operation_id = "metrics", security(()),
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")))]
pub(super) async fn scrape(State(app): State<App>) -> std::result::Result<Response, ApiError> {
    let mut conn = app.operations.store().read().await?;
    let counted = count(&mut conn).await?;
    let operations = operation::counts(&mut conn).await?;
    let mut gauges = vec![single("heketi_up", "Is heketi running?", 1)];
    gauges.push(single("heketi_cluster_count", "Number of clusters", counted.len() as u64));
    gauges.extend(of_clusters(&counted));
    gauges.extend(of_devices(&counted));
    let failed = operations.parked.saturating_sub(operations.stale);
    let in_flight = app.operations.in_flight() as u64;
    gauges.push(single("heketi_operations_total_count", "Total Number of Operations", operations.total));
    gauges.push(single("heketi_operations_inFlight_count", "Number of in flight Operations", in_flight));
    gauges.push(single("heketi_operations_stale_count", "Number of Stale Operations", operations.stale));
    gauges.push(single("heketi_operations_failed_count", "Number of Failed Operations", failed));
    let new = operations.total.saturating_sub(operations.parked);
    gauges.push(single("heketi_operations_new_count", "Number of New Operations", new));
    gauges.push(of_operations(app.operations.figures(), operations.parked));
    let ours = app.metrics.text().map_err(|error| {
        error!(error = &error as &dyn std::error::Error, "the metrics could not be written");
        OpError::Internal
    })?;
    let all = text(&gauges) + &ours;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], all).into_response())
}

fn of_operations(figures: Figures, parked: u64) -> Gauge {
    let states =
        [("running", figures.running as u64), ("waiting", figures.waiting as u64), ("parked", parked)];
    let samples = states.map(|(state, count)| (vec![("state", state.to_owned())], count)).to_vec();
    Gauge { name: "mortar_operations", help: "Unfinished operations", samples }
}

async fn count(conn: &mut SqliteConnection) -> Result<Vec<Counted>> {
    let mut counted = Vec::new();
    for found in cluster::all(&mut *conn).await? {
        let id = found.id;
        let (mut nodes, mut devices) = topology::of_cluster(&mut *conn, id).await?;
        nodes.retain(|node| node.phase != Phase::Creating);
        devices.retain(|device| device.phase != Phase::Creating);
        let volumes = volume::ready_count_of_cluster(&mut *conn, id).await?;
        let blocks = block_volume::ready_count_of_cluster(&mut *conn, id).await?;
        counted.push(Counted { cluster: found, volumes, blocks, nodes, devices });
    }
    Ok(counted)
}

fn single(name: &'static str, help: &'static str, value: u64) -> Gauge {
    Gauge { name, help, samples: vec![(Vec::new(), value)] }
}

fn of_clusters(counted: &[Counted]) -> Vec<Gauge> {
    let gauge = |name, help, value: fn(&Counted) -> u64| Gauge {
        name,
        help,
        samples: counted
            .iter()
            .map(|one| (vec![("cluster", one.cluster.id.to_string())], value(one)))
            .collect(),
    };
    let of_node = |one: &Counted, node: &Node| {
        let own = one.devices.iter().filter(|device| device.node == node.id).count();
        (host_labels(one, node), own as u64)
    };
    let samples =
        counted.iter().flat_map(|one| one.nodes.iter().map(move |node| of_node(one, node))).collect();
    vec![
        gauge("heketi_volumes_count", "Number of volumes on cluster", |one| one.volumes),
        gauge("heketi_block_volumes_count", "Number of block volumes on cluster", |one| one.blocks),
        gauge("heketi_nodes_count", "Number of nodes on cluster", |one| one.nodes.len() as u64),
        Gauge { name: "heketi_device_count", help: "Number of devices on host", samples },
    ]
}

fn host_labels(one: &Counted, node: &Node) -> Vec<(&'static str, String)> {
    vec![
        ("cluster", one.cluster.id.to_string()),
        ("hostname", node.manage.first().cloned().unwrap_or_default()),
        ("storage_hostname", node.storage_name().to_owned()),
    ]
}

fn of_devices(counted: &[Counted]) -> Vec<Gauge> {
    let gauge = |name, help, value: fn(&Device) -> u64| {
        let samples = counted.iter().flat_map(|one| one.devices.iter().map(move |device| (one, device)));
        let samples = samples.filter_map(|(one, device)| Some((device_labels(one, device)?, value(device))));
        Gauge { name, help, samples: samples.collect() }
    };
    vec![
        gauge("heketi_device_size", "Total size of the device", |d| d.storage.total.get()),
        gauge("heketi_device_free", "Amount of Free space available on the device", |d| d.storage.free.get()),
        gauge("heketi_device_used", "Amount of space used on the device", |d| d.storage.used.get()),
        gauge("heketi_device_size_bytes", "Total size of the device in bytes", |d| {
            d.storage.total.get().saturating_mul(1024)
        }),
        gauge("heketi_device_free_bytes", "Amount of Free space available on the device in bytes", |d| {
            d.storage.free.get().saturating_mul(1024)
        }),
        gauge("heketi_device_used_bytes", "Amount of space used on the device in bytes", |d| {
            d.storage.used.get().saturating_mul(1024)
        }),
        gauge("heketi_device_brick_count", "Number of bricks on device", |d| d.brick_count.into()),
    ]
}

fn device_labels(one: &Counted, device: &Device) -> Option<Vec<(&'static str, String)>> {
    let node = one.nodes.iter().find(|node| node.id == device.node)?;
    let mut labels = host_labels(one, node);
    labels.push(("device", device.name.clone()));
    labels.push(("id", device.id.to_string()));
    labels.push(("pv_uuid", device.pv_uuid.clone().unwrap_or_default()));
    labels.sort_unstable_by_key(|(name, _)| *name);
    Some(labels)
}

fn text(gauges: &[Gauge]) -> String {
    let mut text = String::new();
    for gauge in gauges.iter().filter(|gauge| !gauge.samples.is_empty()) {
        // Writing to a `String` cannot fail.
        writeln!(text, "# HELP {} {}\n# TYPE {} gauge", gauge.name, gauge.help, gauge.name).ok();
        for (labels, value) in &gauge.samples {
            let labels: Vec<String> =
                labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            writeln!(text, "{}{labels} {value}", gauge.name).ok();
        }
    }
    text
}

/// Source: Prometheus' text format, version 0.0.4.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
