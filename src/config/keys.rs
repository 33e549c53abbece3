//! Every key and variable, once: what is read, checked, shown and documented comes from here.

mod glusterfs;
mod peers;
mod top;

use std::sync::LazyLock;

/// What a key takes. heketi is strict about it, also in sections that are not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A string in heketi; a number is taken as well.
    Port,
    /// `true` or `false`.
    Flag,
    /// A signed integer.
    Integer,
    /// An integer from 0 to this.
    Unsigned(u64),
    /// Anything: it is handed on, or not looked at.
    Any,
}

/// Who knows a key, and whether it does anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// heketi's, and read.
    Heketi,
    /// Ours.
    Ours,
    /// heketi's, without effect, and why. `warned_of` is the value that asks for something that does not come.
    Ignored { why: &'static str, warned_of: Option<bool> },
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// The object it stands in, such as `glusterfs.sshexec`; empty for the outermost one.
    pub(crate) section: &'static str,
    /// Its name there; empty where there is only a variable.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The environment variable that wins over the file; empty for none.
    pub(crate) variable: &'static str,
    /// What holds where nothing is said; shown, not parsed.
    pub(crate) default: &'static str,
    pub(crate) fate: Fate,
    pub(crate) secret: bool,
    pub(crate) help: &'static str,
}

impl Key {
    const fn new(name: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Key {
        let (section, variable, fate, secret) = ("", "", Fate::Heketi, false);
        Key { section, name, kind, variable, default, fate, secret, help }
    }

    const fn text(name: &'static str, default: &'static str, help: &'static str) -> Key {
        Key::new(name, Kind::Text, default, help)
    }

    const fn flag(name: &'static str, help: &'static str) -> Key {
        Key::new(name, Kind::Flag, "false", help)
    }

    const fn integer(name: &'static str, default: &'static str, help: &'static str) -> Key {
        Key::new(name, Kind::Integer, default, help)
    }

    const fn seconds(name: &'static str, default: &'static str, help: &'static str) -> Key {
        Key::new(name, Kind::Unsigned(u32::MAX as u64), default, help)
    }

    const fn within(self, section: &'static str) -> Key {
        Key { section, ..self }
    }

    const fn variable(self, variable: &'static str) -> Key {
        Key { variable, ..self }
    }

    const fn secret(self) -> Key {
        Key { secret: true, ..self }
    }

    const fn ours(self) -> Key {
        Key { fate: Fate::Ours, ..self }
    }

    const fn ignored(self, why: &'static str) -> Key {
        Key { fate: Fate::Ignored { why, warned_of: None }, ..self }
    }

    /// Ignored, and told at the start where somebody relies on it.
    const fn missed(self, value: bool, why: &'static str) -> Key {
        Key { fate: Fate::Ignored { why, warned_of: Some(value) }, ..self }
    }

    /// Its whole name, such as `glusterfs.sshexec.port`; that of the variable where there is no key.
    pub(crate) fn path(&self) -> String {
        match (self.section, self.name) {
            (_, "") => self.variable.to_owned(),
            ("", name) => name.to_owned(),
            (section, name) => format!("{section}.{name}"),
        }
    }
}

/// The variable of a key; none is an empty text. Those of `kubeexec` are those of `sshexec`, which they are told with.
pub(crate) fn variable_name(key: &Key) -> &'static str {
    if key.section != peers::KUBE {
        return key.variable;
    }
    peers::COMMON.iter().find(|common| common.name == key.name).map_or("", |common| common.variable)
}

/// All of them, in the order in which they are shown.
pub(crate) fn all() -> &'static [Key] {
    static ALL: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let mut keys = top::KEYS.to_vec();
        keys.extend(glusterfs::KEYS.iter().map(|key| key.within("glusterfs")));
        keys.push(glusterfs::VOLUME_CREATE.within("glusterfs.operation_retry_limits"));
        keys.extend(peers::SSH.iter().chain(peers::COMMON).map(|key| key.within("glusterfs.sshexec")));
        keys.extend(peers::kube());
        keys.extend_from_slice(top::VARIABLES);
        keys
    });
    &ALL
}

/// The objects that keys stand in, and those that have objects of ours in them.
pub(crate) const SECTIONS: &[&str] = &[
    "",
    "jwt",
    "jwt.admin",
    "jwt.user",
    "glusterfs",
    "glusterfs.operation_retry_limits",
    "glusterfs.sshexec",
    "glusterfs.kubeexec",
];

/// Variables that heketi's clients, images and templates use, and that are no business of a server.
pub(crate) const OTHER_VARIABLES: &[&str] = &[
    "HEKETI_CLI_SERVER",
    "HEKETI_CLI_USER",
    "HEKETI_CLI_KEY",
    "HEKETI_CONFIG",
    "HEKETI_PATH",
    "HEKETI_DB_ARCHIVE_PATH",
    "HEKETI_DB_ARCHIVE_COUNT",
    "HEKETI_TRY_UPDATE_DB_VOL",
    "HEKETI_TOPOLOGY_FILE",
    "MORTAR_EXPLAIN",
];
