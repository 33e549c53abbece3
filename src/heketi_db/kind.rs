//! The kinds of objects that heketi keeps.

use std::fmt;

/// A kind of object. Source of the names: heketi's buckets and the keys of its export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nodes and volumes that belong together.
    Cluster,
    /// A gluster volume.
    Volume,
    /// A part of a volume on one device.
    Brick,
    /// A host.
    Node,
    /// A disk of a node.
    Device,
    /// A block volume in a hosting volume.
    BlockVolume,
    /// A fact about the database itself.
    Attribute,
    /// An operation that had not ended.
    Operation,
}

impl Kind {
    /// All kinds, in the order of the export.
    pub const ALL: [Kind; 8] = [
        Kind::Cluster,
        Kind::Volume,
        Kind::Brick,
        Kind::Node,
        Kind::Device,
        Kind::BlockVolume,
        Kind::Attribute,
        Kind::Operation,
    ];

    /// The bucket of the database file.
    pub fn bucket(self) -> &'static str {
        match self {
            Kind::Cluster => "CLUSTER",
            Kind::Volume => "VOLUME",
            Kind::Brick => "BRICK",
            Kind::Node => "NODE",
            Kind::Device => "DEVICE",
            Kind::BlockVolume => "BLOCKVOLUME",
            Kind::Attribute => "DBATTRIBUTE",
            Kind::Operation => "PENDING_OPERATIONS",
        }
    }

    /// The key of the export.
    pub fn section(self) -> &'static str {
        match self {
            Kind::Cluster => "clusterentries",
            Kind::Volume => "volumeentries",
            Kind::Brick => "brickentries",
            Kind::Node => "nodeentries",
            Kind::Device => "deviceentries",
            Kind::BlockVolume => "blockvolumeentries",
            Kind::Attribute => "dbattributeentries",
            Kind::Operation => "pendingoperations",
        }
    }

    /// The name of the Go type whose gob is the value in the bucket.
    pub fn go_type(self) -> &'static str {
        match self {
            Kind::Cluster => "ClusterEntry",
            Kind::Volume => "VolumeEntry",
            Kind::Brick => "BrickEntry",
            Kind::Node => "NodeEntry",
            Kind::Device => "DeviceEntry",
            Kind::BlockVolume => "BlockVolumeEntry",
            Kind::Attribute => "DbAttributeEntry",
            Kind::Operation => "PendingOperationEntry",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Cluster => "cluster",
            Kind::Volume => "volume",
            Kind::Brick => "brick",
            Kind::Node => "node",
            Kind::Device => "device",
            Kind::BlockVolume => "block volume",
            Kind::Attribute => "attribute",
            Kind::Operation => "pending operation",
        })
    }
}
