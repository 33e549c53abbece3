//! What a configuration is read for: only what that needs can keep a command from running.

/// What a configuration is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To serve.
    Server {
        /// Whether keys of tokens are not needed.
        disable_auth: bool,
    },
    /// To work on the peers and the database without serving, as heketi's offline commands: the variables that are about
    /// serving do not count.
    Peers,
    /// To find the database.
    Database,
}

/// The variables that are about serving.
const OF_SERVERS: &[&str] = &[
    "HEKETI_ADMIN_KEY",
    "HEKETI_USER_KEY",
    "HEKETI_HTTP_PORT",
    "HEKETI_BACKUP_DB_TO_KUBE_SECRET",
    "HEKETI_PROFILING",
    "HEKETI_DEFAULT_STATE",
    "HEKETI_JWT_IAT_LEEWAY_SECONDS",
    "MORTAR_SCOPED_TOKENS",
    "MORTAR_STRICT_PERMISSIONS",
];

const OF_DATABASES: &[&str] = &["HEKETI_DB_PATH", "MORTAR_DB_ALONE"];

impl Purpose {
    /// Whether a variable counts.
    pub(super) fn heeds(self, variable: &str) -> bool {
        match self {
            Purpose::Server { .. } => true,
            Purpose::Peers => !OF_SERVERS.contains(&variable),
            Purpose::Database => OF_DATABASES.contains(&variable),
        }
    }

    /// Whether a reason not to start that is about this key is one.
    pub(super) fn needs(self, key: &str) -> bool {
        match self {
            Purpose::Server { .. } => true,
            Purpose::Peers => key.starts_with("glusterfs"),
            Purpose::Database => matches!(key, "glusterfs" | "glusterfs.db"),
        }
    }

    pub(super) fn disables_auth(self) -> bool {
        self != Purpose::Server { disable_auth: false }
    }
}
