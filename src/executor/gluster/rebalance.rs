//! Spreading what is in a volume over all of its sets.

use serde::Deserialize;

use super::{change, look, volume_lock};
use crate::executor::command::Command;
use crate::executor::settings::PeerSettings;
use crate::model::step::VolumePlan;

/// Starts to spread what is in a volume over all of its sets; it goes on by itself.
pub fn rebalance_start(settings: &PeerSettings, plan: &VolumePlan) -> Command {
    change(settings, volume_lock(plan.volume)).args(["volume", "rebalance", &plan.name, "start"])
}

/// Asks how far that is.
pub fn rebalance_status(settings: &PeerSettings, volume: &str) -> Command {
    look(settings).args(["volume", "rebalance", volume, "status", "--xml"])
}

/// Whether gluster says that it spreads the volume already.
pub fn is_rebalancing(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("rebalance") && (text.contains("already started") || text.contains("in progress"))
}

/// How far a rebalance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebalance {
    /// None was started since the volume is there.
    NotStarted,
    /// It goes on.
    InProgress,
    /// Somebody stopped it.
    Stopped,
    /// All is spread.
    Completed,
    /// It ended early.
    Failed,
}

#[derive(Deserialize)]
struct CliOutput {
    #[serde(rename = "opRet")]
    op_ret: i32,
    #[serde(rename = "opErrstr", default)]
    op_errstr: String,
    #[serde(rename = "volRebalance")]
    rebalance: Option<XmlRebalance>,
}

#[derive(Deserialize)]
struct XmlRebalance {
    aggregate: XmlAggregate,
}

#[derive(Deserialize)]
struct XmlAggregate {
    status: u32,
}

/// Reads what [`rebalance_status`] printed.
pub fn parse_rebalance_status(xml: &str) -> Option<Rebalance> {
    let found: CliOutput = quick_xml::de::from_str(xml).ok()?;
    if found.op_ret != 0 {
        return found.op_errstr.contains("not started").then_some(Rebalance::NotStarted);
    }
    // gluster's `gf_defrag_status_t`; the later ones are those of a fix of the layout only.
    match found.rebalance?.aggregate.status {
        0 => Some(Rebalance::NotStarted),
        1 | 5 => Some(Rebalance::InProgress),
        2 | 6 => Some(Rebalance::Stopped),
        3 | 7 => Some(Rebalance::Completed),
        4 | 8 => Some(Rebalance::Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_all_peers_together_counts() {
        // As gluster 10.3 prints it.
        let xml = |status: u32| {
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cliOutput><opRet>0</opRet><opErrno>0</opErrno>\
                 <opErrstr/><volRebalance><task-id>883626f8-4d29-4d02-8c5d-c9f48c5b2445</task-id><op>3</op>\
                 <nodeCount>1</nodeCount><node><nodeName>localhost</nodeName><id>u</id><files>0</files><size>0</size>\
                 <lookups>0</lookups><failures>0</failures><skipped>0</skipped><status>3</status>\
                 <statusStr>completed</statusStr><runtime>0.00</runtime></node><aggregate><files>0</files><size>0</size>\
                 <lookups>0</lookups><failures>0</failures><skipped>0</skipped><status>{status}</status>\
                 <statusStr>x</statusStr><runtime>0.00</runtime></aggregate></volRebalance></cliOutput>"
            )
        };
        assert_eq!(parse_rebalance_status(&xml(1)), Some(Rebalance::InProgress));
        assert_eq!(parse_rebalance_status(&xml(3)), Some(Rebalance::Completed));
        assert_eq!(parse_rebalance_status(&xml(4)), Some(Rebalance::Failed));
        assert_eq!(parse_rebalance_status(&xml(99)), None);
        let none = "<cliOutput><opRet>-1</opRet><opErrno>0</opErrno><opErrstr>Rebalance not started for volume v.</opErrstr></cliOutput>";
        assert_eq!(parse_rebalance_status(none), Some(Rebalance::NotStarted));
        let missing = "<cliOutput><opRet>-1</opRet><opErrno>30806</opErrno><opErrstr>Volume v does not exist</opErrstr></cliOutput>";
        assert_eq!(parse_rebalance_status(missing), None);
        assert_eq!(parse_rebalance_status("garbage"), None);
    }

    #[test]
    fn one_that_goes_on_is_told_from_other_refusals() {
        assert!(is_rebalancing("volume rebalance: v: failed: Rebalance on v is already started\n"));
        assert!(!is_rebalancing(
            "volume rebalance: v: failed: Volume v needs to be started to perform rebalance\n"
        ));
        assert!(!is_rebalancing(
            "volume rebalance: v: failed: A remove-brick task on volume v is not yet committed. Either commit or stop the remove-brick task.\n"
        ));
    }
}
