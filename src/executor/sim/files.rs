//! `mkdir`, `rmdir`, `rm`, `chown`, `chmod`, `find`, `test` and `stat`. Texts are those of coreutils with `LC_ALL=C`.

use super::answer::{Answer, Arguments, Refused, refuse, silent};
use super::objects::Entry;
use super::state::Record;
use super::tree::{parent, tidy};
use super::world::Peer;

fn sort<'a>(
    program: &str,
    args: &'a [String],
    flags: &[&str],
    valued: &[&str],
) -> Result<Arguments<'a>, Refused> {
    Arguments::sort(args, flags, valued).map_err(|option| {
        refuse(
            1,
            format!(
                "{program}: unrecognized option '{option}'\nTry '{program} --help' for more information."
            ),
        )
    })
}

/// `mkdir [--parents] PATH…`.
pub fn mkdir(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = sort("mkdir", args, &["--parents", "-p"], &[])?;
    let parents = sorted.has("--parents") || sorted.has("-p");
    for path in sorted.rest() {
        let path = tidy(path);
        let failed = |why: &str| refuse(1, format!("mkdir: cannot create directory '{path}': {why}"));
        match peer.entry(&path) {
            Some(entry) if parents && entry.directory => {}
            Some(_) => return Err(failed("File exists")),
            None if parents => peer.make_directories(&path),
            None if parent(&path).is_some_and(|above| peer.is_directory(above)) => {
                peer.set_entry(&path, Some(Entry::directory()));
            }
            None => return Err(failed("No such file or directory")),
        }
    }
    silent()
}

/// Why a directory cannot be removed.
fn stays(peer: &Peer<'_>, path: &str) -> Option<&'static str> {
    if peer.host().mounts.contains_key(path) {
        Some("Device or resource busy")
    } else if peer.has_children(path) {
        Some("Directory not empty")
    } else {
        None
    }
}

/// `rmdir PATH…`.
pub fn rmdir(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = sort("rmdir", args, &[], &[])?;
    for path in sorted.rest() {
        let path = tidy(path);
        let failed = |why: &str| refuse(1, format!("rmdir: failed to remove '{path}': {why}"));
        match peer.entry(&path) {
            None => return Err(failed("No such file or directory")),
            Some(entry) if !entry.directory => return Err(failed("Not a directory")),
            Some(_) => {}
        }
        if let Some(why) = stays(peer, &path) {
            return Err(failed(why));
        }
        peer.set_entry(&path, None);
    }
    silent()
}

/// `rm --force --dir PATH…`: files and empty directories. Goes on after a refusal, as rm does.
pub fn rm(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = sort("rm", args, &["--force", "--dir", "-f", "-d"], &[])?;
    let mut refused = Vec::new();
    for path in sorted.rest() {
        let path = tidy(path);
        if peer.host().files.contains_key(path.as_str()) {
            remove_text(peer, &path);
        }
        match peer.entry(&path) {
            None => continue,
            Some(entry) if entry.directory => {
                if let Some(why) = stays(peer, &path) {
                    refused.push(format!("rm: cannot remove '{path}': {why}"));
                    continue;
                }
                peer.set_removed(Some(&path));
            }
            Some(_) => {}
        }
        peer.set_entry(&path, None);
    }
    if refused.is_empty() { silent() } else { Err(refuse(1, refused.join("\n"))) }
}

fn remove_text(peer: &mut Peer<'_>, path: &str) {
    let numbers: Vec<u64> = peer
        .host()
        .files
        .get(path)
        .map(|file| file.lines().map(|(number, _)| number).collect())
        .unwrap_or_default();
    for number in numbers {
        peer.set(Record::Line(peer.at, path.into(), number, None));
    }
}

/// `chown :GROUP PATH`.
pub fn chown(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = sort("chown", args, &[], &[])?;
    let [owner, path] = sorted.rest() else { return Err(refuse(1, "chown: missing operand")) };
    let path = tidy(path);
    let group = owner.strip_prefix(':').and_then(|gid| gid.parse().ok());
    let gid = group.ok_or_else(|| refuse(1, format!("chown: invalid group: '{owner}'")))?;
    let missing = || refuse(1, format!("chown: cannot access '{path}': No such file or directory"));
    let entry = peer.entry(&path).ok_or_else(missing)?;
    peer.set_entry(&path, Some(Entry { gid, ..entry }));
    silent()
}

/// `chmod MODE PATH`.
pub fn chmod(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = sort("chmod", args, &[], &[])?;
    let [mode, path] = sorted.rest() else { return Err(refuse(1, "chmod: missing operand")) };
    let path = tidy(path);
    let octal = mode.len() <= 4 && mode.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
    let mode = mode
        .parse()
        .ok()
        .filter(|_| octal)
        .ok_or_else(|| refuse(1, format!("chmod: invalid mode: '{mode}'")))?;
    let missing = || refuse(1, format!("chmod: cannot access '{path}': No such file or directory"));
    let entry = peer.entry(&path).ok_or_else(missing)?;
    peer.set_entry(&path, Some(Entry { mode, ..entry }));
    silent()
}

/// `find PATH -mindepth 1 -maxdepth 1 [-not -name NAME]… -print -quit`: the first name that is none of those.
pub fn find(peer: &Peer<'_>, args: &[String]) -> Answer {
    let unknown = || {
        refuse(1, "find: only `PATH -mindepth 1 -maxdepth 1 [-not -name NAME]... -print -quit` is simulated")
    };
    let (path, tests) = args.split_first().ok_or_else(unknown)?;
    let words: Vec<&str> = tests.iter().map(String::as_str).collect();
    let tests = words.strip_prefix(&["-mindepth", "1", "-maxdepth", "1"]).ok_or_else(unknown)?;
    let tests = tests.strip_suffix(&["-print", "-quit"]).ok_or_else(unknown)?;
    let mut except = Vec::new();
    for test in tests.chunks(3) {
        match test {
            ["-not", "-name", name] => except.push(*name),
            _ => return Err(unknown()),
        }
    }
    let path = tidy(path);
    if peer.entry(&path).is_none() {
        return Err(refuse(1, format!("find: '{path}': No such file or directory")));
    }
    let found =
        peer.children(&path).into_iter().find(|name| !except.iter().any(|pattern| is_like(pattern, name)));
    Ok(found.map_or_else(String::new, |name| format!("{path}/{name}\n")))
}

/// Whether a name matches a pattern whose only special character is a `*` at its end.
fn is_like(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
}

/// `test -d PATH`.
pub fn test(peer: &Peer<'_>, args: &[String]) -> Answer {
    match args {
        [what, path] if what == "-d" && peer.is_directory(&tidy(path)) => silent(),
        [what, path] if what == "-e" && peer.entry(&tidy(path)).is_some() => silent(),
        [what, _] if what == "-d" || what == "-e" => Err(refuse(1, "")),
        _ => Err(refuse(2, "test: only -d and -e are simulated")),
    }
}

/// `stat --format=%g:%a PATH`.
pub fn stat(peer: &Peer<'_>, args: &[String]) -> Answer {
    let sorted = sort("stat", args, &[], &["--format"])?;
    let ([path], Some("%g:%a")) = (sorted.rest(), sorted.value("--format")) else {
        return Err(refuse(1, "stat: only --format=%g:%a is simulated"));
    };
    let path = tidy(path);
    let missing = || refuse(1, format!("stat: cannot statx '{path}': No such file or directory"));
    let entry = peer.entry(&path).ok_or_else(missing)?;
    Ok(format!("{}:{}\n", entry.gid, entry.mode))
}
