//! From a request for a volume to a [`VolumeSpec`]: every check that needs no database, in heketi's order.

use super::validate::{Invalid, Validate};
use super::volume::{Durability, VolumeCloneRequest, VolumeCreateRequest, VolumeExpandRequest};
use crate::model::durability::{DurabilityError, DurabilityKind, RequestedDurability};
use crate::model::sizes::GiB;
use crate::model::volume::{Snapshot, VolumeSpec};

/// The first group id that heketi refuses.
const FIRST_BAD_GID: i64 = i32::MAX as i64;

/// Why a request asks for no volume; heketi's texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VolumeRequestError {
    /// A field breaks its rule.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The group id is negative.
    #[error("Bad group id less than zero")]
    GroupBelowZero,
    /// The group id is beyond what Linux takes. The number in heketi's text is wrong.
    #[error("Bad group id equal or greater than 2**32")]
    GroupTooLarge,
    /// Not `none`, `replicate` or `disperse`.
    #[error("Unknown durability type")]
    UnknownDurability,
    /// Not 1 to 100.
    #[error("Invalid snapshot factor")]
    SnapshotFactor,
    /// No such layout.
    #[error(transparent)]
    Durability(#[from] DurabilityError),
}

impl TryFrom<VolumeCreateRequest> for VolumeSpec {
    type Error = VolumeRequestError;

    fn try_from(request: VolumeCreateRequest) -> Result<VolumeSpec, VolumeRequestError> {
        request.validate()?;
        let gid = group(request.gid)?;
        let requested = requested(&request.durability)?;
        let snapshot = snapshot(&request.snapshot)?;
        let durability = requested.layout()?;
        Ok(VolumeSpec {
            size: size(request.size),
            name: Some(request.name).filter(|name| !name.is_empty()),
            clusters: request.clusters.to_vec(),
            requested,
            durability,
            gid,
            options: request.glustervolumeoptions.to_vec(),
            block: request.block,
            snapshot,
        })
    }
}

impl TryFrom<VolumeExpandRequest> for GiB {
    type Error = VolumeRequestError;

    /// The GiB to add.
    fn try_from(request: VolumeExpandRequest) -> Result<GiB, VolumeRequestError> {
        request.validate()?;
        Ok(size(request.expand_size))
    }
}

impl VolumeCloneRequest {
    /// The name that was asked for, if any.
    ///
    /// # Errors
    /// When it is none.
    pub fn wanted_name(self) -> Result<Option<String>, Invalid> {
        self.validate()?;
        Ok(Some(self.name).filter(|name| !name.is_empty()))
    }
}

/// What no database can hold is as good as the most that it can: there is no room for either.
pub(super) fn size(gib: i64) -> GiB {
    GiB::from_sql(gib).unwrap_or(GiB::MAX)
}

fn group(gid: i64) -> Result<u32, VolumeRequestError> {
    if gid >= FIRST_BAD_GID {
        return Err(VolumeRequestError::GroupTooLarge);
    }
    u32::try_from(gid).map_err(|_| VolumeRequestError::GroupBelowZero)
}

fn requested(durability: &Durability) -> Result<RequestedDurability, VolumeRequestError> {
    let kind = match durability.kind.as_str() {
        "" | "none" => DurabilityKind::None,
        "replicate" => DurabilityKind::Replicate,
        "disperse" => DurabilityKind::Disperse,
        _ => return Err(VolumeRequestError::UnknownDurability),
    };
    Ok(RequestedDurability {
        kind,
        replica: durability.replicate.replica,
        data: durability.disperse.data,
        redundancy: durability.disperse.redundancy,
    })
}

/// A factor counts only where snapshots are enabled.
fn snapshot(requested: &super::volume::Snapshot) -> Result<Snapshot, VolumeRequestError> {
    match requested.enable {
        false => Ok(Snapshot::default()),
        true if (1.0..=100.0).contains(&requested.factor) => {
            Ok(Snapshot { enable: true, factor: requested.factor })
        }
        true => Err(VolumeRequestError::SnapshotFactor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> String {
        let request: VolumeCreateRequest = crate::json::decode(body.as_bytes()).unwrap();
        match VolumeSpec::try_from(request) {
            Ok(spec) => format!("{} {:?} x{}", spec.size, spec.durability, spec.snapshot.factor),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn requests_become_specs_or_heketis_refusals() {
        let check = |body: &str, expected: &str| assert_eq!(answer(body), expected, "{body}");
        check(r#"{"size":1}"#, "1 GiB Distribute x1");
        check(r#"{"size":1,"durability":{"type":"replicate"}}"#, "1 GiB Replicate(2) x1");
        check(r#"{"size":1,"snapshot":{"factor":3}}"#, "1 GiB Distribute x1");
        check(r#"{"size":1,"snapshot":{"enable":true,"factor":1.5}}"#, "1 GiB Distribute x1.5");
        check(r#"{"gid":-1}"#, "validation failed: size: cannot be blank.");
        check(r#"{"size":1,"gid":-1}"#, "Bad group id less than zero");
        check(r#"{"size":1,"gid":2147483646}"#, "1 GiB Distribute x1");
        check(r#"{"size":1,"gid":2147483647}"#, "Bad group id equal or greater than 2**32");
        check(
            r#"{"size":1,"durability":{"type":"raid"},"snapshot":{"enable":true}}"#,
            "Unknown durability type",
        );
        check(
            r#"{"size":1,"snapshot":{"enable":true},"durability":{"type":"replicate","replicate":{"replica":4}}}"#,
            "Invalid snapshot factor",
        );
        check(r#"{"size":1,"snapshot":{"enable":true,"factor":100.1}}"#, "Invalid snapshot factor");
        check(
            r#"{"size":1,"durability":{"type":"replicate","replicate":{"replica":4}}}"#,
            "Invalid replica value",
        );
        check(
            r#"{"size":1,"durability":{"type":"disperse","disperse":{"data":4,"redundancy":1}}}"#,
            "Invalid dispersion combination: 4+1",
        );
    }
}
