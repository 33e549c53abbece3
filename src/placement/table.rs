//! The devices that come into question, with what this placement has reserved on them so far.

use std::cmp::Reverse;

use super::filters::{ArbiterTag, NotTaken, standing, tag_rule};
use super::options::{VolumeRules, ZoneChecking};
use super::request::{Avoid, ClusterView, NodeView};
use super::score::{Avoided, Score, ill_suited};
use crate::model::brick::{BrickRole, BrickSpace};
use crate::model::device::Device;
use crate::model::ids::NodeId;
use crate::model::node::Node;
use crate::model::sizes::KiB;
use crate::model::state::Phase;

/// A device that comes into question.
pub(super) struct Seat<'a> {
    pub device: &'a Device,
    pub node: &'a Node,
    /// Of one group a set takes one brick: its node, or under strict zone checking its zone.
    pub group: usize,
    node_index: usize,
    zone_index: usize,
    extent_index: usize,
    tag: ArbiterTag,
    avoided: Avoided,
    /// What is left of its free space.
    free: u64,
    /// Bricks of this placement on it.
    bricks: u32,
}

/// What the two kinds of brick take on devices of one extent; `None` for what no device can hold.
struct Sizes {
    extent: KiB,
    data: Option<BrickSpace>,
    arbiter: Option<BrickSpace>,
}

/// Why there is no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NothingThere {
    /// The cluster has no node.
    Nodes,
    /// It has no device that could be used at all.
    Devices,
}

/// The devices that come into question. Reservations are made here and nowhere else; [`Table::load`] forgets them.
pub(super) struct Table<'a> {
    pub seats: Vec<Seat<'a>>,
    /// How many groups there are.
    pub groups: usize,
    arbiter_volume: bool,
    strict: bool,
    sizes: Vec<Sizes>,
    bricks_on_node: Vec<u32>,
    set_bricks_in_zone: Vec<u32>,
    set_has_group: Vec<bool>,
}

impl<'a> Table<'a> {
    /// Lists the devices that pass the filters which hold for every brick of the volume.
    pub fn new(
        cluster: &ClusterView<'a>,
        rules: &VolumeRules,
        avoid: &Avoid,
    ) -> Result<Table<'a>, NothingThere> {
        if !cluster.nodes.iter().any(|view| view.node.phase == Phase::Ready) {
            return Err(NothingThere::Nodes);
        }
        let directory = Directory::new(cluster.nodes);
        let strict = rules.zone_checking == ZoneChecking::Strict;
        let groups = if strict { directory.zones.len() } else { directory.nodes.len() };
        let mut table = Table {
            seats: Vec::with_capacity(cluster.devices.len()),
            groups,
            arbiter_volume: rules.arbiter,
            strict,
            sizes: Vec::new(),
            bricks_on_node: vec![0; directory.nodes.len()],
            set_bricks_in_zone: vec![0; directory.zones.len()],
            set_has_group: vec![false; groups],
        };
        if table.list(cluster, &directory, rules, avoid) { Ok(table) } else { Err(NothingThere::Devices) }
    }

    /// Lists devices; says whether there are any that could be used, whatever the volume's tag rule.
    fn list(
        &mut self,
        cluster: &ClusterView<'a>,
        directory: &Directory<'_, 'a>,
        rules: &VolumeRules,
        avoid: &Avoid,
    ) -> bool {
        let mut usable = false;
        for device in cluster.devices {
            let Some((node_index, view)) = directory.node(device.node) else { continue };
            if standing(cluster, view, device).is_some() {
                continue;
            }
            usable = true;
            if tag_rule(rules, view.node, device).is_none() {
                self.seat(device, view.node, node_index, directory.zone(view.node), avoid);
            }
        }
        usable
    }

    fn seat(
        &mut self,
        device: &'a Device,
        node: &'a Node,
        node_index: usize,
        zone_index: usize,
        avoid: &Avoid,
    ) {
        let extent_index = self.extent_index(device.extent);
        self.seats.push(Seat {
            device,
            node,
            group: if self.strict { zone_index } else { node_index },
            node_index,
            zone_index,
            extent_index,
            tag: ArbiterTag::of(device, node),
            avoided: avoided(device, avoid),
            free: device.storage.free.get(),
            bricks: 0,
        });
    }

    // Nearly always there is one extent size, so that sizes are computed once and not for every device.
    fn extent_index(&mut self, extent: KiB) -> usize {
        self.sizes.iter().position(|sizes| sizes.extent == extent).unwrap_or_else(|| {
            self.sizes.push(Sizes { extent, data: None, arbiter: None });
            self.sizes.len() - 1
        })
    }

    /// Forgets all reservations, and sets what the bricks take on a device with a given extent.
    pub fn load(&mut self, space_of: impl Fn(BrickRole, KiB) -> Option<BrickSpace>) {
        for sizes in &mut self.sizes {
            sizes.data = space_of(BrickRole::Data, sizes.extent);
            sizes.arbiter = space_of(BrickRole::Arbiter, sizes.extent);
        }
        self.forget();
    }

    /// Forgets all reservations.
    pub fn forget(&mut self) {
        for seat in &mut self.seats {
            seat.free = seat.device.storage.free.get();
            seat.bricks = 0;
        }
        self.bricks_on_node.fill(0);
        self.begin_set();
    }

    /// A node has a brick of the set that is being filled.
    pub fn occupy(&mut self, cluster: &ClusterView<'_>, node: NodeId) {
        let directory = Directory::new(cluster.nodes);
        let Some((node_index, view)) = directory.node(node) else { return };
        let zone_index = directory.zone(view.node);
        self.set_bricks_in_zone[zone_index] += 1;
        self.set_has_group[if self.strict { zone_index } else { node_index }] = true;
    }

    /// Begins a new set: all nodes and zones may be used again.
    pub fn begin_set(&mut self) {
        self.set_bricks_in_zone.fill(0);
        self.set_has_group.fill(false);
    }

    /// What a brick takes on a device.
    pub fn space(&self, seat: &Seat<'_>, role: BrickRole) -> Option<BrickSpace> {
        let sizes = &self.sizes[seat.extent_index];
        match role {
            BrickRole::Data => sizes.data,
            BrickRole::Arbiter => sizes.arbiter,
        }
    }

    /// KiB that a brick takes on a device, more than any has free for what no device can hold.
    pub fn needed(&self, seat: &Seat<'_>, role: BrickRole) -> KiB {
        self.space(seat, role).and_then(|space| space.total()).unwrap_or(KiB::MAX)
    }

    /// KiB that bricks can take of a device's free space together: heketi wants free space to be more than what
    /// is taken, and clients know the devices that are "full" with one brick's worth of room.
    pub fn room(&self, seat: &Seat<'_>) -> u64 {
        seat.free.saturating_sub(1)
    }

    /// Whether the tags of a device allow a brick of this kind.
    pub fn tag_refuses(&self, seat: &Seat<'_>, role: BrickRole) -> Option<NotTaken> {
        if self.arbiter_volume { seat.tag.refuses(role) } else { None }
    }

    /// Whether some device is kept for arbiter bricks.
    pub fn has_dedicated_arbiters(&self) -> bool {
        self.arbiter_volume && self.seats.iter().any(|seat| seat.tag == ArbiterTag::Required)
    }

    /// Why a device does not take a brick of the set that is being filled.
    pub fn refuses(&self, seat: &Seat<'_>, role: BrickRole) -> Option<NotTaken> {
        if self.set_has_group[seat.group] {
            let zone = seat.node.zone;
            return Some(if self.strict { NotTaken::ZoneInUse(zone) } else { NotTaken::NodeInUse });
        }
        let needed = self.needed(seat, role);
        if self.room(seat) < needed.get() {
            let free = KiB::new(seat.free).unwrap_or(KiB::MAX);
            return Some(NotTaken::NoRoom { needed, free, taken_by_volume: seat.bricks });
        }
        self.tag_refuses(seat, role)
    }

    /// The best device for the next brick of the set, among the groups that are allowed.
    pub fn best(&self, role: BrickRole, allowed: impl Fn(usize) -> bool) -> Option<usize> {
        let seats = self.seats.iter().enumerate();
        let open = seats.filter(|(_, seat)| allowed(seat.group) && self.refuses(seat, role).is_none());
        open.min_by_key(|(_, seat)| self.score(seat, role)).map(|(index, _)| index)
    }

    fn score(&self, seat: &Seat<'_>, role: BrickRole) -> Score {
        Score {
            ill_suited: ill_suited(seat.tag, role, self.arbiter_volume),
            set_bricks_in_zone: self.set_bricks_in_zone[seat.zone_index],
            avoided: seat.avoided,
            bricks_on_node: self.bricks_on_node[seat.node_index],
            free: Reverse(seat.free),
            bricks: seat.device.brick_count.saturating_add(seat.bricks),
            tie: seat.device.id,
        }
    }

    /// Reserves room for a brick of the set that is being filled.
    pub fn take(&mut self, index: usize, role: BrickRole) {
        let needed = self.needed(&self.seats[index], role).get();
        let seat = &mut self.seats[index];
        seat.free = seat.free.saturating_sub(needed);
        seat.bricks += 1;
        self.bricks_on_node[seat.node_index] += 1;
        self.set_bricks_in_zone[seat.zone_index] += 1;
        self.set_has_group[seat.group] = true;
    }
}

fn avoided(device: &Device, avoid: &Avoid) -> Avoided {
    if avoid.nodes.contains(&device.node) {
        Avoided::Node
    } else if avoid.devices.contains(&device.id) {
        Avoided::Device
    } else {
        Avoided::No
    }
}

/// Nodes and zones by number.
struct Directory<'v, 'a> {
    nodes: Vec<&'v NodeView<'a>>,
    zones: Vec<i64>,
}

impl<'v, 'a> Directory<'v, 'a> {
    fn new(views: &'v [NodeView<'a>]) -> Self {
        let mut nodes: Vec<_> = views.iter().collect();
        nodes.sort_unstable_by_key(|view| view.node.id);
        let mut zones: Vec<_> = views.iter().map(|view| view.node.zone).collect();
        zones.sort_unstable();
        zones.dedup();
        Directory { nodes, zones }
    }

    fn node(&self, id: NodeId) -> Option<(usize, &'v NodeView<'a>)> {
        let index = self.nodes.binary_search_by_key(&id, |view| view.node.id).ok()?;
        Some((index, self.nodes[index]))
    }

    fn zone(&self, node: &Node) -> usize {
        self.zones.binary_search(&node.zone).unwrap_or_default()
    }
}
