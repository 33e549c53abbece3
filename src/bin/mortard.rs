//! The server: heketi's command line.

fn main() -> std::process::ExitCode {
    mortar::daemon::main()
}
