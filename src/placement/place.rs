//! Finding places for all bricks of a volume.

use super::arbiter::fill_exactly;
use super::candidates::{Candidate, Candidates};
use super::explain;
use super::fill::{Pick, fill_equal, fill_greedily};
use super::options::VolumeRules;
use super::refusal::{PlacementRefusal, RefusalReason};
use super::request::{ClusterView, PlacedBrick, Placement, PlacementLimits, PlacementRequest};
use super::space::space;
use super::table::Table;
use crate::model::brick::BrickRole;
use crate::model::sizes::KiB;

/// The bricks of an arbiter set.
const ARBITER_SET: [BrickRole; 3] = [BrickRole::Data, BrickRole::Data, BrickRole::Arbiter];

/// Finds places for the bricks of a volume or of an expansion: the first brick size for which there is one.
///
/// Bricks of a set are on different nodes, under strict zone checking in different zones, on devices that the
/// volume's rules allow and that have room. Gives up on a brick size only if there is no such placement at all.
///
/// # Errors
/// With the reason in heketi's words, and an explanation that says for each device why it was not taken.
pub fn place(
    request: &PlacementRequest<'_>,
    cluster: &ClusterView<'_>,
    limits: &PlacementLimits,
) -> Result<Placement, PlacementRefusal> {
    // heketi's order, visible in its errors: sizes first, then the tag rule, then nodes and devices.
    let mut candidates = Candidates::new(request, limits);
    let mut candidate =
        candidates.next_candidate().map_err(|end| explain::no_candidate(end, request, limits))?;
    let rules = read_rules(request, limits)?;
    let mut table = Table::new(cluster, &rules, request.avoid)
        .map_err(|nothing| explain::nothing_there(nothing, cluster))?;
    loop {
        if let Some(sets) = attempt(&mut table, candidate, request, &rules, limits)? {
            return Ok(Placement { sets, arbiter: rules.arbiter });
        }
        candidate = match candidates.next_candidate() {
            Ok(next) => next,
            Err(end) => return Err(explain::no_place(end, candidate, &mut table, cluster, &rules, request)),
        };
    }
}

fn read_rules(
    request: &PlacementRequest<'_>,
    limits: &PlacementLimits,
) -> Result<VolumeRules, PlacementRefusal> {
    let (zones, file_size) = (limits.zone_checking, limits.average_file_size);
    VolumeRules::read(request.options, request.durability, zones, file_size).map_err(|error| {
        PlacementRefusal::of(
            RefusalReason::TagRule(error),
            "The option user.heketi.device-tag-match must read KEY=VALUE or KEY!=VALUE; neither may have a hyphen.",
        )
    })
}

/// Tries one brick size.
fn attempt(
    table: &mut Table<'_>,
    candidate: Candidate,
    request: &PlacementRequest<'_>,
    rules: &VolumeRules,
    limits: &PlacementLimits,
) -> Result<Option<Vec<Vec<PlacedBrick>>>, PlacementRefusal> {
    let arbiter = arbiter_size(candidate.brick, rules, limits)?;
    table.load(|role, extent| {
        let size = if role == BrickRole::Arbiter { arbiter } else { candidate.brick };
        space(size, request.snapshot_factor, extent)
    });
    let picks = if rules.arbiter {
        fill_arbiter_sets(table, candidate.sets)
    } else {
        fill_equal(table, candidate.sets, request.durability.set_size())
    };
    Ok(picks.and_then(|sets| sets.iter().map(|set| placed(table, set)).collect()))
}

fn fill_arbiter_sets(table: &mut Table<'_>, sets: usize) -> Option<Vec<Vec<Pick>>> {
    fill_greedily(table, sets, &ARBITER_SET).ok().or_else(|| {
        table.forget();
        fill_exactly(table, sets)
    })
}

/// The size of an arbiter brick: 1 KiB for each file that the data brick is expected to hold.
fn arbiter_size(brick: KiB, rules: &VolumeRules, limits: &PlacementLimits) -> Result<KiB, PlacementRefusal> {
    let average = rules.average_file_size;
    if rules.arbiter && brick < average {
        return Err(PlacementRefusal::of(
            RefusalReason::AverageFileSize { average, brick },
            "Both sizes are in KiB. The average comes from the option user.heketi.average-file-size or from the server's setting average_file_size_kb.",
        ));
    }
    // The average is never 0 in a sane configuration; with 0 the arbiter is as large as the data.
    Ok(brick.divided_by(average.get()).unwrap_or(brick).max(limits.min_arbiter))
}

fn placed(table: &Table<'_>, set: &[Pick]) -> Option<Vec<PlacedBrick>> {
    let brick = |pick: &Pick| {
        let seat = &table.seats[pick.seat];
        let space = table.space(seat, pick.role)?;
        Some(PlacedBrick { device: seat.device.id, node: seat.device.node, role: pick.role, space })
    };
    set.iter().map(brick).collect()
}

/// The bricks of a set by position.
pub(super) fn roles(request: &PlacementRequest<'_>, rules: &VolumeRules) -> Vec<BrickRole> {
    if rules.arbiter { ARBITER_SET.to_vec() } else { vec![BrickRole::Data; request.durability.set_size()] }
}
