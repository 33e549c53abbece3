//! Options of volumes.

use super::{change, volume_lock};
use crate::executor::command::Command;
use crate::executor::settings::PeerSettings;
use crate::model::step::VolumePlan;
use crate::words::clipped::clipped;

/// Sets all options of a volume, its id last. A group of options needs a command of its own.
///
/// # Errors
/// With the option that is none.
pub fn volume_set(settings: &PeerSettings, plan: &VolumePlan) -> Result<Vec<Command>, BadOption> {
    let set = || change(settings, volume_lock(plan.volume)).args(["volume", "set", &plan.name]);
    let mut commands = Vec::new();
    let mut pairs: Vec<String> = Vec::new();
    for option in &plan.options {
        let (key, value) = parse_option(option)?;
        if key == "group" {
            if !pairs.is_empty() {
                commands.push(set().args(std::mem::take(&mut pairs)));
            }
            commands.push(set().args([key, value]));
        } else {
            pairs.extend([key.to_owned(), value.to_owned()]);
        }
    }
    pairs.extend([ID_OPTION.to_owned(), plan.volume.to_string()]);
    commands.push(set().args(pairs));
    Ok(commands)
}

/// The option that carries our id of a volume. Source: heketi.
pub const ID_OPTION: &str = "user.heketi.id";

/// How many bytes key and value may have together. glusterd writes the options of a volume down line by line from memory for
/// 4,093 bytes, of which `=`, the line break and the end are three, and does not look whether a line fits: a longer one spoils
/// what is beside it, and glusterd hangs or dies. Source: `VOLINFO_BUFFER_SIZE` and `_storeopts` in gluster's glusterd-store;
/// tried on one peer of gluster 10.3, where 4,090 are well, 4,091 are complained about, and 4,106 end glusterd.
const LONGEST: usize = 4090;

/// How many characters of a text are told in an error.
const TOLD: usize = 200;

/// A text that is no option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{option}` is no gluster option: {reason}")]
pub struct BadOption {
    /// The text, of which the end is left out where it is long.
    pub option: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Splits `key value` at the first blank and checks both: they become arguments of their own, and none of them
/// may be taken for a flag.
///
/// # Errors
/// With what is wrong.
pub fn parse_option(option: &str) -> Result<(&str, &str), BadOption> {
    let bad = |reason| BadOption { option: clipped(option, TOLD), reason };
    let (key, value) =
        option.split_once(' ').ok_or_else(|| bad("a key, a blank and a value are expected"))?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    if key.is_empty() || key.starts_with('-') || !key.chars().all(allowed) {
        return Err(bad("the key may have letters, digits, and . _ : - only, and not begin with -"));
    }
    if value.trim().is_empty() || value.starts_with('-') {
        return Err(bad("the value is empty or begins with -"));
    }
    if value.chars().any(char::is_control) {
        return Err(bad("the value has a line break or another control character"));
    }
    if key.len() + value.len() > LONGEST {
        return Err(bad("key and value are longer than 4,090 bytes, which glusterd does not survive"));
    }
    Ok((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_with_anything_odd_are_refused() {
        let check = |option: &str, valid: bool| assert_eq!(parse_option(option).is_ok(), valid, "{option:?}");
        check("performance.cache-size 1GB", true);
        check("user.note $(reboot); `id` 'x'", true);
        check("auth.allow 10.0.0.1,10.0.0.2", true);
        check("nfs.disable", false);
        check("", false);
        check("--help x", false);
        check("a;b c", false);
        check("key --force", false);
        check("key a\nb", false);
    }

    #[test]
    fn an_option_that_glusterd_has_no_room_for_is_refused_and_told_in_part() {
        let of = |bytes: usize| format!("user.note {}", "ü".repeat((bytes - "user.note".len()) / 2) + "x");
        assert!(parse_option(&of(LONGEST)).is_ok());
        let refused = parse_option(&of(LONGEST + 2)).unwrap_err().to_string();
        assert!(refused.starts_with("`user.note üü") && refused.contains("4,090 bytes"), "{refused}");
        assert!(refused.chars().count() < 2 * TOLD, "{refused}");
    }
}
