//! What LVM says when it refuses, and what that means.

/// What LVM 2.03 says where something is not there: before and after the name, in lower case.
const MISSING: [(&str, &str); 7] = [
    ("failed to find logical volume ", ""),
    ("failed to find physical volume ", ""),
    ("volume group \"", "\" not found"),
    ("no pv found on device ", ""),
    ("no device found for ", ""),
    ("no physical volume label read from ", ""),
    ("cannot use ", ": device not found"),
];

/// Whether LVM says that what it was asked about does not exist. "command not found" is something else.
pub fn is_missing(stderr: &str) -> bool {
    let says = |line: &str, (before, after): (&str, &str)| {
        line.trim_start().strip_prefix(before).is_some_and(|rest| rest.contains(after))
    };
    stderr.to_lowercase().lines().any(|line| MISSING.into_iter().any(|words| says(line, words)))
}

/// Whether LVM says that a whole group does not exist: its disk may only be away for a while.
pub fn is_group_missing(stderr: &str) -> bool {
    stderr.to_lowercase().lines().any(|line| {
        line.trim_start().strip_prefix("volume group \"").is_some_and(|rest| rest.contains("\" not found"))
    })
}

/// Whether LVM says that the logical volume is there already.
pub fn is_existing(stderr: &str) -> bool {
    // `Logical volume tp_… already exists in Volume group vg_….` for a pool, `… "brick_…" already exists in volume
    // group "vg_…"` for a volume.
    stderr.to_lowercase().contains("already exists in volume group")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lvms_own_words_mean_that_something_is_gone() {
        assert!(is_missing("  Failed to find logical volume \"vg_x/brick_y\"\n"));
        assert!(is_missing("  Volume group \"vg_x\" not found\n  Cannot process volume group vg_x\n"));
        assert!(is_missing("  Failed to find physical volume \"/dev/vdd\".\n"));
        assert!(is_missing("  Cannot use /dev/nosuch: device not found\n"));
        assert!(is_missing("  No PV found on device /dev/vdd.\n"));
        assert!(is_missing("  No device found for /dev/nosuch.\n"));
        assert!(!is_missing("sh: 1: /usr/sbin/lvm: not found"));
        assert!(!is_missing("bash: vg_x: volume group: command not found"));
        assert!(!is_missing("exec-on-host: failed to find lvm"));
        assert!(!is_missing("  Cannot use /dev/vdd: device is rejected by filter config\n"));
        assert!(!is_missing("  Logical volume vg_x/brick_y contains a filesystem in use.\n"));
    }

    #[test]
    fn a_pool_or_a_volume_that_is_there_is_recognised() {
        // LVM 2.03.16 writes the second one.
        assert!(is_existing("  Logical Volume \"brick_c\" already exists in volume group \"vg_c\"\n"));
        assert!(is_existing("  Logical volume tp_c already exists in Volume group vg_c.\n"));
        assert!(!is_existing(
            "  Volume group \"vg_c\" has insufficient free space (477 extents): 2210 required.\n"
        ));
    }
}
