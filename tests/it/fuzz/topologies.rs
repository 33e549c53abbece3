//! Topology files: loaded or refused, with a reason.

use super::fuzz;
use crate::support::Lab;

#[test]
fn topology_files() {
    let lab = Lab::started();
    let file = lab.path().join("topology.json");
    let seeds = [include_bytes!("../../../topology/lab.json").to_vec()];
    fuzz("topologies", &seeds, |case| {
        std::fs::write(&file, case).map_err(|error| error.to_string())?;
        let argument = format!("--json={}", file.display());
        let (code, out, err) = lab.mortar(&["topology", "load", "--dry-run", &argument]);
        let is_told = code == Some(0) || code == Some(255) && !err.trim().is_empty();
        let is_a_fault = err.contains("panicked") || out.contains("panicked");
        if is_told && !is_a_fault { Ok(()) } else { Err(format!("{code:?}\n{out}\n{err}")) }
    });
}
