//! The gluster options that steer placement.

use std::fmt;

use crate::model::durability::Durability;
use crate::model::node::Tags;
use crate::model::sizes::KiB;

const ZONE_CHECKING: &str = "user.heketi.zone-checking";
const TAG_MATCH: &str = "user.heketi.device-tag-match";
const ARBITER: &str = "user.heketi.arbiter";
const AVERAGE_FILE_SIZE: &str = "user.heketi.average-file-size";

/// Whether the bricks of a set must be in different zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZoneChecking {
    /// Different zones are preferred.
    #[default]
    None,
    /// Different zones, or no place.
    Strict,
}

impl ZoneChecking {
    /// Reads the word of the configuration or of an option; `None` for a word that is neither.
    pub fn from_word(word: &str) -> Option<ZoneChecking> {
        match word {
            "none" => Some(ZoneChecking::None),
            "strict" => Some(ZoneChecking::Strict),
            _ => None,
        }
    }
}

/// A rule that the tags of a device must satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRule {
    key: String,
    equal: bool,
    value: String,
}

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid tag matching rule: Invalid tag match rule: {0}")]
pub struct InvalidTagRule(pub String);

impl TagRule {
    /// Reads `key=value` or `key!=value`, exactly as heketi's pattern `^([a-zA-Z0-9.-_]+)(!?=)([a-zA-Z0-9.-_]+)$`
    /// does: `.-_` in it is a range, which lets `=` and `/` in and keeps the hyphen out, and the key takes as
    /// much as it can.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<TagRule, InvalidTagRule> {
        let word = |part: &str| !part.is_empty() && part.bytes().all(is_rule_byte);
        let found = match text.split_once("!=") {
            Some((key, value)) => Some((key, false, value)),
            None => last_equals_before_a_value(text).map(|at| (&text[..at], true, &text[at + 1..])),
        };
        match found {
            Some((key, equal, value)) if word(key) && word(value) => {
                Ok(TagRule { key: key.to_owned(), equal, value: value.to_owned() })
            }
            _ => Err(InvalidTagRule(text.to_owned())),
        }
    }

    /// Whether a device may be used; its own tags go before those of its node.
    pub fn accepts(&self, device: &Tags, node: &Tags) -> bool {
        let found = device.get(&self.key).or_else(|| node.get(&self.key));
        (found == Some(&self.value)) == self.equal
    }
}

fn is_rule_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'.'..=b'_')
}

fn last_equals_before_a_value(text: &str) -> Option<usize> {
    let last = text.char_indices().next_back()?.0;
    text[..last].rfind('=')
}

impl fmt::Display for TagRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = if self.equal { "=" } else { "!=" };
        write!(f, "{}{operator}{}", self.key, self.value)
    }
}

/// What the options of a volume say about its bricks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeRules {
    /// Whether the bricks of a set must be in different zones.
    pub zone_checking: ZoneChecking,
    /// What the tags of each device must satisfy.
    pub tag_rule: Option<TagRule>,
    /// Whether the last brick of each set holds no data.
    pub arbiter: bool,
    /// The size of files that arbiter bricks reckon with.
    pub average_file_size: KiB,
}

impl VolumeRules {
    /// Reads the stored list of options. The last entry of a kind counts.
    ///
    /// # Errors
    /// For a tag rule that cannot be read.
    pub fn read(
        options: &[String],
        durability: Durability,
        server: ZoneChecking,
        average_file_size: KiB,
    ) -> Result<VolumeRules, InvalidTagRule> {
        let zones = zone_word(options).map(ZoneChecking::from_word);
        Ok(VolumeRules {
            // As in heketi an unknown word switches the check off, whatever the server's setting is.
            zone_checking: zones.map_or(server, Option::unwrap_or_default),
            tag_rule: value_of(options, TAG_MATCH).map(TagRule::parse).transpose()?,
            arbiter: wants_arbiter(options) && durability == Durability::Replicate(3),
            average_file_size: file_size(options).unwrap_or(average_file_size),
        })
    }
}

/// What the options of a volume say about zone checking, known or not; the server's setting counts where that is nothing.
pub fn zone_word(options: &[String]) -> Option<&str> {
    value_of(options, ZONE_CHECKING).filter(|word| !word.is_empty())
}

/// An option's value: what follows the first blank.
fn value_of<'o>(options: &'o [String], key: &str) -> Option<&'o str> {
    let entries = options.iter().rev().map(|option| option.split_once(' ').unwrap_or((option, "")));
    entries.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}

// Only three copies become an arbiter set: with the option on another layout heketi makes volumes that gluster
// refuses, or a disperse set with one brick far too small.
fn wants_arbiter(options: &[String]) -> bool {
    matches!(value_of(options, ARBITER), Some("1" | "t" | "T" | "true" | "True" | "TRUE"))
}

fn file_size(options: &[String]) -> Option<KiB> {
    let digits = value_of(options, AVERAGE_FILE_SIZE)?;
    // Rust would take a plus sign, heketi takes none.
    let number = if digits.starts_with('+') { None } else { digits.parse().ok() };
    number.and_then(KiB::new).filter(|size| *size > KiB::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(options: &[&str]) -> VolumeRules {
        let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
        VolumeRules::read(&options, Durability::Replicate(3), ZoneChecking::Strict, KiB::of(64)).unwrap()
    }

    #[test]
    fn the_last_word_on_zones_counts_and_an_unknown_one_switches_the_check_off() {
        assert_eq!(rules(&["", ""]).zone_checking, ZoneChecking::Strict);
        assert_eq!(rules(&["user.heketi.zone-checking "]).zone_checking, ZoneChecking::Strict);
        let last = rules(&["user.heketi.zone-checking strict", "user.heketi.zone-checking none"]);
        assert_eq!(last.zone_checking, ZoneChecking::None);
        let unknown = "user.heketi.zone-checking  strict";
        assert_eq!(rules(&[unknown]).zone_checking, ZoneChecking::None);
        assert_eq!(zone_word(&[unknown.to_owned()]), Some(" strict"));
        assert_eq!(zone_word(&["user.heketi.zone-checking".to_owned()]), None);
    }

    #[test]
    fn arbiter_words_are_gos_and_only_three_copies_have_one() {
        for word in ["1", "t", "T", "true", "True", "TRUE"] {
            assert!(rules(&[&format!("user.heketi.arbiter {word}")]).arbiter, "{word}");
        }
        for word in ["yes", "tRue", " true", "", "0"] {
            assert!(!rules(&[&format!("user.heketi.arbiter {word}")]).arbiter, "{word}");
        }
        let options = ["user.heketi.arbiter true".to_owned()];
        let two = VolumeRules::read(&options, Durability::Replicate(2), ZoneChecking::None, KiB::of(64));
        assert!(!two.unwrap().arbiter);
    }

    #[test]
    fn the_average_file_size_falls_back_to_the_servers() {
        let size =
            |value: &str| rules(&[&format!("user.heketi.average-file-size {value}")]).average_file_size;
        assert_eq!(size("1024"), KiB::of(1024));
        for other in ["0", "", "+5", "-5", "5k", "99999999999999999999"] {
            assert_eq!(size(other), KiB::of(64), "{other}");
        }
    }

    #[test]
    fn tag_rules_are_read_as_heketi_reads_them() {
        let check = |text: &str, expected: Option<(&str, bool, &str)>| {
            let found = TagRule::parse(text).ok();
            let found = found.as_ref().map(|rule| (&*rule.key, rule.equal, &*rule.value));
            assert_eq!(found, expected, "{text}");
        };
        check("a=b", Some(("a", true, "b")));
        check("a!=b", Some(("a", false, "b")));
        check("a=b=c", Some(("a=b", true, "c")));
        check("a==b", Some(("a=", true, "b")));
        check("a==", Some(("a", true, "=")));
        check("a=b!=c", Some(("a=b", false, "c")));
        check("a!=b=c", Some(("a", false, "b=c")));
        check("rack/1=x:y", Some(("rack/1", true, "x:y")));
        for bad in ["", "=", "a", "a=", "=b", "a-b=c", "a=b-c", "a b=c", "a!=b!=c", "a=é", "!=b", "a!b"] {
            check(bad, None);
        }
        let error = TagRule::parse("a-b=c").unwrap_err();
        assert_eq!(error.to_string(), "Invalid tag matching rule: Invalid tag match rule: a-b=c");
    }

    #[test]
    fn device_tags_cover_node_tags_and_a_missing_tag_differs() {
        let tags = |pairs: &[(&str, &str)]| -> Tags {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let check = |rule: &str, device: &[(&str, &str)], node: &[(&str, &str)], expected: bool| {
            let rule = TagRule::parse(rule).unwrap();
            assert_eq!(rule.accepts(&tags(device), &tags(node)), expected, "{rule} {device:?} {node:?}");
        };
        check("disk=ssd", &[("disk", "ssd")], &[], true);
        check("disk=ssd", &[], &[("disk", "ssd")], true);
        check("disk=ssd", &[("disk", "hdd")], &[("disk", "ssd")], false);
        check("disk=ssd", &[], &[], false);
        check("disk!=ssd", &[], &[], true);
        check("disk!=ssd", &[("disk", "hdd")], &[("disk", "ssd")], true);
        check("disk!=ssd", &[("disk", "ssd")], &[], false);
    }
}
