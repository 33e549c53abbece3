//! The command-line client; called `heketi-cli` it is a drop-in replacement of that.

fn main() -> std::process::ExitCode {
    mortar::cli::main().into()
}
