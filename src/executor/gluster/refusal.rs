//! What gluster's refusals mean.

use serde::Deserialize;

#[derive(Deserialize)]
struct Verdict {
    #[serde(rename = "opRet")]
    op_ret: i32,
    #[serde(rename = "opErrstr", default)]
    op_errstr: String,
}

/// gluster's words in an XML answer that is a refusal; whatever the exit status was: it is 0 for snapshots.
pub fn refusal_in_xml(xml: &str) -> Option<String> {
    let found: Verdict = quick_xml::de::from_str(xml).ok()?;
    if found.op_ret == 0 { None } else { Some(found.op_errstr) }
}

/// Whether gluster says that it works on something else and this can be asked again.
pub fn is_busy(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("another transaction is in progress")
        || text.contains("locking failed")
        || text.contains("please try again after some")
}

/// Whether gluster says that there is no such volume. An option or a host that does not exist is something else.
pub fn is_missing(text: &str) -> bool {
    let about_volume = |line: &str| {
        // What another peer lacks is no answer of the pool.
        !line.contains("Staging failed on")
            && !line.contains("Commit failed on")
            && line
                .find("Volume ")
                .and_then(|at| line.get(at..))
                .is_some_and(|rest| rest.contains("does not exist"))
    };
    text.lines().any(about_volume)
}

/// Whether gluster says that a volume or brick is there already.
pub fn is_existing(text: &str) -> bool {
    text.contains("already exists")
        || text.contains("already part of a volume")
        || text.contains("may be containing or be contained by an existing brick")
}

/// Whether the command line found no glusterd on its host.
pub fn is_unanswered(text: &str) -> bool {
    text.contains("Connection failed. Please check if gluster daemon is operational")
}

/// Whether the command line gave up waiting at its own time limit; glusterd goes on.
pub fn is_cut_off(text: &str) -> bool {
    text.contains("Error : Request timed out")
}

/// Whether gluster refuses because peers are away: asking again later helps.
pub fn is_peer_down(text: &str) -> bool {
    text.contains("peers are down")
        || text.contains("peers is probably down")
        // Also `Host h not connected`.
        || text.contains("not connected")
        // "Quorum not met", "Server quorum not met"; not the name of an option.
        || text.contains("uorum not met")
        || text.contains("uorum is not met")
        || text.contains("Connection failed")
        || text.contains("glusterd is down")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_of_an_xml_answer_counts() {
        let xml = |ret: i32| {
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<cliOutput><opRet>{ret}</opRet><opErrno>30815</opErrno><opErrstr>Snapshot (s) does not exist</opErrstr><snapInfo><count>0</count></snapInfo></cliOutput>"
            )
        };
        assert_eq!(refusal_in_xml(&xml(-1)).as_deref(), Some("Snapshot (s) does not exist"));
        assert_eq!(refusal_in_xml(&xml(0)), None);
        assert_eq!(refusal_in_xml("Connection failed."), None);
    }

    #[test]
    fn refusals_are_told_apart() {
        // As gluster 10.3 prints them.
        assert!(
            is_missing("volume delete: v: failed: Volume v does not exist\n")
                && is_missing("Volume does not exist")
        );
        assert!(!is_missing(
            "volume set: failed: option : nosuch.option does not exist\nDid you mean auth.allow?\n"
        ));
        assert!(is_existing("volume create: v: failed: Volume v already exists\n"));
        assert!(is_existing("volume create: v: failed: /b/brick is already part of a volume\n"));
        assert!(is_existing(
            "volume add-brick: failed: Brick: h:/b not available. Brick may be containing or be contained by an existing brick.\n"
        ));
        assert!(is_busy(
            "volume start: v: failed: Another transaction is in progress for v. Please try again after some time.\n"
        ));
        assert!(!is_busy("volume start: v: failed: Volume v already started\n"));
    }
}
