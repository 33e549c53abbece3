//! What gluster has still to heal.

use serde::Deserialize;

use super::{change, deadline, look, volume_lock};
use crate::executor::command::Command;
use crate::executor::settings::PeerSettings;
use crate::model::step::VolumePlan;

/// How gluster names a brick that it cannot ask. Source: heketi.
const NAMELESS: &str = "information not available";

/// How the status of a brick begins whose list ended early.
const CUT_SHORT: &str = "Failed to process entries completely";

/// Lists what is still to be healed, brick by brick. It walks over all of it, which takes its time.
pub fn heal_info(settings: &PeerSettings, volume: &str) -> Command {
    look(settings).args(["volume", "heal", volume, "info", "--xml"]).deadline(deadline(settings)).slow()
}

/// Has the self-heal daemons begin with what is to be healed. By themselves they look for it every ten minutes only
/// (`cluster.heal-timeout`).
pub fn heal_start(settings: &PeerSettings, plan: &VolumePlan) -> Command {
    change(settings, volume_lock(plan.volume)).args(["volume", "heal", &plan.name])
}

/// A brick with what is to be healed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealBrick {
    /// `host:path`; none for a brick that gluster could not ask.
    pub name: Option<String>,
    /// Whether it is online and could be read to its end.
    pub connected: bool,
    /// What others have still to get from it; none where it could not be asked.
    pub entries: Option<u64>,
}

impl HealBrick {
    /// Whether something is known to be healed from it.
    pub fn has_entries(&self) -> bool {
        self.entries.is_some_and(|entries| entries > 0)
    }
}

#[derive(Deserialize)]
struct CliOutput {
    #[serde(rename = "opRet", default)]
    op_ret: i32,
    #[serde(rename = "opErrstr", default)]
    op_errstr: String,
    #[serde(rename = "healInfo")]
    heal_info: Option<HealInfo>,
}

#[derive(Deserialize)]
struct HealInfo {
    bricks: XmlBricks,
}

#[derive(Deserialize)]
struct XmlBricks {
    #[serde(default)]
    brick: Vec<XmlBrick>,
}

#[derive(Deserialize)]
struct XmlBrick {
    name: String,
    #[serde(default)]
    status: String,
    #[serde(rename = "numberOfEntries", default)]
    entries: String,
}

/// Reads what [`heal_info`] printed: the bricks, or gluster's words where it listed none.
pub fn parse_heal_info(xml: &str) -> Option<Result<Vec<HealBrick>, String>> {
    let found: CliOutput = quick_xml::de::from_str(xml).ok()?;
    let bricks = found.heal_info.map_or_else(Vec::new, |info| info.bricks.brick);
    // A brick that is away must not make the others unreadable, whatever the verdict on the whole is.
    if bricks.is_empty() && found.op_ret != 0 {
        return Some(Err(found.op_errstr));
    }
    Some(Ok(bricks.into_iter().map(read).collect()))
}

fn read(brick: XmlBrick) -> HealBrick {
    let entries = match brick.status.strip_prefix(CUT_SHORT) {
        // `… completely. (REASON)Number of entries: 12`: there are at least as many.
        Some(rest) => rest.rsplit(' ').next().and_then(|count| count.trim().parse().ok()),
        None => brick.entries.trim().parse().ok(),
    };
    HealBrick {
        connected: brick.status == "Connected",
        name: Some(brick.name).filter(|name| name != NAMELESS),
        entries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brick(name: &str, connected: bool, entries: Option<u64>) -> HealBrick {
        HealBrick { name: Some(name.to_owned()), connected, entries }
    }

    #[test]
    fn bricks_are_read_with_what_is_to_be_healed_from_them() {
        // As gluster 10.3 prints it.
        let xml = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cliOutput>
  <healInfo>
    <bricks>
      <brick hostUuid="6f3c9f5e-6a2e-4c0a-8d8f-2f6f0f1a7d11">
        <name>10.10.10.17:/b0/brick</name>
        <file gfid="00000000-0000-0000-0000-000000000001">/</file>
        <file gfid="2d6e1d2c-9a2a-4f0e-9f39-3a4b1d2c9a2a">/a &amp; b.txt</file>
        <status>Connected</status>
        <numberOfEntries>2</numberOfEntries>
      </brick>
      <brick hostUuid="1b7f0f9d-77f4-4a0d-8f4e-0b9d77f44a0d">
        <name>10.10.10.18:/b1/brick</name>
        <status>Connected</status>
        <numberOfEntries>0</numberOfEntries>
      </brick>
      <brick hostUuid="-">
        <name>10.10.10.19:/b2/brick</name>
        <status>Transport endpoint is not connected</status>
        <numberOfEntries>-</numberOfEntries>
      </brick>
    </bricks>
  </healInfo>
  <opRet>0</opRet>
  <opErrno>0</opErrno>
  <opErrstr/>
</cliOutput>"#;
        let expected = vec![
            brick("10.10.10.17:/b0/brick", true, Some(2)),
            brick("10.10.10.18:/b1/brick", true, Some(0)),
            brick("10.10.10.19:/b2/brick", false, None),
        ];
        assert_eq!(parse_heal_info(xml), Some(Ok(expected)));
    }

    #[test]
    fn a_brick_without_a_name_and_a_list_that_ended_early_are_no_healthy_bricks() {
        let xml = "<cliOutput><healInfo><bricks><brick hostUuid=\"-\"><name>information not available</name>\
                   <status>Transport endpoint is not connected</status><numberOfEntries>-</numberOfEntries></brick>\
                   <brick hostUuid=\"u\"><name>h:/b</name><status>Failed to process entries completely. \
                   (Input/output error)Number of entries: 12</status></brick></bricks></healInfo>\
                   <opRet>-1</opRet><opErrno>107</opErrno><opErrstr>x</opErrstr></cliOutput>";
        let found = parse_heal_info(xml).unwrap().unwrap();
        assert_eq!(found[0], HealBrick { name: None, connected: false, entries: None });
        assert_eq!(found[1], brick("h:/b", false, Some(12)));
        assert!(found[1].has_entries());
    }

    #[test]
    fn a_refusal_has_words_and_garbage_is_no_answer() {
        let refused = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cliOutput><healInfo><bricks/></healInfo>\
                       <opRet>-1</opRet><opErrno>22</opErrno><opErrstr>Volume v is not of type replicate/disperse</opErrstr></cliOutput>";
        assert_eq!(
            parse_heal_info(refused),
            Some(Err("Volume v is not of type replicate/disperse".to_owned()))
        );
        assert_eq!(
            parse_heal_info("Connection failed. Please check if gluster daemon is operational."),
            None
        );
        assert_eq!(parse_heal_info(""), None);
    }
}
