//! The gluster-block command line: block volumes inside of volumes.

use serde::Deserialize;

use super::command::Command;

/// Lists the block volumes in a volume.
pub fn list(hosting: &str) -> Command {
    Command::look("gluster-block").args(["list", hosting, "--json"])
}

#[derive(Deserialize)]
struct Listed {
    blocks: Vec<String>,
    #[serde(rename = "RESULT")]
    result: String,
}

/// Reads what [`list`] printed: the names.
pub fn parse_list(output: &str) -> Option<Vec<String>> {
    let found: Listed = serde_json::from_str(output).ok()?;
    (found.result == "SUCCESS").then_some(found.blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_a_failure_is_none() {
        let two = r#"{ "blocks":[ "blk_a", "blk_b" ], "RESULT":"SUCCESS" }"#;
        assert_eq!(parse_list(two), Some(vec!["blk_a".to_owned(), "blk_b".to_owned()]));
        assert_eq!(parse_list(r#"{ "blocks":[], "RESULT":"SUCCESS" }"#), Some(vec![]));
        assert_eq!(parse_list(r#"{ "blocks":[], "RESULT":"FAIL" }"#), None);
        assert_eq!(parse_list("gluster-block: not found"), None);
    }
}
