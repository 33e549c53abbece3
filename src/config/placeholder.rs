//! Texts that somebody was to replace: explanations in heketi's own example, and variables that nothing has expanded.

/// What is told of an explanation.
pub(super) const HELP: &str = "an explanation stands where a value should; it counts as not given";

/// Whether a value is one of the explanations of heketi's example, such as `Optional: ssh port.  Default is 22`.
pub(super) fn is_help(text: &str) -> bool {
    let start = text.trim_start().get(.."optional:".len());
    start.is_some_and(|start| start.eq_ignore_ascii_case("optional:"))
}

/// Whether a value is the name of a variable in a template, such as `${HEKETI_FSTAB}`, and nothing else.
pub(super) fn is_unexpanded(text: &str) -> bool {
    let name = text.trim().strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_known() {
        assert!(is_help("Optional: ssh port.  Default is 22") && is_help(" optional:"));
        assert!(!is_help("optional") && !is_help("") && !is_help("/Optional:"));
        assert!(is_unexpanded("${HEKETI_FSTAB}") && is_unexpanded(" ${x1} "));
        for text in ["$HEKETI_FSTAB", "${}", "${a", "x${A}", "${A}/b", "${a b}", ""] {
            assert!(!is_unexpanded(text), "{text}");
        }
    }
}
