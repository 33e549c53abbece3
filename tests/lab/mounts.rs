//! Volumes as a client mounts them.

use std::fs::File;
use std::io::Read as _;
use std::process::Command;

use tempfile::TempDir;

use crate::scenarios;

/// Lists the files below a directory with their checksums, but for what gluster keeps there for itself.
pub const SUMS: &str =
    "find . -path ./.glusterfs -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum";

/// A mounted volume.
pub struct Mounted(TempDir);

impl Mounted {
    /// Mounts a volume: `host:name`.
    pub fn new(device: &str) -> Mounted {
        let mounted = Mounted(tempfile::tempdir().expect("a directory"));
        run("mount", &["-t", "glusterfs", device, &mounted.at()]);
        mounted
    }

    fn at(&self) -> String {
        self.0.path().display().to_string()
    }

    /// Writes files of 1 MiB into a new directory, none like another.
    pub fn fill(&self, directory: &str, files: usize) {
        let directory = self.0.path().join(directory);
        std::fs::create_dir(&directory).expect("the client makes a directory");
        for number in 1..=files {
            let mut file = File::create(directory.join(format!("file-{number}"))).expect("a file");
            let mut noise = File::open("/dev/urandom").expect("noise").take(1024 * 1024);
            std::io::copy(&mut noise, &mut file).expect("the client writes");
        }
    }

    /// The checksums of all files.
    pub fn sums(&self) -> String {
        run("sh", &["-c", &format!("cd {} && {SUMS}", self.at())])
    }
}

impl scenarios::Mounted for Mounted {
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("the client writes");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).expect("the client reads")
    }

    /// As `df` tells it.
    fn size(&self) -> Option<u64> {
        let text = run("df", &["--block-size=1", "--output=size", &self.at()]);
        Some(text.lines().last().expect("a line").trim().parse().expect("a size"))
    }

    fn unmount(self) {
        run("umount", &[&self.at()]);
        assert!(std::fs::read_dir(self.0.path()).expect("the directory").next().is_none());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Else its process would outlive a test that failed.
        if std::thread::panicking() {
            Command::new("umount").args(["--lazy", &self.at()]).status().ok();
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
