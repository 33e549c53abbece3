//! `lvm` with its subcommands. Texts and exit statuses are those of LVM 2.03.

mod group;
mod physical;
mod report;
mod volume;

pub use group::enter as enter_group;
pub use physical::lvm_uuid;

use super::answer::{Answer, Arguments, Refused, refuse};
use super::objects::Group;
use super::world::Peer;

/// LVM could not do it.
const FAILED: i32 = 5;

/// LVM did not understand the command line.
const USAGE: i32 = 3;

/// Runs `lvm` with these arguments.
pub fn run(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let Some((subcommand, args)) = args.split_first() else {
        return Err(refuse(USAGE, "  Interactive mode is not simulated."));
    };
    match subcommand.as_str() {
        "pvs" => report::pvs(peer, args),
        "vgs" => report::vgs(peer, args),
        "lvs" => report::lvs(peer, args),
        "pvcreate" => physical::create(peer, args),
        "pvremove" => physical::remove(peer, args),
        "vgcreate" => group::create(peer, args),
        "vgremove" => group::remove(peer, args),
        "lvcreate" => volume::create(peer, args),
        "lvremove" => volume::remove(peer, args),
        other => Err(refuse(2, format!("  No such command '{other}'.  Try 'help'."))),
    }
}

fn sort<'a>(
    subcommand: &str,
    args: &'a [String],
    flags: &[&str],
    valued: &[&str],
) -> Result<Arguments<'a>, Refused> {
    Arguments::sort(args, flags, valued).map_err(|option| {
        refuse(
            USAGE,
            format!(
                "  {subcommand}: unrecognized option '{option}'\n  Error during parsing of command line."
            ),
        )
    })
}

fn usage(subcommand: &str, what: &str) -> Refused {
    refuse(USAGE, format!("  {subcommand}: {what}.\n  Run `{subcommand} --help' for more information."))
}

/// A size such as `128M` in KiB. A bare number is in MiB, as LVM takes it.
fn size_kib(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "k" | "K" => Some(number),
        "" | "m" | "M" => number.checked_mul(1024),
        "g" | "G" => number.checked_mul(1024 * 1024),
        "t" | "T" => number.checked_mul(1024 * 1024 * 1024),
        _ => None,
    }
}

fn no_group(name: &str) -> Refused {
    refuse(FAILED, format!("  Volume group \"{name}\" not found\n  Cannot process volume group {name}"))
}

fn group<'p>(peer: &'p Peer<'_>, name: &str) -> Result<&'p Group, Refused> {
    peer.group(name).ok_or_else(|| no_group(name))
}

/// Splits `GROUP/VOLUME`.
fn split_name<'a>(subcommand: &str, name: &'a str) -> Result<(&'a str, &'a str), Refused> {
    let name = name.strip_prefix("/dev/").unwrap_or(name);
    name.split_once('/').ok_or_else(|| usage(subcommand, "a volume group and a logical volume are expected"))
}

#[cfg(test)]
mod tests {
    use super::size_kib;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size_kib("128M"), Some(131_072));
        assert_eq!(size_kib("8192K"), Some(8192));
        assert_eq!(size_kib("4"), Some(4096));
        assert_eq!(size_kib("x"), None);
    }
}
