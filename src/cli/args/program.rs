//! The commands that are about this program and where it runs.

use clap::{Args, Subcommand, ValueHint};

use crate::cli::go;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CompletionCommand {
    /// For bash: source <(mortar completion bash)
    Bash(Completion),
    /// For fish: mortar completion fish > ~/.config/fish/completions/mortar.fish
    Fish(Completion),
    /// For PowerShell
    Powershell(Completion),
    /// For zsh: mortar completion zsh > a file _mortar in a folder of $fpath
    Zsh(Completion),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Completion {
    /// Leave out what commands and flags are for
    #[arg(long)]
    pub(in crate::cli) no_descriptions: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Pages {
    /// The folder
    #[arg(default_value = "", hide_default_value = true, value_hint = ValueHint::DirPath)]
    pub(in crate::cli) directory: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SetupStorage {
    /// File that is written
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, default_value = "heketi-storage.json")]
    pub(in crate::cli) listfile: String,
    /// Image of the job that copies the database
    #[arg(long, default_value = "heketi/heketi:dev")]
    pub(in crate::cli) image: String,
    /// How the volume keeps its data: none or replicate
    #[arg(long, default_value = "replicate")]
    pub(in crate::cli) durability: String,
    /// Copies, with replicate
    #[arg(long, default_value = "3", value_parser = go::parse_int)]
    pub(in crate::cli) replica: i64,
    /// Gluster options "key value", separated by commas, in place of those that suit a database
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(in crate::cli) gluster_volume_options: String,
    /// More gluster options, set last
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(in crate::cli) append_volume_options: String,
    /// Label KEY=VALUE of the nodes that the job may run on
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(in crate::cli) node_selector: String,
}
