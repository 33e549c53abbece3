//! What an operator does, wherever the peers are.

use std::process::Command;
use std::time::{Duration, Instant};

use mortar::api::{BrickInfo, NodeInfo, VolumeInfo};
use mortar::client::{Client, Credentials, Quiet};
use serde_json::{Value, json};

use super::place::{ADDRESSES, Place};

const PAUSE: Duration = Duration::from_millis(100);

/// The hands of an operator.
pub trait Operator: Place {
    /// A client of the server.
    fn client(&self) -> Client {
        Client::new(self.url(), Credentials::default(), Box::new(Quiet))
    }

    /// Runs the command line with its explanations: whether it succeeded, and what it printed on both streams.
    fn mortar(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_mortar"))
            .args(arguments)
            .env_clear()
            .env("HEKETI_CLI_SERVER", self.url())
            .env("MORTAR_EXPLAIN", "1")
            .output()
            .expect("mortar runs");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Asks for something and returns the path of its job.
    fn begin(&self, method: &str, path: &str, body: &Value) -> String {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url()));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let mut answer = agent().run(request.expect("a request")).expect("an answer");
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        assert_eq!(answer.status(), 202, "{method} {path}: {text}");
        answer.headers()["location"].to_str().expect("a path").to_owned()
    }

    /// What a path answers, as JSON.
    fn get(&self, path: &str) -> Value {
        let mut answer = agent().get(format!("{}{path}", self.url())).call().expect("an answer");
        let text = answer.body_mut().with_config().limit(u64::MAX).read_to_string().expect("a body");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The status and the body of a job that has ended.
    fn answer_of(&self, job: &str) -> Option<(u16, String)> {
        let mut found = agent().get(format!("{}{job}", self.url())).call().expect("an answer");
        if found.headers().contains_key("x-pending") {
            return None;
        }
        Some((found.status().as_u16(), found.body_mut().read_to_string().unwrap_or_default()))
    }

    /// Waits for a job: its status and its body.
    fn finished(&self, job: &str) -> (u16, String) {
        let mut answer = None;
        self.wait_until(&format!("{job} to end"), || {
            answer = self.answer_of(job);
            answer.is_some()
        });
        answer.expect("it was just set")
    }

    /// Waits for a change that must succeed and has nothing to show.
    fn done(&self, method: &str, path: &str, body: &Value) {
        let (status, text) = self.finished(&self.begin(method, path, body));
        assert_eq!(status, 204, "{method} {path}: {text}");
    }

    /// Sets the state of a node or a device: `/nodes/ID` or `/devices/ID`.
    fn set_state(&self, path: &str, state: &str) {
        self.done("POST", &format!("{path}/state"), &json!({"state": state}));
    }

    /// Loads a topology in which every disk may be erased or not; what is said of it.
    fn load(&self, destroy_data: bool) -> String {
        let file = self.file("topology.json");
        std::fs::write(&file, topology(destroy_data).to_string()).expect("the topology is written");
        self.mortar(&["topology", "load", &format!("--json={}", file.display())]).1
    }

    /// Starts the server and loads a topology of blank disks.
    fn start_with_topology(&mut self) {
        self.start();
        let loaded = self.load(false);
        assert!(!loaded.contains("Unable"), "{loaded}");
    }

    /// Makes a volume with the command line.
    fn create(&self, name: &str, flags: &[&str]) -> VolumeInfo {
        let named = format!("--name={name}");
        let (made, text) = self.mortar(&[&["volume", "create", &named], flags].concat());
        assert!(made, "{text}");
        self.by_name(name)
    }

    /// All volumes.
    fn volumes(&self) -> Vec<VolumeInfo> {
        let client = self.client();
        let ids = client.volume_list().expect("the volumes").volumes;
        ids.iter().map(|id| client.volume_info(id).expect("a volume")).collect()
    }

    /// A volume that is there.
    fn by_name(&self, name: &str) -> VolumeInfo {
        self.volumes().into_iter().find(|volume| volume.name == name).expect("it is there")
    }

    /// Deletes a volume.
    fn delete(&self, volume: &VolumeInfo) {
        self.done("DELETE", &format!("/volumes/{}", volume.id), &json!({}));
    }

    /// The node of a peer.
    fn node_of(&self, peer: usize) -> NodeInfo {
        let topology = self.client().topology().expect("the topology");
        let mut nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
        nodes.find(|node| node.hostnames.manage[0] == ADDRESSES[peer - 1]).expect("its node").clone()
    }

    /// The number of the peer that a brick is on, from 1.
    fn peer_of(&self, brick: &BrickInfo) -> usize {
        let node = self.client().node_info(&brick.node).expect("its node");
        let at = ADDRESSES.iter().position(|known| *known == node.hostnames.manage[0]);
        1 + at.expect("one of the three peers")
    }

    /// The line of `gluster volume info` that tells of the bricks.
    fn layout(&self, volume: &str) -> String {
        let said = self.look(1, &["gluster", "volume", "info", volume]).expect("gluster tells of it");
        let line = said.lines().find_map(|line| line.strip_prefix("Number of Bricks: "));
        line.expect("a line about bricks").to_owned()
    }

    /// How many bricks of a volume are there for clients.
    fn online(&self, volume: &str) -> usize {
        // glusterd refuses while it has something else to do.
        let said = self.look(1, &["gluster", "--xml", "volume", "status", volume]).unwrap_or_default();
        let is_brick = |node: &&str| node.contains("<path>/var/lib/heketi/mounts/");
        said.split("<node>").filter(is_brick).filter(|node| node.contains("<status>1</status>")).count()
    }

    /// Looks until something holds.
    fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < Self::PATIENCE, "{what} did not come within {:?}", Self::PATIENCE);
            std::thread::sleep(PAUSE);
        }
    }
}

impl<P: Place> Operator for P {}

/// Follows nothing, and takes every status as an answer.
fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.allow_non_standard_methods(true).build().into()
}

fn topology(destroy_data: bool) -> Value {
    let disk = |name: &str| json!({"name": name, "destroydata": destroy_data});
    let node = |address: &&str| {
        json!({"node": {"hostnames": {"manage": [address], "storage": [address]}, "zone": 1},
               "devices": [disk("/dev/vdd"), disk("/dev/vde")]})
    };
    let nodes: Vec<Value> = ADDRESSES.iter().map(node).collect();
    json!({"clusters": [{"nodes": nodes}]})
}
