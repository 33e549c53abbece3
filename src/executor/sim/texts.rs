//! `cat`, `tail`, `tee` and `sed`, as far as they are used on the file system table.

use regex::Regex;

use super::answer::{Answer, Arguments, Refused, refuse, silent};
use super::gluster::stored_info;
use super::mounts;
use super::state::Record;
use super::text_file::TextFile;
use super::world::Peer;

/// The table that every peer has, if only an empty one.
const TABLE: &str = "/etc/fstab";

fn file<'p>(peer: &'p Peer<'_>, path: &str) -> Option<&'p TextFile> {
    peer.host().files.get(path).filter(|file| !file.is_empty())
}

/// Whether there is a text file; what is in it is not read, which would take the longer the more bricks there are.
pub fn is_file(peer: &Peer<'_>, path: &str) -> bool {
    path == TABLE || file(peer, path).is_some()
}

fn text(peer: &Peer<'_>, program: &str, path: &str) -> Answer {
    let missing = || refuse(1, format!("{program}: {path}: No such file or directory"));
    if path == "/proc/mounts" || path == "/proc/self/mounts" {
        return Ok(mounts::table(peer));
    }
    if let Some(name) =
        path.strip_prefix("/var/lib/glusterd/vols/").and_then(|rest| rest.strip_suffix("/info"))
    {
        return stored_info(peer, name).ok_or_else(missing);
    }
    match file(peer, path) {
        Some(file) => Ok(file.text()),
        None if path == TABLE => silent(),
        None => Err(missing()),
    }
}

/// `cat PATH`.
pub fn cat(peer: &Peer<'_>, args: &[String]) -> Answer {
    match args {
        [path] if !path.starts_with('-') => text(peer, "cat", path),
        _ => Err(refuse(1, "cat: one path is expected")),
    }
}

/// `tail --bytes=1 PATH`.
pub fn tail(peer: &Peer<'_>, args: &[String]) -> Answer {
    let [count, path] = args else { return Err(refuse(1, "tail: only `--bytes=1 PATH` is simulated")) };
    if count != "--bytes=1" {
        return Err(refuse(1, format!("tail: unrecognized option '{count}'")));
    }
    if let Some(file) = file(peer, path) {
        let last = file.last().and_then(|(_, line)| line.chars().last());
        return Ok(last.map_or_else(String::new, String::from));
    }
    if path == TABLE {
        return silent();
    }
    Err(refuse(1, format!("tail: cannot open '{path}' for reading: No such file or directory")))
}

/// `tee --append PATH`: prints what it reads, as the real one does.
pub fn tee(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = Arguments::sort(args, &["--append", "-a"], &[])
        .map_err(|option| refuse(1, format!("tee: unrecognized option '{option}'")))?;
    let ([path], true) = (sorted.rest(), sorted.has("--append") || sorted.has("-a")) else {
        return Err(refuse(1, "tee: only `--append PATH` is simulated"));
    };
    let input = peer.stdin.to_owned();
    append(peer, path, &input);
    Ok(input)
}

/// Adds text to a file. A last line without a line feed is gone on with.
pub fn append(peer: &mut Peer<'_>, path: &str, added: &str) {
    let last = file(peer, path).and_then(TextFile::last);
    let (mut number, mut open) = match last {
        None => (0, String::new()),
        Some((number, line)) if line.ends_with('\n') => (number + 1, String::new()),
        Some((number, line)) => (number, line),
    };
    for piece in added.split_inclusive('\n') {
        open.push_str(piece);
        peer.set(Record::Line(peer.at, path.into(), number, Some(std::mem::take(&mut open).into())));
        number += 1;
    }
}

/// `sed --in-place -e EXPRESSION PATH`, where the expression deletes lines: `\cREGEXcd` or `/REGEX/d`.
pub fn sed(peer: &mut Peer<'_>, args: &[String]) -> Answer {
    let sorted = Arguments::sort(args, &["--in-place", "-i"], &["-e", "--expression"])
        .map_err(|option| refuse(1, format!("sed: unrecognized option '{option}'")))?;
    let expression = sorted.value("-e").or_else(|| sorted.value("--expression"));
    let ([path], Some(expression)) = (sorted.rest(), expression) else {
        return Err(refuse(1, "sed: only `--in-place -e EXPRESSION PATH` is simulated"));
    };
    let pattern = pattern_of(expression)?;
    let Some(file) = file(peer, path) else {
        return if *path == TABLE {
            silent()
        } else {
            Err(refuse(2, format!("sed: can't read {path}: No such file or directory")))
        };
    };
    for number in matching(file, &pattern)? {
        peer.set(Record::Line(peer.at, (*path).into(), number, None));
    }
    silent()
}

/// The regular expression of a deletion.
fn pattern_of(expression: &str) -> Result<String, Refused> {
    let unknown = || {
        refuse(
            1,
            format!(
                "sed: -e expression #1, char 1: unknown command: `{expression}' (only deletions are simulated)"
            ),
        )
    };
    let body = match expression.strip_prefix('\\') {
        Some(custom) => custom,
        None if expression.starts_with('/') => expression,
        None => return Err(unknown()),
    };
    let end = body.chars().next().ok_or_else(unknown)?;
    let rest = &body[end.len_utf8()..];
    let pattern = rest.strip_suffix('d').and_then(|rest| rest.strip_suffix(end)).ok_or_else(unknown)?;
    if pattern.contains(end) { Err(unknown()) } else { Ok(pattern.to_owned()) }
}

/// The lines that match. The usual pattern, a first word, is looked up: a table can have 50,000 lines.
fn matching(file: &TextFile, pattern: &str) -> Result<Vec<u64>, Refused> {
    let word = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix("[[:blank:]]"));
    let literal = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || "/_-".contains(c));
    if let Some(word) = word.filter(literal) {
        let begins = |line: &str| line.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '\t']));
        let found = file.beginning_with(word).into_iter();
        return Ok(found.filter(|number| file.line(*number).is_some_and(|line| begins(&line))).collect());
    }
    // sed's basic expressions: what is used of them means the same here.
    let regex = Regex::new(&pattern.replace("[[:blank:]]", "[ \t]"))
        .map_err(|error| refuse(1, format!("sed: -e expression #1: {error}")))?;
    let is_match = |line: &str| regex.is_match(line.trim_end_matches('\n'));
    Ok(file.lines().filter(|(_, line)| is_match(line)).map(|(number, _)| number).collect())
}
