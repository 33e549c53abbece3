//! The keys outside of `glusterfs`, and the variables that have no key.

use super::{Key, Kind};

const NOT_YET: &str = "not supported yet";
const KUBE: &str = "the `kubernetes` executor is not supported yet";

pub(super) const KEYS: &[Key] = &[
    Key::new(
        "port",
        Kind::Port,
        "a free one",
        "TCP port on all addresses, IPv4 and IPv6; a string, as in heketi; a number is taken, too",
    )
    .variable("HEKETI_HTTP_PORT"),
    Key::flag("use_auth", "").ignored("tokens are checked unless --disable-auth is given, as in heketi"),
    Key::text("key", "", "key of tokens of issuer `admin`; required, unless --disable-auth is given")
        .within("jwt.admin")
        .variable("HEKETI_ADMIN_KEY")
        .secret(),
    Key::text("key", "", "key of tokens of issuer `user`; required, unless --disable-auth is given")
        .within("jwt.user")
        .variable("HEKETI_USER_KEY")
        .secret(),
    Key::text(
        "scoped_tokens",
        "off",
        "whether tokens are taken that are good for all requests: `off`, `tls`, `even-without-tls`",
    )
    .within("jwt")
    .variable("MORTAR_SCOPED_TOKENS")
    .ours(),
    Key::flag("enable_tls", "speak HTTPS and nothing else"),
    Key::text("cert_file", "", "PEM file with the chain of certificates, the server's own first"),
    Key::text("key_file", "", "PEM file with its private key"),
    Key::flag(
        "strict_permissions",
        "refuse to start where others than the owner and the group of a file with keys can read it",
    )
    .variable("MORTAR_STRICT_PERMISSIONS")
    .ours(),
    Key::text("default_state", "normal", "the state to begin with: `normal`, `local-client`, `read-only`")
        .variable("HEKETI_DEFAULT_STATE"),
    Key::flag("profiling", "")
        .variable("HEKETI_PROFILING")
        .missed(true, "there is no profiler of Go here; see /metrics"),
    Key::flag("backup_db_to_kube_secret", "")
        .variable("HEKETI_BACKUP_DB_TO_KUBE_SECRET")
        .missed(true, "backups to a secret are not supported yet; use `mortard backup` or GET /backup/db"),
];

/// A variable without a key.
const fn only(variable: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Key {
    Key::new("", kind, default, help).variable(variable)
}

/// Without effect, with or without a server of Kubernetes.
const fn obsolete(variable: &'static str, why: &'static str) -> Key {
    only(variable, Kind::Text, "", "").ignored(why)
}

const OBSOLETE: &str = "heketi 10 does not read it any more";

pub(super) const VARIABLES: &[Key] = &[
    only(
        "HEKETI_JWT_IAT_LEEWAY_SECONDS",
        Kind::Unsigned(u32::MAX as u64),
        "120",
        "seconds that the clock of a client may be ahead",
    ),
    only(
        "SSH_KNOWN_HOSTS",
        Kind::Text,
        "",
        "files with the host keys of peers, separated by `:`; only these are trusted then, whatever `host_keys` says",
    ),
    only(
        "HEKETI_GLUSTERAPP_REBALANCE_ON_EXPANSION",
        Kind::Flag,
        "true",
        "whether an expansion spreads what the volume holds over all its sets",
    ),
    only(
        "MORTAR_DB_ALONE",
        Kind::Flag,
        "false",
        "one connection keeps the database to itself, as on NFS or FUSE",
    )
    .ours(),
    only(
        "HEKETI_MOCK_DEVICE_SIZE_GB",
        Kind::Unsigned(u32::MAX as u64),
        "500",
        "size of simulated disks in GiB",
    ),
    obsolete("HEKETI_KUBE_DB_SECRET_NAME", NOT_YET),
    obsolete("HEKETI_KUBE_NAMESPACE", KUBE),
    obsolete("HEKETI_KUBE_GLUSTER_DAEMONSET", KUBE),
    obsolete("HEKETI_KUBE_USE_POD_NAMES", KUBE),
    obsolete("HEKETI_IGNORE_STALE_OPERATIONS", OBSOLETE),
    obsolete("HEKETI_KUBE_APIHOST", OBSOLETE),
    obsolete("HEKETI_KUBE_CERTFILE", OBSOLETE),
    obsolete("HEKETI_KUBE_INSECURE", OBSOLETE),
    obsolete("HEKETI_KUBE_USER", OBSOLETE),
    obsolete("HEKETI_KUBE_PASSWORD", OBSOLETE).secret(),
];
