//! Clusters for the tests of this layer.

use super::{
    Avoid, ClusterView, NodeView, Placement, PlacementLimits, PlacementRefusal, PlacementRequest, place,
};
use crate::model::device::{Device, Storage};
use crate::model::durability::Durability;
use crate::model::ids::{ClusterId, DeviceId, NodeId};
use crate::model::node::{Node, Tags};
use crate::model::sizes::{GiB, KiB};
use crate::model::state::{EntryState, Phase};

/// The devices of the first user, as the chapter on placement reckons them.
pub const SEED_DEVICE: u64 = 512_000_000;

pub fn kib(n: u64) -> KiB {
    KiB::new(n).unwrap()
}

pub fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Nodes with devices, which tests may change before they ask.
#[derive(Debug, Clone, Default)]
pub struct Lab {
    pub nodes: Vec<Node>,
    pub down: Vec<NodeId>,
    pub devices: Vec<Device>,
    pub unreconciled: Vec<DeviceId>,
    pub avoid: Avoid,
    pub limits: PlacementLimits,
    pub factor: Option<f32>,
    pub existing_bricks: usize,
}

impl Lab {
    /// Nodes of one zone each with the free KiB of their devices: `(zone, &[free, …])`.
    pub fn new(nodes: &[(i64, &[u64])]) -> Lab {
        let mut lab = Lab::default();
        for (zone, devices) in nodes {
            lab.add_node(*zone, devices);
        }
        lab
    }

    /// Three nodes of one zone with two devices each.
    pub fn seed() -> Lab {
        Lab::new(&[(1, &[SEED_DEVICE; 2]), (1, &[SEED_DEVICE; 2]), (1, &[SEED_DEVICE; 2])])
    }

    fn add_node(&mut self, zone: i64, devices: &[u64]) {
        let number = self.nodes.len() + 1;
        let id: NodeId = format!("{number:032x}").parse().unwrap();
        self.nodes.push(Node {
            id,
            cluster: "c".repeat(32).parse::<ClusterId>().unwrap(),
            zone,
            manage: vec![format!("10.0.0.{number}")],
            storage: vec![format!("10.0.1.{number}")],
            tags: Tags::new(),
            state: EntryState::Online,
            phase: Phase::Ready,
        });
        for (index, free) in devices.iter().enumerate() {
            self.add_device(id, number, index, *free);
        }
    }

    fn add_device(&mut self, node: NodeId, number: usize, index: usize, free: u64) {
        let free = kib(free);
        self.devices.push(Device {
            id: format!("{:032x}", number * 0x100 + index).parse().unwrap(),
            node,
            name: format!("/dev/vd{}", char::from(b'd' + u8::try_from(index % 20).unwrap())),
            tags: Tags::new(),
            state: EntryState::Online,
            phase: Phase::Ready,
            storage: Storage { total: free, free, used: KiB::ZERO },
            extent: KiB::of(4096),
            pv_uuid: None,
            paths: Vec::new(),
            brick_count: 0,
        });
    }

    /// Asks for places, and checks what must be true of every placement.
    pub fn ask(
        &self,
        durability: Durability,
        gib: u64,
        options: &[&str],
    ) -> Result<Placement, PlacementRefusal> {
        let answer = self.ask_unchecked(durability, gib, options);
        if let Ok(placement) = &answer {
            self.assert_sound(placement, durability);
        }
        answer
    }

    /// Asks for places.
    pub fn ask_unchecked(
        &self,
        durability: Durability,
        gib: u64,
        options: &[&str],
    ) -> Result<Placement, PlacementRefusal> {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let view = |node| NodeView { node, down: self.down.contains(&node.id) };
        let nodes: Vec<NodeView<'_>> = self.nodes.iter().map(view).collect();
        let cluster = ClusterView { nodes: &nodes, devices: &self.devices, unreconciled: &self.unreconciled };
        let request = PlacementRequest {
            size: GiB::new(gib).unwrap(),
            durability,
            snapshot_factor: self.factor.unwrap_or(1.0),
            options: &options,
            existing_bricks: self.existing_bricks,
            avoid: &self.avoid,
        };
        place(&request, &cluster, &self.limits)
    }

    /// Asks for places and takes them.
    pub fn take(
        &mut self,
        durability: Durability,
        gib: u64,
        options: &[&str],
    ) -> Result<Placement, PlacementRefusal> {
        let placement = self.ask(durability, gib, options)?;
        for brick in placement.bricks() {
            let device = self.devices.iter_mut().find(|device| device.id == brick.device).unwrap();
            let total = brick.space.total().unwrap();
            device.storage.free = device.storage.free.checked_sub(total).unwrap();
            device.storage.used = device.storage.used.checked_add(total).unwrap();
            device.brick_count += 1;
        }
        Ok(placement)
    }

    /// The zone of a node.
    pub fn zone(&self, node: NodeId) -> i64 {
        self.nodes.iter().find(|n| n.id == node).unwrap().zone
    }

    /// What must be true of every placement: full sets, nodes apart, devices of those nodes, no device overcommitted.
    fn assert_sound(&self, placement: &Placement, durability: Durability) {
        for set in &placement.sets {
            assert_eq!(set.len(), durability.set_size());
            let mut nodes: Vec<NodeId> = set.iter().map(|brick| brick.node).collect();
            nodes.sort();
            nodes.dedup();
            assert_eq!(nodes.len(), set.len(), "two bricks of a set on one node");
        }
        for device in &self.devices {
            let bricks = placement.bricks().filter(|brick| brick.device == device.id);
            let taken: u64 = bricks
                .map(|brick| {
                    assert_eq!(brick.node, device.node);
                    brick.space.total().unwrap().get()
                })
                .sum();
            assert!(taken == 0 || taken < device.storage.free.get(), "{} is overcommitted", device.id);
        }
    }
}

/// A placement in short: `sets × bricks of KiB, taking KiB`, or heketi's text for a creation.
pub fn short(answer: &Result<Placement, PlacementRefusal>) -> String {
    match answer {
        Ok(placement) => {
            let taken: u64 = placement.bricks().map(|brick| brick.space.total().unwrap().get()).sum();
            let first = &placement.sets[0];
            format!("{}x{} {} takes {taken}", placement.sets.len(), first.len(), first[0].space.size.get())
        }
        Err(refusal) => refusal.reason.create_text(),
    }
}
