//! What the options of a volume say about its placement. Source: heketi; each option is split at its first blank,
//! and a later one overrides an earlier one.

/// How zones count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZoneChecking {
    /// A preference only.
    #[default]
    None,
    /// No two bricks of a set in one zone.
    Strict,
}

impl ZoneChecking {
    /// Reads a setting. `None` for an empty text: nothing is set. Any unknown word counts as no checking.
    pub fn parse(text: &str) -> Option<ZoneChecking> {
        match text {
            "" => None,
            "strict" => Some(ZoneChecking::Strict),
            _ => Some(ZoneChecking::None),
        }
    }
}

/// Which devices a volume wants, by a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRule {
    /// The tag.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Whether the value must differ instead.
    pub differs: bool,
}

impl TagRule {
    /// Reads `key=value` or `key!=value`. The alphabet is heketi's, odd as it is: no hyphen.
    pub fn parse(text: &str) -> Option<TagRule> {
        let at = text.rfind('=')?;
        let (mut key, value, mut differs) = (&text[..at], &text[at + 1..], false);
        if let Some(shorter) = key.strip_suffix('!') {
            (key, differs) = (shorter, true);
        }
        // `.` to `_` is a range in heketi's pattern.
        let allowed = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ('.'..='_').contains(&c))
        };
        (allowed(key) && allowed(value)).then(|| TagRule {
            key: key.to_owned(),
            value: value.to_owned(),
            differs,
        })
    }

    /// Whether a tag value (or its absence) satisfies the rule.
    pub fn accepts(&self, found: Option<&str>) -> bool {
        (found == Some(self.value.as_str())) != self.differs
    }
}

/// The options of a volume that concern its placement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlacementOptions {
    /// `user.heketi.zone-checking`, where it says anything.
    pub zones: Option<ZoneChecking>,
    /// `user.heketi.device-tag-match`, as written.
    pub tag_rule: Option<String>,
    /// `user.heketi.arbiter`.
    pub arbiter: bool,
    /// `user.heketi.average-file-size` in KiB; `None` where it says nothing usable.
    pub average_file_kib: Option<u64>,
}

impl PlacementOptions {
    /// Reads the options of a volume.
    pub fn read(options: &[String]) -> PlacementOptions {
        let mut found = PlacementOptions::default();
        for option in options {
            let (key, value) = option.split_once(' ').unwrap_or((option, ""));
            match key {
                "user.heketi.zone-checking" => found.zones = ZoneChecking::parse(value),
                "user.heketi.device-tag-match" => found.tag_rule = Some(value.to_owned()),
                "user.heketi.arbiter" => {
                    found.arbiter = matches!(value, "1" | "t" | "T" | "true" | "True" | "TRUE");
                }
                "user.heketi.average-file-size" => {
                    found.average_file_kib = value.parse().ok().filter(|kib| *kib > 0);
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_rules_are_read_as_heketi_reads_them() {
        let check = |text: &str, expected: Option<(&str, &str, bool)>| {
            let found = TagRule::parse(text);
            let found = found.as_ref().map(|rule| (rule.key.as_str(), rule.value.as_str(), rule.differs));
            assert_eq!(found, expected, "{text}");
        };
        check("tier=fast", Some(("tier", "fast", false)));
        check("tier!=fast", Some(("tier", "fast", true)));
        check("a=b=c", Some(("a=b", "c", false)));
        check("a==b", Some(("a=", "b", false)));
        check("a-b=c", None);
        check("tier", None);
        check("=x", None);
    }

    #[test]
    fn the_last_option_counts() {
        let options =
            ["user.heketi.arbiter true", "user.heketi.arbiter yes", "user.heketi.zone-checking strict"];
        let found = PlacementOptions::read(&options.map(str::to_owned));
        assert!(!found.arbiter);
        assert_eq!(found.zones, Some(ZoneChecking::Strict));
    }
}
