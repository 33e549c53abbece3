//! Finding a device for a brick that leaves its own.

use super::explain;
use super::options::VolumeRules;
use super::refusal::{PlacementRefusal, RefusalReason};
use super::request::{Avoid, ClusterView, PlacedBrick, PlacementLimits};
use super::space::space;
use super::table::Table;
use crate::model::brick::BrickRole;
use crate::model::durability::Durability;
use crate::model::ids::{DeviceId, NodeId};
use crate::model::sizes::KiB;

/// What is wanted: a place for a brick of the same size and kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplacementRequest<'a> {
    /// The size of its file system.
    pub size: KiB,
    /// What it holds.
    pub role: BrickRole,
    /// The layout of its volume.
    pub durability: Durability,
    /// Thin pool over brick size, 1 to 100.
    pub snapshot_factor: f32,
    /// The stored list of gluster options of its volume.
    pub options: &'a [String],
    /// The device that it leaves.
    pub leaves: DeviceId,
    /// The nodes of the other bricks of its set.
    pub stays: &'a [NodeId],
}

/// Finds a device for a brick that leaves its own: one that any brick of the set might have been given, whose node
/// (under strict zone checking: whose zone) has no other brick of the set.
///
/// # Errors
/// With heketi's text, and an explanation that says for each device why it was not taken.
pub fn replace(
    request: &ReplacementRequest<'_>,
    cluster: &ClusterView<'_>,
    limits: &PlacementLimits,
) -> Result<PlacedBrick, PlacementRefusal> {
    let nothing = || PlacementRefusal::of(RefusalReason::NoReplacement, "No device can take the brick.");
    let (zones, file_size) = (limits.zone_checking, limits.average_file_size);
    // A rule that could not be read would have kept the volume from being made.
    let rules =
        VolumeRules::read(request.options, request.durability, zones, file_size).map_err(|error| {
            PlacementRefusal::of(RefusalReason::TagRule(error), "The tag rule cannot be read.")
        })?;
    let mut table = Table::new(cluster, &rules, &Avoid::default()).map_err(|_| {
        let devices = explain::standing_reasons(cluster);
        PlacementRefusal { devices, ..nothing() }
    })?;
    table.load(|_, extent| space(request.size, request.snapshot_factor, extent));
    table.seats.retain(|seat| seat.device.id != request.leaves);
    for node in request.stays {
        table.occupy(cluster, *node);
    }
    let Some(best) = table.best(request.role, |_| true) else {
        let devices = explain::no_replacement(&table, cluster, &rules, request.role, request.leaves);
        return Err(PlacementRefusal { devices, ..nothing() });
    };
    let seat = &table.seats[best];
    let space = table.space(seat, request.role).ok_or_else(nothing)?;
    Ok(PlacedBrick { device: seat.device.id, node: seat.device.node, role: request.role, space })
}
