//! What a person is told behind a refusal in heketi-cli's words: which values there are, which id was meant.
//!
//! Some of it is asked of the server, so that scripts neither see it nor wait for it.

use super::failure::Failure;
use super::flags::Asked;
use super::session::Session;
use crate::client::Client;

/// Hex digits of an id.
const ID_LENGTH: usize = 32;
/// Block volumes that are looked at one by one for a name.
const MOST_LOOKS: usize = 100;
/// Objects of one name that are told.
const MOST_TOLD: usize = 5;

/// Refusals of the server whose reason is a value, by the beginning of their text, and what may be given.
const VALUES: [(&str, &str); 14] = [
    ("Unknown durability type", "--durability takes none, replicate or disperse"),
    ("Invalid replica value", "--replica takes 1, 2 or 3"),
    (
        "Invalid dispersion combination",
        "--disperse-data and --redundancy take 2 and 1, 4 and 2, 8 and 3, or 8 and 4",
    ),
    ("Invalid snapshot factor", "--snapshot-factor takes 1 to 100; 1 is no room for snapshots"),
    ("validation failed: size: ", "--size is in GiB: 1 or more"),
    ("validation failed: expand_size: ", "--expand-size is what is added, in GiB: 1 or more"),
    ("validation failed: new_size: ", "--new-size is what the block volume gets in all, in GiB"),
    ("validation failed: state: ", "A mode is normal, read-only or local-client"),
    ("validation failed: zone: ", "--zone is a number, 1 or more"),
    (
        "validation failed: name: ",
        "A name has letters, digits, - and _; that of a device is a path such as /dev/vdd",
    ),
    ("invalid log level: ", "A level is none, critical, error, warning, info or debug"),
    ("strconv.ParseBool: ", "--block and --file take true or false"),
    (
        "No clusters configured",
        "The server has no cluster yet: load peers and disks with `topology load --json=FILE`",
    ),
    (
        "Service disabled for maintenance",
        "The server's mode lets changes in from nobody (read-only), or from its own machine only (local-client). \
         `kill -USR2` with the process of mortard on its host, or a restart, makes it normal again",
    ),
];

/// A failure with what may be of help, for a command that has been sent.
pub(super) fn explained(failure: Failure, asked: &Asked, name: &str, session: &Session) -> Failure {
    if failure.reader_has_gone || failure.always_explained {
        return failure;
    }
    // In place of what servers say to those who write clients.
    let found = of_ids(&failure.text, asked, name, session).or_else(|| of_name(&failure.text, session));
    match found {
        Some(told) => Failure { explanation: Some(told), ..failure },
        None => match VALUES.iter().find(|(text, _)| failure.text.starts_with(text)) {
            Some((_, told)) => failure.explained(*told),
            None => failure,
        },
    }
}

/// What an id can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cluster,
    Node,
    Device,
    Volume,
    BlockVolume,
    Brick,
    Operation,
}

impl Kind {
    /// What the words of a command are about.
    fn of(asked: &Asked) -> Option<Kind> {
        match asked.path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["device", "resync"] if asked.flag("cluster") == Some("true") => Some(Kind::Cluster),
            ["cluster", ..] => Some(Kind::Cluster),
            ["node", ..] => Some(Kind::Node),
            ["device", ..] => Some(Kind::Device),
            ["volume", ..] => Some(Kind::Volume),
            ["blockvolume", ..] => Some(Kind::BlockVolume),
            ["brick", ..] => Some(Kind::Brick),
            ["server", "operations", ..] => Some(Kind::Operation),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Cluster => "cluster",
            Kind::Node => "node",
            Kind::Device => "device",
            Kind::Volume => "volume",
            Kind::BlockVolume => "block volume",
            Kind::Brick => "brick",
            Kind::Operation => "operation",
        }
    }

    /// The command that shows the ids.
    fn list(self) -> &'static str {
        match self {
            Kind::Cluster => "cluster list",
            Kind::Node => "topology info",
            Kind::Device => "device list",
            Kind::Volume => "volume list",
            Kind::BlockVolume => "blockvolume list",
            Kind::Brick => "device info ID",
            Kind::Operation => "server operations list",
        }
    }
}

/// Where a word stands that is no id although one is wanted: what is wanted, and what to do.
fn of_ids(text: &str, asked: &Asked, name: &str, session: &Session) -> Option<String> {
    let of_an_id = text == "Invalid path or request"
        || text.starts_with("Id not found")
        || text.ends_with(" not found")
        || text.ends_with(" id does not exist")
        || text.contains("is not a valid UUID");
    let (kind, word) = given(asked).into_iter().find(|(_, word)| !is_id(word)).filter(|_| of_an_id)?;
    let (what, list) = (kind.word(), kind.list());
    let told = match &session.client().map(|client| named(&client, kind, word)).unwrap_or_default()[..] {
        [] => format!("`{name} {list}` shows them"),
        [one] => format!("{word} is {one}"),
        several => {
            let shown = several.iter().take(MOST_TOLD).cloned().collect::<Vec<_>>().join(", ");
            let more = if several.len() > MOST_TOLD { ", …" } else { "" };
            format!("{} have that name: {shown}{more}", several.len())
        }
    };
    let article = if what.starts_with('o') { "an" } else { "a" };
    Some(format!(
        "The id of {article} {what} is wanted, {ID_LENGTH} hex digits, and \"{word}\" is none: {told}"
    ))
}

fn is_id(word: &str) -> bool {
    word.len() == ID_LENGTH && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The words of a command line that should be ids.
fn given(asked: &Asked) -> Vec<(Kind, &str)> {
    let kind = Kind::of(asked);
    let mut given = Vec::new();
    let flags = [
        ("volume", Kind::Volume),
        ("blockvolume", Kind::BlockVolume),
        ("node", Kind::Node),
        ("clusters", Kind::Cluster),
    ];
    for (flag, kind) in flags {
        given.extend(asked.flag(flag).into_iter().flat_map(|ids| ids.split(',')).map(|id| (kind, id)));
    }
    if asked.command() == "node add" {
        given.extend(asked.flag("cluster").map(|id| (Kind::Cluster, id)));
    }
    let ids = match kind {
        Some(Kind::Operation) => &asked.arguments[..],
        // Behind the id there are tags.
        _ => asked.arguments.get(..1).unwrap_or_default(),
    };
    given.extend(kind.into_iter().flat_map(|kind| ids.iter().map(move |id| (kind, id.as_str()))));
    given
}

/// The objects that have a name, each as a person would say it; none where the server does not tell.
fn named(client: &Client, kind: Kind, word: &str) -> Vec<String> {
    match kind {
        Kind::Volume => volumes(client, word).into_iter().map(|(id, _)| format!("volume {id}")).collect(),
        Kind::BlockVolume => {
            let list = client.block_volume_list().map(|list| list.blockvolumes).unwrap_or_default();
            let found = list.iter().take(MOST_LOOKS).filter_map(|id| client.block_volume_info(id).ok());
            found
                .filter(|found| found.name == word)
                .map(|found| format!("block volume {}", found.id))
                .collect()
        }
        Kind::Node | Kind::Device => {
            let topology = client.topology_of_nodes().unwrap_or_default();
            let nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
            if kind == Kind::Node {
                let is_it = |host: &String| host == word;
                let found = nodes.filter(|node| {
                    node.hostnames.manage.iter().any(is_it) || node.hostnames.storage.iter().any(is_it)
                });
                return found.map(|node| format!("node {}", node.id)).collect();
            }
            nodes
                .flat_map(|node| node.devices.iter().map(move |device| (node, device)))
                .filter(|(_, device)| device.name == word || device.paths.iter().any(|path| path == word))
                .map(|(node, device)| {
                    let host = node.hostnames.manage.first().map_or(node.id.as_str(), String::as_str);
                    format!("device {} on {host}", device.id)
                })
                .collect()
        }
        // These have no names.
        Kind::Cluster | Kind::Brick | Kind::Operation => Vec::new(),
    }
}

/// The volumes of a name: each with its cluster. A name is taken in one cluster only.
fn volumes(client: &Client, name: &str) -> Vec<(String, String)> {
    let list = client.volume_summaries().ok().flatten().map(|list| list.volumes).unwrap_or_default();
    let found = list.iter().filter(|volume| volume.name == name);
    found.map(|volume| (volume.id.clone(), volume.cluster.clone())).collect()
}

/// Where a name is taken: by which volume, in which cluster.
fn of_name(text: &str, session: &Session) -> Option<String> {
    let (_, rest) = text.split_once("Volume name '")?;
    let (name, _) = rest.split_once("' already in use")?;
    let found = volumes(&session.client().ok()?, name);
    let told: Vec<String> =
        found.iter().map(|(id, cluster)| format!("cluster {cluster} has it as volume {id}")).collect();
    (!told.is_empty()).then(|| format!("\"{name}\" is taken: {}", told.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_should_be_ids_are_known_by_the_command() {
        let check = |path: &str, flags: &[(&str, &str)], arguments: &[&str], expected: &[(Kind, &str)]| {
            let asked = Asked {
                path: path.split(' ').map(str::to_owned).collect(),
                flags: flags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
                arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
            };
            assert_eq!(given(&asked), expected, "{path}");
        };
        check("volume delete", &[], &["data"], &[(Kind::Volume, "data")]);
        check("volume expand", &[("volume", "data")], &[], &[(Kind::Volume, "data")]);
        check("volume create", &[("clusters", "a,b")], &[], &[(Kind::Cluster, "a"), (Kind::Cluster, "b")]);
        check("node settags", &[], &["n1", "rack:a"], &[(Kind::Node, "n1")]);
        check("node add", &[("cluster", "c")], &[], &[(Kind::Cluster, "c")]);
        check("device add", &[("node", "n1"), ("name", "/dev/vdd")], &[], &[(Kind::Node, "n1")]);
        check("device resync", &[("cluster", "true")], &["c"], &[(Kind::Cluster, "c")]);
        check("device resync", &[], &["d"], &[(Kind::Device, "d")]);
        let two = [(Kind::Operation, "a"), (Kind::Operation, "b")];
        check("server operations cleanup", &[], &["a", "b"], &two);
        check("loglevel set", &[], &["loud"], &[]);
    }
}
