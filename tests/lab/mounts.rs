//! Volumes as a client mounts them.

use std::process::Command;

use tempfile::TempDir;

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

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("the client writes");
    }

    /// What is in a file.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).expect("the client reads")
    }

    /// Unmounts it again; nothing is left in the directory then.
    pub fn unmount(self) {
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

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
