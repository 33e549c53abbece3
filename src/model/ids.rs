//! Identifiers: 32 lower-case hex digits, as heketi's, one type for each kind of object.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Uuid, fmt::Simple};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: 32 lower-case hex digits are expected")]
pub struct InvalidId(pub String);

fn parse(text: &str) -> Result<Simple, InvalidId> {
    let exact = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let invalid = || InvalidId(text.to_owned());
    if !exact {
        return Err(invalid());
    }
    Uuid::parse_str(text).map(Uuid::simple).map_err(|_| invalid())
}

macro_rules! id_type {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(Simple);

        impl $name {
            /// Takes the bits of a UUID as the id.
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid.simple())
            }

            /// The same bits as an id of another kind.
            pub fn uuid(self) -> Uuid {
                self.0.into_uuid()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Accepts exactly 32 lower-case hex digits: heketi compares ids as text.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

id_type! {
    /// A cluster: nodes whose glusterd form one trusted pool for our purposes.
    ClusterId;
    /// A node: a peer that holds devices.
    NodeId;
    /// A device: a disk of a node; its volume group is `vg_` and this id.
    DeviceId;
    /// A brick: a logical volume on a device.
    BrickId;
    /// A volume; its default name is `vol_` and this id.
    VolumeId;
    /// A block volume; its default name is `blockvol_` and this id.
    BlockVolumeId;
    /// An operation: a change that touches peers.
    OperationId;
    /// A job: what a client polls at `/queue/{id}`.
    JobId;
    /// A fresh id that names a thing of no kind of its own, such as a thin pool.
    FreshId;
}

/// Where new ids come from; an argument, so that tests can fix them.
pub trait Ids: Send + Sync {
    /// A new identifier that has never been handed out.
    fn draw(&self) -> Uuid;
}

/// Ids from the system's random source.
#[derive(Debug, Default, Clone, Copy)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that draws ids")]
    fn draw(&self) -> Uuid {
        Uuid::new_v4()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_32_lower_case_hex_digits_are_an_id() {
        let check = |text: &str, valid: bool| assert_eq!(text.parse::<VolumeId>().is_ok(), valid, "{text}");
        check("0123456789abcdef0123456789abcdef", true);
        check("0123456789ABCDEF0123456789ABCDEF", false);
        check("0123456789abcdef", false);
        check("01234567-89ab-cdef-0123-456789abcdef", false);
        check("", false);
    }

    #[test]
    fn an_id_survives_json() {
        let id: VolumeId = "0123456789abcdef0123456789abcdef".parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"0123456789abcdef0123456789abcdef\"");
        assert_eq!(serde_json::from_str::<VolumeId>(&json).unwrap(), id);
    }
}
