//! The search: brick sizes in order, and for each of them devices for all sets.

use super::candidates::{Candidate, Candidates};
use super::filters::{self, Unusable, Usable};
use super::options::{PlacementOptions, TagRule, ZoneChecking};
use super::refusal::{PlacementRefusal, SearchEnd};
use super::sets::{Shape, Slot, fill};
use super::space::space;
use super::{ClusterView, Placement, PlacementLimits, PlacementRequest};
use crate::model::device::Device;
use crate::model::sizes::KiB;

/// Finds places for all bricks of a volume in one cluster: the first brick size that can be placed.
///
/// # Errors
/// With heketi's text, and why each device was not taken.
pub fn place(
    request: &PlacementRequest<'_>,
    cluster: &ClusterView<'_>,
    limits: &PlacementLimits,
) -> Result<Placement, PlacementRefusal> {
    let options = PlacementOptions::read(request.options);
    let rule = tag_rule(&options)?;
    let mut candidates = Candidates::new(request.size, request.durability, request.existing_bricks, limits);
    let mut candidate = candidates.next().map_err(bare)?;
    if cluster.nodes.is_empty() {
        return Err(bare(SearchEnd::NoNodes));
    }
    let (usable, unusable) = filters::sort(cluster, request, rule.as_ref());
    if usable.is_empty() && !unusable.iter().any(|(_, reason)| matches!(reason, Unusable::Tag(_))) {
        return Err(refusal(SearchEnd::NoDevices, None, &[], &unusable, cluster));
    }
    loop {
        let arbiter = arbiter_size(&options, candidate.brick, limits).map_err(bare)?;
        let slots = slots(&usable, request, candidate, arbiter);
        let shape = Shape {
            sets: candidate.sets,
            set_size: request.durability.set_size(),
            arbiter: arbiter.is_some(),
            strict_zones: options.zones.unwrap_or(limits.zones) == ZoneChecking::Strict,
        };
        if let Some(sets) = fill(&slots, shape) {
            return Ok(Placement { sets, arbiter: arbiter.is_some() });
        }
        candidate = candidates
            .next()
            .map_err(|end| refusal(end, Some((candidate, shape)), &slots, &unusable, cluster))?;
    }
}

fn bare(end: SearchEnd) -> PlacementRefusal {
    PlacementRefusal { end, tried: None, devices: Vec::new() }
}

fn tag_rule(options: &PlacementOptions) -> Result<Option<TagRule>, PlacementRefusal> {
    let read = |text: &String| TagRule::parse(text).ok_or_else(|| bare(SearchEnd::BadTagRule(text.clone())));
    options.tag_rule.as_ref().map(read).transpose()
}

/// The size of arbiter bricks beside data bricks of this size, in a volume that has them: 1 KiB a file.
fn arbiter_size(
    options: &PlacementOptions,
    brick: KiB,
    limits: &PlacementLimits,
) -> Result<Option<KiB>, SearchEnd> {
    if !options.arbiter {
        return Ok(None);
    }
    let average_kib = options.average_file_kib.unwrap_or(limits.average_file_kib);
    if brick.get() < average_kib {
        return Err(SearchEnd::FilesTooLarge { average_kib, brick_kib: brick.get() });
    }
    let files = brick.get().checked_div(average_kib).unwrap_or(0);
    Ok(KiB::new(files.max(limits.arbiter_min.get())))
}

fn slots<'a>(
    usable: &[Usable<'a>],
    request: &PlacementRequest<'_>,
    candidate: Candidate,
    arbiter: Option<KiB>,
) -> Vec<Slot<'a>> {
    let slot = |usable: &Usable<'a>| {
        let extent = usable.device.extent;
        let data = space(candidate.brick, request.snapshot_factor, extent);
        let arbiter = arbiter.and_then(|size| space(size, request.snapshot_factor, extent));
        Slot::new(*usable, data, arbiter, request.avoid)
    };
    usable.iter().map(slot).collect()
}

fn refusal(
    end: SearchEnd,
    tried: Option<(Candidate, Shape)>,
    slots: &[Slot<'_>],
    unusable: &[(&Device, Unusable)],
    cluster: &ClusterView<'_>,
) -> PlacementRefusal {
    let named = |device: &Device, why: &str| format!("{}: {why}", device_name(device, cluster));
    let mut devices: Vec<String> =
        unusable.iter().map(|(device, reason)| named(device, &reason.in_words())).collect();
    devices.extend(slots.iter().map(|slot| named(slot.usable.device, &why_not(slot))));
    let tried = tried.map(|(candidate, shape)| {
        let apart = if shape.strict_zones { "zone" } else { "node" };
        format!(
            "the last try was for {} sets of {} bricks of {}, the bricks of a set each on another {apart}",
            candidate.sets, shape.set_size, candidate.brick
        )
    });
    PlacementRefusal { end, tried, devices }
}

fn why_not(slot: &Slot<'_>) -> String {
    match slot.data.and_then(|space| space.total()) {
        Some(needed) if needed < slot.free => {
            format!("has room for a brick ({} free), but too few others beside it have", slot.free)
        }
        Some(needed) => format!("has {} free, and a brick takes {needed}", slot.free),
        None => "a brick of that size is larger than any device".to_owned(),
    }
}

fn device_name(device: &Device, cluster: &ClusterView<'_>) -> String {
    let node = cluster.nodes.iter().find(|node| node.id == device.node);
    let host = node.and_then(|node| node.manage.first()).map_or("an unknown node", String::as_str);
    format!("{} on {host}", device.name)
}
