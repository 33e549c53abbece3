//! All that `gluster volume info --xml` says.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::model::inventory::{PoolBrick, PoolVolume};

#[derive(Deserialize)]
struct CliOutput {
    #[serde(rename = "opRet")]
    op_ret: i32,
    #[serde(rename = "opErrstr", default)]
    op_errstr: String,
    #[serde(rename = "volInfo")]
    vol_info: Option<VolInfo>,
}

#[derive(Deserialize)]
struct VolInfo {
    volumes: Volumes,
}

#[derive(Deserialize)]
struct Volumes {
    #[serde(default)]
    volume: Vec<Volume>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    name: String,
    #[serde(default)]
    id: String,
    #[serde(default, deserialize_with = "number")]
    status: i64,
    #[serde(default)]
    status_str: String,
    #[serde(default, deserialize_with = "number")]
    brick_count: i64,
    #[serde(default, deserialize_with = "number")]
    dist_count: i64,
    #[serde(default, deserialize_with = "number")]
    stripe_count: i64,
    #[serde(default, deserialize_with = "number")]
    replica_count: i64,
    #[serde(default, deserialize_with = "number")]
    arbiter_count: i64,
    #[serde(default, deserialize_with = "number")]
    disperse_count: i64,
    #[serde(default, deserialize_with = "number")]
    redundancy_count: i64,
    #[serde(rename = "type", default, deserialize_with = "number")]
    kind: i64,
    #[serde(default)]
    type_str: String,
    #[serde(default, deserialize_with = "number")]
    transport: i64,
    bricks: Bricks,
    #[serde(default, deserialize_with = "number")]
    opt_count: i64,
    options: Option<Options>,
}

#[derive(Deserialize)]
struct Bricks {
    #[serde(default)]
    brick: Vec<Brick>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Brick {
    #[serde(rename = "@uuid", default)]
    uuid: String,
    name: String,
    #[serde(default)]
    host_uuid: String,
    #[serde(default, deserialize_with = "number")]
    is_arbiter: i64,
}

#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    option: Vec<Setting>,
}

#[derive(Deserialize)]
struct Setting {
    name: String,
    #[serde(default)]
    value: String,
}

/// A number; an empty element is 0. Anything else is no answer of gluster's.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Ok(0) } else { text.trim().parse().map_err(D::Error::custom) }
}

/// Reads what `gluster volume info --xml` printed: the volumes, or gluster's words where it refused. `None` for what is
/// no such answer.
pub fn parse_pool_volumes(xml: &str) -> Option<Result<Vec<PoolVolume>, String>> {
    let found: CliOutput = quick_xml::de::from_str(xml).ok()?;
    if found.op_ret != 0 {
        return Some(Err(found.op_errstr));
    }
    let volumes = found.vol_info.map_or_else(Vec::new, |info| info.volumes.volume);
    Some(Ok(volumes.into_iter().map(PoolVolume::from).collect()))
}

impl From<Volume> for PoolVolume {
    fn from(volume: Volume) -> PoolVolume {
        let options = volume.options.map_or_else(Vec::new, |options| options.option);
        PoolVolume {
            name: volume.name,
            id: volume.id,
            status: volume.status,
            status_word: volume.status_str,
            brick_count: volume.brick_count,
            dist_count: volume.dist_count,
            stripe_count: volume.stripe_count,
            replica_count: volume.replica_count,
            arbiter_count: volume.arbiter_count,
            disperse_count: volume.disperse_count,
            redundancy_count: volume.redundancy_count,
            kind: volume.kind,
            kind_word: volume.type_str,
            transport: volume.transport,
            bricks: volume.bricks.brick.into_iter().map(PoolBrick::from).collect(),
            option_count: volume.opt_count,
            options: options.into_iter().map(|set| (set.name, set.value)).collect(),
        }
    }
}

impl From<Brick> for PoolBrick {
    fn from(brick: Brick) -> PoolBrick {
        PoolBrick {
            uuid: brick.uuid,
            name: brick.name,
            host_uuid: brick.host_uuid,
            is_arbiter: brick.is_arbiter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As gluster 10 prints it.
    const TWO: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cliOutput>
  <opRet>0</opRet>
  <opErrno>0</opErrno>
  <opErrstr/>
  <volInfo>
    <volumes>
      <volume>
        <name>certs</name>
        <id>0c1f6d5e-3a52-4b8c-9d0e-7f6a5b4c3d2e</id>
        <status>2</status>
        <statusStr>Stopped</statusStr>
        <snapshotCount>0</snapshotCount>
        <brickCount>3</brickCount>
        <distCount>1</distCount>
        <replicaCount>3</replicaCount>
        <arbiterCount>1</arbiterCount>
        <disperseCount>0</disperseCount>
        <redundancyCount/>
        <type>2</type>
        <typeStr>Replicate</typeStr>
        <transport>0</transport>
        <bricks>
          <brick uuid="u1">10.10.10.17:/data/certs<name>10.10.10.17:/data/certs</name><hostUuid>u1</hostUuid><isArbiter>0</isArbiter></brick>
          <brick uuid="u2">10.10.10.18:/data/certs<name>10.10.10.18:/data/certs</name><hostUuid>u2</hostUuid><isArbiter>1</isArbiter></brick>
        </bricks>
        <optCount>2</optCount>
        <options>
          <option><name>auth.allow</name><value>10.10.10.*</value></option>
          <option><name>user.note</name><value/></option>
        </options>
      </volume>
      <volume><name>bare</name><statusStr>Started</statusStr><bricks/></volume>
      <count>2</count>
    </volumes>
  </volInfo>
</cliOutput>"#;

    #[test]
    fn volumes_are_read_with_all_that_is_said_of_them() {
        let found = parse_pool_volumes(TWO).unwrap().unwrap();
        let certs = &found[0];
        let numbers =
            [certs.status, certs.replica_count, certs.arbiter_count, certs.stripe_count, certs.kind];
        assert_eq!(numbers, [2, 3, 1, 0, 2]);
        assert!(!certs.is_started() && found[1].is_started());
        assert_eq!((certs.redundancy_count, certs.option_count), (0, 2));
        assert_eq!(certs.option("auth.allow"), Some("10.10.10.*"));
        assert_eq!(certs.option("user.note"), Some(""));
        let arbiter = &certs.bricks[1];
        assert_eq!((arbiter.uuid.as_str(), arbiter.is_arbiter), ("u2", 1));
        assert_eq!((arbiter.name.as_str(), arbiter.host_uuid.as_str()), ("10.10.10.18:/data/certs", "u2"));
        assert!(found[1].bricks.is_empty() && found[1].options.is_empty());
    }

    #[test]
    fn a_refusal_is_told_from_garbage() {
        let refused = "<cliOutput><opRet>-1</opRet><opErrno>30800</opErrno><opErrstr>Locking failed</opErrstr></cliOutput>";
        assert_eq!(parse_pool_volumes(refused), Some(Err("Locking failed".to_owned())));
        let none = "<cliOutput><opRet>0</opRet><opErrstr/><volInfo><volumes><count>0</count></volumes></volInfo></cliOutput>";
        assert_eq!(parse_pool_volumes(none), Some(Ok(vec![])));
        assert_eq!(parse_pool_volumes("Connection failed."), None);
        assert_eq!(parse_pool_volumes(&TWO.replace("<distCount>1", "<distCount>one")), None);
    }
}
