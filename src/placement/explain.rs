//! Finding out, once there is no placement, why.

use super::candidates::{Candidate, SearchEnd};
use super::fill::{Stuck, fill_greedily};
use super::filters::{NotTaken, readable, standing, tag_rule};
use super::options::{VolumeRules, ZoneChecking};
use super::place::roles;
use super::refusal::{DeviceReason, PlacementRefusal, RefusalReason};
use super::request::{ClusterView, NodeView, PlacementLimits, PlacementRequest};
use super::table::{NothingThere, Table};
use crate::model::brick::BrickRole;
use crate::model::device::Device;
use crate::model::ids::DeviceId;

/// Explains that not even one brick size was tried.
pub(super) fn no_candidate(
    end: SearchEnd,
    request: &PlacementRequest<'_>,
    limits: &PlacementLimits,
) -> PlacementRefusal {
    let summary = match end {
        SearchEnd::MinBrickSize => format!(
            "{} make bricks smaller than {}, the least that is allowed.",
            request.size,
            readable(limits.min_brick)
        ),
        SearchEnd::MaxBricks => format!(
            "{} need more than the {} bricks that a volume may have, {} existing ones included: \
             sets of {} bricks of {} at most.",
            request.size,
            limits.max_bricks,
            request.existing_bricks,
            request.durability.set_size(),
            readable(limits.max_brick)
        ),
    };
    PlacementRefusal::of(end, summary)
}

/// Explains that no device of the cluster can be used at all.
pub(super) fn nothing_there(nothing: NothingThere, cluster: &ClusterView<'_>) -> PlacementRefusal {
    let (reason, summary) = match nothing {
        NothingThere::Nodes => (RefusalReason::EmptyCluster, "The cluster has no node yet."),
        NothingThere::Devices if cluster.devices.is_empty() => {
            (RefusalReason::NoOnlineDevices, "The cluster has no device yet.")
        }
        NothingThere::Devices => {
            (RefusalReason::NoOnlineDevices, "No device of the cluster takes new bricks now.")
        }
    };
    let devices = reasons(cluster, |view, device| standing(cluster, view, device));
    PlacementRefusal { devices, ..PlacementRefusal::of(reason, summary) }
}

/// Says for each device why it takes no bricks at all.
pub(super) fn standing_reasons(cluster: &ClusterView<'_>) -> Vec<DeviceReason> {
    reasons(cluster, |view, device| standing(cluster, view, device))
}

/// Says for each device why it does not take a brick that leaves its own.
pub(super) fn no_replacement(
    table: &Table<'_>,
    cluster: &ClusterView<'_>,
    rules: &VolumeRules,
    role: BrickRole,
    leaves: DeviceId,
) -> Vec<DeviceReason> {
    let seat = |device: &Device| table.seats.iter().find(|seat| seat.device.id == device.id);
    reasons(cluster, |view, device| {
        (device.id == leaves)
            .then_some(NotTaken::Left)
            .or_else(|| standing(cluster, view, device))
            .or_else(|| tag_rule(rules, view.node, device))
            .or_else(|| seat(device).and_then(|seat| table.refuses(seat, role)))
    })
}

/// Explains that no brick size found places, by the last one: its bricks were the smallest.
pub(super) fn no_place(
    end: SearchEnd,
    last: Candidate,
    table: &mut Table<'_>,
    cluster: &ClusterView<'_>,
    rules: &VolumeRules,
    request: &PlacementRequest<'_>,
) -> PlacementRefusal {
    table.forget();
    let roles = roles(request, rules);
    // Without looking ahead: where filling gets stuck is what a person would look at. It does get stuck, since
    // there is no placement.
    let Err(stuck) = fill_greedily(table, last.sets, &roles) else {
        return PlacementRefusal::of(end, "No brick size found places.");
    };
    let devices = reasons(cluster, |view, device| {
        standing(cluster, view, device)
            .or_else(|| tag_rule(rules, view.node, device))
            .or_else(|| at_the_end(table, &stuck, device))
    });
    let summary = summary(end, last, &roles, rules, &stuck);
    PlacementRefusal { devices, ..PlacementRefusal::of(end, summary) }
}

fn at_the_end(table: &Table<'_>, stuck: &Stuck, device: &Device) -> Option<NotTaken> {
    let index = table.seats.iter().position(|seat| seat.device.id == device.id)?;
    if stuck.placed.contains(&index) {
        return Some(NotTaken::SetIncomplete);
    }
    table.refuses(&table.seats[index], stuck.missing)
}

fn summary(
    end: SearchEnd,
    last: Candidate,
    roles: &[BrickRole],
    rules: &VolumeRules,
    stuck: &Stuck,
) -> String {
    let brick = readable(last.brick);
    let tried = match (last.sets, roles.len()) {
        (1, 1) => format!("a single brick of {brick}"),
        (sets, 1) => format!("{sets} bricks of {brick}"),
        (1, bricks) => format!("{bricks} bricks of {brick} on {}", apart(rules)),
        (sets, bricks) => format!("{sets} sets of {bricks} bricks of {brick}, each set on {}", apart(rules)),
    };
    let missing = match stuck.missing {
        BrickRole::Data => "brick",
        BrickRole::Arbiter => "arbiter brick",
    };
    let bound = match end {
        SearchEnd::MinBrickSize => "smaller bricks are not allowed",
        SearchEnd::MaxBricks => "more bricks are not allowed",
    };
    let placed = match (roles.len(), stuck.placed.len()) {
        (1, _) => format!("there were places for {}", stuck.set),
        (of, placed) => {
            format!("set {} had {placed} of {of} bricks when no {missing} more found a place", stuck.set + 1)
        }
    };
    format!("The last layout tried was {tried}, and {bound}: {placed}.")
}

fn apart(rules: &VolumeRules) -> &'static str {
    match rules.zone_checking {
        ZoneChecking::None => "different nodes",
        ZoneChecking::Strict => "nodes in different zones",
    }
}

/// A line for every device for which there is a reason, by host and path.
fn reasons(
    cluster: &ClusterView<'_>,
    why: impl Fn(&NodeView<'_>, &Device) -> Option<NotTaken>,
) -> Vec<DeviceReason> {
    let reason = |device: &Device| {
        let view = cluster.nodes.iter().find(|view| view.node.id == device.node);
        let host = view.and_then(|view| view.node.manage.first()).cloned().unwrap_or_default();
        let why = view.map_or(Some(NotTaken::NodeUnknown), |view| why(view, device))?;
        Some(DeviceReason { device: device.id, name: device.name.clone(), node: device.node, host, why })
    };
    let mut all: Vec<DeviceReason> = cluster.devices.iter().filter_map(reason).collect();
    all.sort_by(|a, b| (&a.host, &a.name, a.device).cmp(&(&b.host, &b.name, b.device)));
    all
}
