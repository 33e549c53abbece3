//! What gluster knows of volumes, by asking it and by the file in which glusterd keeps one.

use super::pool_volume::parse_pool_volumes;
use super::{is_missing, look};
use crate::executor::command::Command;
use crate::executor::settings::PeerSettings;
use crate::model::inventory::PoolVolume;
use crate::model::step::BrickAt;

/// Lists one volume, or all.
pub fn volume_info(settings: &PeerSettings, name: Option<&str>) -> Command {
    look(settings).args(["volume", "info"]).args(name).arg("--xml")
}

/// A volume as gluster has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlusterVolume {
    /// Its name.
    pub name: String,
    /// Whether it is started.
    pub started: bool,
    /// Its bricks, `host:path` each, set by set.
    pub bricks: Vec<String>,
    /// Its options.
    pub options: Vec<(String, String)>,
}

impl GlusterVolume {
    /// The value of an option that is set.
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// Reads what [`volume_info`] printed: the volumes, none where gluster knows no such volume.
pub fn parse_volume_info(xml: &str) -> Option<Vec<GlusterVolume>> {
    let volume = |volume: PoolVolume| GlusterVolume {
        started: volume.is_started(),
        name: volume.name,
        bricks: volume.bricks.into_iter().map(|brick| brick.name).collect(),
        options: volume.options,
    };
    let found = parse_pool_volumes(xml)?;
    match found {
        Ok(volumes) => Some(volumes.into_iter().map(volume).collect()),
        Err(refusal) => is_missing(&refusal).then(Vec::new),
    }
}

/// The file in which glusterd keeps a volume; reading it takes a tenth of the time that asking takes.
pub fn stored_info(name: &str) -> Command {
    Command::look("cat").arg(format!("/var/lib/glusterd/vols/{name}/info"))
}

/// The bricks in what [`stored_info`] printed, as glusterd spells them there: `host:path` with `-` for `/`.
pub fn parse_stored_bricks(info: &str) -> Vec<&str> {
    info.lines()
        .filter(|line| line.starts_with("brick-"))
        .filter_map(|line| line.split_once('='))
        .map(|(_, at)| at)
        .collect()
}

/// A brick as glusterd spells it in its own files.
pub fn stored_place(brick: &BrickAt) -> String {
    format!("{}:{}", brick.storage, brick.path.replace('/', "-"))
}

/// The same of a place that `volume info` lists.
pub fn stored_listed(place: &str) -> String {
    place.replace('/', "-")
}

#[cfg(test)]
mod tests {
    use super::super::ID_OPTION;
    use super::*;

    #[test]
    fn volumes_are_read() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v1</name><id>x</id>
<status>1</status><statusStr>Started</statusStr><snapshotCount>0</snapshotCount><brickCount>1</brickCount>
<bricks><brick uuid="u">10.10.10.17:/b/brick<name>10.10.10.17:/b/brick</name><hostUuid>u</hostUuid>
<isArbiter>0</isArbiter></brick></bricks><optCount>1</optCount><options><option><name>user.heketi.id</name>
<value>abc</value></option></options></volume><count>1</count></volumes></volInfo></cliOutput>"#;
        let found = parse_volume_info(xml).unwrap();
        assert!(found[0].started);
        assert_eq!(found[0].bricks, ["10.10.10.17:/b/brick"]);
        assert_eq!(found[0].option(ID_OPTION), Some("abc"));
    }

    #[test]
    fn a_missing_volume_is_no_volume_and_garbage_is_no_answer() {
        let missing = "<cliOutput><opRet>-1</opRet><opErrno>30800</opErrno><opErrstr>Volume x does not exist</opErrstr></cliOutput>";
        assert_eq!(parse_volume_info(missing), Some(vec![]));
        let none = "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><count>0</count></volumes></volInfo></cliOutput>";
        assert_eq!(parse_volume_info(none), Some(vec![]));
        assert_eq!(
            parse_volume_info("Connection failed. Please check if gluster daemon is operational."),
            None
        );
    }
}
