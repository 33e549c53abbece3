//! Operations that had not ended.

use std::fmt;

use serde::Serialize;

use super::fields::{Fields, same};

/// The record of an operation that had not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OperationEntry {
    /// Its id.
    pub id: String,
    /// When it was begun, in seconds since 1970.
    pub timestamp: i64,
    /// What it is: see [`OperationType`].
    #[serde(rename = "Type")]
    pub number: i64,
    /// What it changes, in order.
    pub actions: Vec<ActionEntry>,
    /// Empty, `stale` or `failed`.
    pub status: String,
}

/// One thing that an operation changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ActionEntry {
    /// How: see [`Change`].
    pub change: i64,
    /// The id of the object.
    pub id: String,
    /// By how much, or to what size, in GiB.
    pub delta: Option<i64>,
}

/// Makes an enum of numbers that stand in databases, and their names.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant = $number,)* }

        impl $name {
            /// What the number means.
            pub fn of(number: i64) -> Option<$name> {
                match number {
                    $($number => Some($name::$variant),)*
                    _ => None,
                }
            }
        }

        /// heketi's own words.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$variant => $text,)* })
            }
        }
    };
}

numbered! {
    /// What an operation is. As recorded in databases of heketi 10.4.
    OperationType {
        /// Makes a volume.
        CreateVolume = 1 "create-volume",
        /// Takes a volume away.
        DeleteVolume = 2 "delete-volume",
        /// Makes a volume larger.
        ExpandVolume = 3 "expand-volume",
        /// Makes a block volume.
        CreateBlockVolume = 4 "create-block-volume",
        /// Takes a block volume away.
        DeleteBlockVolume = 5 "delete-block-volume",
        /// Empties a device.
        RemoveDevice = 6 "remove-device",
        /// Copies a volume.
        CloneVolume = 7 "clone-volume",
        /// Moves a brick.
        EvictBrick = 8 "evict-brick",
        /// Makes a block volume larger.
        ExpandBlockVolume = 9 "expand-block-volume",
    }
}

numbered! {
    /// How an operation changes an object. As recorded in databases of heketi 10.4.
    Change {
        /// A brick is made.
        AddBrick = 1 "Add brick",
        /// A volume is made.
        AddVolume = 2 "Add volume",
        /// A brick is taken away.
        DeleteBrick = 3 "Delete brick",
        /// A volume is taken away.
        DeleteVolume = 4 "Delete volume",
        /// A volume gets larger by so many GiB.
        ExpandVolume = 5 "Expand volume",
        /// A block volume is made.
        AddBlockVolume = 6 "Add block volume",
        /// A block volume is taken away.
        DeleteBlockVolume = 7 "Delete block volume",
        /// A device is emptied.
        RemoveDevice = 8 "Remove device",
        /// A volume is copied: the one that is there.
        CloneVolume = 9 "Clone volume from",
        /// Not used by any version.
        SnapshotVolume = 10 "Snapshot volume",
        /// A volume is copied: the new one.
        AddVolumeClone = 11 "Expand volume to",
        /// The operation has another one do a part; the id is that operation's.
        ParentOperation = 12 "Performing child operation",
        /// The operation does a part of another one; the id is that operation's.
        ChildOperation = 13 "Belongs to parent operation",
        /// A block volume gets as large as so many GiB.
        ExpandBlockVolume = 14 "Expand block volume",
    }
}

impl OperationEntry {
    pub(super) fn read(fields: &mut Fields<'_, '_>) -> OperationEntry {
        let operation = fields.embedded("PendingOperation", |operation| OperationEntry {
            id: operation.embedded("PendingItem", |item| item.text(same("Id"))),
            timestamp: operation.int(same("Timestamp")),
            number: operation.int(same("Type")),
            actions: operation.objects(same("Actions"), ActionEntry::read),
            status: String::new(),
        });
        OperationEntry { status: fields.text(same("Status")), ..operation }
    }
}

impl ActionEntry {
    fn read(fields: &mut Fields<'_, '_>) -> ActionEntry {
        ActionEntry {
            change: fields.int(same("Change")),
            id: fields.text(same("Id")),
            delta: fields.optional_int(same("Delta")),
        }
    }
}
