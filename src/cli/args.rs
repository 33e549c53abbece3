//! The commands and their flags. What clap sees has been put into order by [`super::flags`] before.

mod block_volume;
mod program;
mod server;
mod topology;
mod volume;

use clap::{ArgAction, Args, Parser, Subcommand, ValueHint};

pub(super) use self::block_volume::{BlockVolumeCommand, BlockVolumeCreate, BlockVolumeExpand};
pub(super) use self::program::{Completion, CompletionCommand, Pages, SetupStorage};
pub(super) use self::server::{
    DbCommand, ExamineCommand, FindingsCommand, LoglevelCommand, ModeCommand, OperationsCommand,
    ServerCommand, StateCommand,
};
pub(super) use self::topology::{TopologyCommand, TopologyFileFlag, TopologyInfo, TopologyLoad};
pub(super) use self::volume::{
    EndpointCommand, RestrictionCommand, VolumeCommand, VolumeCreate, VolumeExpand, VolumeList,
};
use super::go;

/// Manages GlusterFS volumes through a heketi-compatible server
#[derive(Debug, Parser)]
#[command(
    disable_help_subcommand = true,
    after_help = "The server, the user and the secret can also be given as HEKETI_CLI_SERVER,\n\
                  HEKETI_CLI_USER and HEKETI_CLI_KEY. The flags above work with every command."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// URL of the server, with http:// or https:// [default: http://localhost:8080]
    #[arg(short, long, value_name = "URL", default_value = "", hide_default_value = true)]
    pub(super) server: String,
    /// User: admin or user
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) user: String,
    /// Secret of that user
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) secret: String,
    /// Print the answer as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Do not verify the certificate of the server
    #[arg(short = 'I', long)]
    pub(super) insecure_tls: bool,
    /// PEM files with the certificates to trust
    #[arg(short = 'C', long, value_name = "FILES", value_hint = ValueHint::FilePath, action = ArgAction::Append, value_delimiter = ',')]
    pub(super) tls_cert: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Clusters: which nodes belong together
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Nodes: the peers that hold devices
    #[command(subcommand)]
    Node(NodeCommand),
    /// Devices: the disks of nodes
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Volumes
    #[command(subcommand)]
    Volume(VolumeCommand),
    /// Block volumes: disks over iSCSI
    #[command(subcommand)]
    Blockvolume(BlockVolumeCommand),
    /// Bricks: the parts of volumes on devices
    #[command(subcommand)]
    Brick(BrickCommand),
    /// The server's database
    #[command(subcommand)]
    Db(DbCommand),
    /// How much the server logs
    #[command(subcommand)]
    Loglevel(LoglevelCommand),
    /// The server itself
    #[command(subcommand)]
    Server(ServerCommand),
    /// Everything at once
    #[command(subcommand)]
    Topology(TopologyCommand),
    /// Print a token for programs that cannot sign each request: good for all of them, over https
    Token(Token),
    /// Make the volume that holds the server's database, and write what Kubernetes needs of it to a file
    #[command(visible_aliases = ["setup-heketi-db-storage", "setup-kubernetes-heketi-storage"])]
    SetupOpenshiftHeketiStorage(SetupStorage),
    /// Print what makes a shell complete commands and flags
    #[command(subcommand)]
    Completion(CompletionCommand),
    /// Write the manual pages of all commands
    Man(Pages),
    /// Explain a command
    Help(Words),
}

#[derive(Debug, Args)]
pub(super) struct Token {
    /// How long it is good for: seconds, minutes or hours, such as 90s, 30m or 8h; without a unit seconds; at most 24h
    #[arg(long, default_value = "1h", value_name = "TIME")]
    pub(super) lifetime: String,
}

/// A command that takes an id and no more.
#[derive(Debug, Args)]
pub(super) struct Id {
    /// Id of the object
    #[arg(default_value = "", hide_default_value = true)]
    pub(super) id: String,
}

/// As many ids as there are.
#[derive(Debug, Args)]
pub(super) struct Ids {
    /// Ids of the objects
    #[arg(action = ArgAction::Append)]
    pub(super) ids: Vec<String>,
}

/// Words of which there should be one.
#[derive(Debug, Args)]
pub(super) struct Words {
    /// The value
    #[arg(action = ArgAction::Append)]
    pub(super) words: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct SetTags {
    /// Take all other tags away
    #[arg(short, long)]
    pub(super) exact: bool,
    /// Id of the object, then tags as NAME:VALUE
    #[arg(action = ArgAction::Append)]
    pub(super) words: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct RemoveTags {
    /// Take all tags away
    #[arg(long)]
    pub(super) all: bool,
    /// Id of the object, then names of tags
    #[arg(action = ArgAction::Append)]
    pub(super) words: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ClusterCommand {
    /// Make a cluster
    Create(ClusterCreate),
    /// Delete an empty cluster
    Delete(Id),
    /// Show a cluster
    Info(Id),
    /// List all clusters
    List,
    /// Set which volumes a cluster takes
    Setflags(ClusterSetflags),
}

#[derive(Debug, Args)]
pub(super) struct ClusterCreate {
    /// Whether the cluster takes block volumes
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_value_t = true, default_missing_value = "true")]
    pub(super) block: bool,
    /// Whether the cluster takes file volumes
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true,
          default_value_t = true, default_missing_value = "true")]
    pub(super) file: bool,
}

#[derive(Debug, Args)]
pub(super) struct ClusterSetflags {
    /// Whether the cluster takes block volumes: true or false
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) block: String,
    /// Whether the cluster takes file volumes: true or false
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(super) file: String,
    #[command(flatten)]
    pub(super) id: Id,
}

#[derive(Debug, Subcommand)]
pub(super) enum NodeCommand {
    /// Add a node to a cluster
    Add(NodeAdd),
    /// Delete a node without devices
    Delete(Id),
    /// Let a node take no new bricks; what it has stays in use
    Disable(Id),
    /// Let a node take new bricks
    Enable(Id),
    /// Show a node and its devices
    Info(Id),
    /// List all nodes
    List,
    /// Move all bricks away from a disabled node, to other nodes of its cluster
    Remove(Id),
    /// Take tags away
    #[command(visible_aliases = ["deltags", "removetags"])]
    Rmtags(RemoveTags),
    /// Add tags, or set some to other values
    Settags(SetTags),
}

#[derive(Debug, Args)]
pub(super) struct NodeAdd {
    /// Failure zone, a number from 1: copies go to different zones where there are several
    #[arg(long, value_name = "NUMBER", default_value = "0", hide_default_value = true, value_parser = go::parse_int)]
    pub(super) zone: i64,
    /// Id of the cluster: `cluster list` shows them
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ID")]
    pub(super) cluster: String,
    /// Name or address under which the server reaches the node over SSH
    #[arg(long, default_value = "", hide_default_value = true, value_name = "HOST")]
    pub(super) management_host_name: String,
    /// Address under which gluster and its clients reach the node
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ADDRESS")]
    pub(super) storage_host_name: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// Add a disk of a node
    Add(DeviceAdd),
    /// Delete a removed device
    Delete(DeviceDelete),
    /// Let a device take no new bricks; what it has stays in use
    Disable(Id),
    /// Let a device take new bricks
    Enable(Id),
    /// Show a device and its bricks
    Info(Id),
    /// List all devices
    List,
    /// Move all bricks away from a disabled device
    Remove(DeviceRemove),
    /// Read the size of a device again, or with --cluster those of all devices of a cluster
    Resync(DeviceResync),
    /// Take tags away
    #[command(visible_aliases = ["deltags", "removetags"])]
    Rmtags(RemoveTags),
    /// Add tags, or set some to other values
    Settags(SetTags),
}

#[derive(Debug, Args)]
pub(super) struct DeviceResync {
    /// The id is that of a cluster: read all its devices
    #[arg(long)]
    pub(super) cluster: bool,
    #[command(flatten)]
    pub(super) id: Id,
}

#[derive(Debug, Subcommand)]
pub(super) enum BrickCommand {
    /// Move a brick to another device
    Evict(BrickEvict),
}

#[derive(Debug, Args)]
pub(super) struct BrickEvict {
    /// Move the brick without looking whether its copies are healed
    #[arg(long)]
    pub(super) expert_option_disable_heal_check: bool,
    #[command(flatten)]
    pub(super) ids: Ids,
}

#[derive(Debug, Args)]
pub(super) struct DeviceAdd {
    /// Path of the disk, such as /dev/vdd
    #[arg(long, default_value = "", hide_default_value = true, value_name = "PATH")]
    pub(super) name: String,
    /// Id of the node: `topology info` shows them
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ID")]
    pub(super) node: String,
    /// Erase what is on the disk
    #[arg(long)]
    pub(super) destroy_existing_data: bool,
}

#[derive(Debug, Args)]
pub(super) struct DeviceDelete {
    /// Forget the device also where its node or its disk cannot be reached
    #[arg(long)]
    pub(super) force_forget: bool,
    #[command(flatten)]
    pub(super) id: Id,
}

#[derive(Debug, Args)]
pub(super) struct DeviceRemove {
    /// Move bricks without looking whether they are healed
    #[arg(long)]
    pub(super) expert_option_disable_heal_check: bool,
    #[command(flatten)]
    pub(super) id: Id,
}
