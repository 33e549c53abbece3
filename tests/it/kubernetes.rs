//! Exactly what the provisioner inside Kubernetes asks, in its order, each request with a token of its own.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conformance::sign;
use crate::support::operator::{DISKS, HOSTS};
use crate::support::{Audit, Lab, Reply};

const SOON: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// The class's `restuser` and what its Secret holds.
const USER: &str = "admin";
const KEY: &str = "key of the administrator";

/// Enough for a set of four pieces and two more.
const MORE_HOSTS: [&str; 3] = ["10.10.10.20", "10.10.10.21", "10.10.10.22"];

/// The body for a class without options.
const PLAIN: &str = r#"{"size":5,"name":"","durability":{"type":"replicate","replicate":{"replica":3},"disperse":{}},"gid":2000,"snapshot":{"enable":true,"factor":1}}"#;

/// The body for a class with all of them.
const EVERYTHING: &str = r#"{"size":5,"clusters":["CLUSTER"],"name":"dept_ns1_claim1_0c5e8a52-9c40-4d3e-8a1b-6d2f3c1e7b90","durability":{"type":"disperse","replicate":{},"disperse":{"data":4,"redundancy":2}},"gid":2001,"glustervolumeoptions":["client.ssl on","server.ssl on"],"snapshot":{"enable":true,"factor":1.5}}"#;

/// The provisioner, and the array that it provisions from.
struct Provisioner {
    lab: Lab,
    cluster: String,
}

impl Provisioner {
    /// With a server that wants tokens.
    fn with(hosts: &[&str]) -> Provisioner {
        let mut lab = Lab::started();
        let cluster = lab.new_cluster();
        for host in hosts {
            let node = lab.add_node(&cluster, host).id;
            for disk in DISKS {
                lab.add_device(&node, disk, false).unwrap();
            }
        }
        lab.stop();
        lab.keys(USER_KEYS.0, USER_KEYS.1);
        lab.start();
        Provisioner { lab, cluster }
    }

    /// One request, with a fresh token.
    fn send(&self, method: &str, path: &str, body: Option<&str>) -> Reply {
        let token = sign::authorization(&json!({"iss": USER, "key": KEY}), method, path).unwrap();
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        self.lab.send(method, path, &headers[..1 + usize::from(body.is_some())], body.map(str::as_bytes))
    }

    fn get(&self, path: &str) -> Value {
        let reply = self.send("GET", path, None);
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    }

    /// What its client does with a job: look as long as it says so, and follow the last answer. Every look is signed.
    fn finished(&self, accepted: &Reply) -> Reply {
        assert_eq!(accepted.status, 202, "{accepted:?}\n{}", self.lab.log_tail());
        assert!(accepted.location.starts_with("/queue/"), "only a path: {accepted:?}");
        loop {
            let reply = self.send("GET", &accepted.location, None);
            match (reply.status, reply.pending.as_str()) {
                (200, "true") => std::thread::sleep(PAUSE),
                (303, _) => return self.send("GET", &reply.location, None),
                _ => return reply,
            }
        }
    }

    /// Makes a volume, and reads what it needs for the PV and its Endpoints.
    fn provision(&self, body: &str) -> Value {
        let made = self.finished(&self.send("POST", "/volumes", Some(body)));
        assert_eq!(made.status, 200, "{made:?}\n{}", self.lab.log_tail());
        let volume = made.json();
        let cluster = self.get(&format!("/clusters/{}", text(&volume["cluster"])));
        let nodes = cluster["nodes"].as_array().unwrap();
        assert!(!nodes.is_empty());
        for node in nodes {
            let node = self.get(&format!("/nodes/{}", text(node)));
            let names: Vec<&str> =
                node["hostnames"]["storage"].as_array().unwrap().iter().map(text).collect();
            let address = names.concat();
            assert!(address.parse::<std::net::IpAddr>().is_ok(), "{address} goes into an Endpoints object");
        }
        volume
    }

    /// Lets a volume grow as a claim did: what is missing is asked for, where anything is.
    fn expand(&self, id: &str, wanted: u64, had: u64) -> u64 {
        let path = format!("/volumes/{id}");
        let size = |volume: &Value| volume["size"].as_u64().unwrap();
        let now = size(&self.get(&path));
        if now >= wanted {
            return now;
        }
        let body = format!(r#"{{"expand_size":{}}}"#, wanted - had);
        let grown = self.finished(&self.send("POST", &format!("{path}/expand"), Some(&body)));
        assert_eq!(grown.status, 200, "{grown:?}\n{}", self.lab.log_tail());
        size(&grown.json())
    }

    /// Deletes a volume as often as it takes: the id is an annotation, or the path of an old PV without `vol_`.
    fn delete(&self, id: &str) {
        let gone = self.finished(&self.send("DELETE", &format!("/volumes/{id}"), None));
        assert_eq!(gone.status, 204, "{gone:?}\n{}", self.lab.log_tail());
        // It repeats a delete whose answer it has not seen, and takes this text for a success.
        let again = self.send("DELETE", &format!("/volumes/{id}"), None);
        assert_eq!((again.status, again.text.trim()), (404, "Id not found"));
    }

    /// The audit reads without a token.
    fn audit(&mut self) {
        self.lab.stop();
        self.lab.no_keys();
        self.lab.start();
        Audit::new().clean_within(&self.lab, SOON);
        self.lab.stop();
        self.lab.keys(USER_KEYS.0, USER_KEYS.1);
        self.lab.start();
    }
}

/// Keys of `admin` and `user`.
const USER_KEYS: (&str, &str) = (KEY, "key of a user");

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn a_claim_is_provisioned_grows_and_is_deleted() {
    let mut kubernetes = Provisioner::with(&HOSTS);
    let volume = kubernetes.provision(PLAIN);
    let name = text(&volume["name"]);
    let id = name.strip_prefix("vol_").unwrap();
    assert_eq!((&volume["id"], &volume["size"]), (&json!(id), &json!(5)));
    let peers = kubernetes.lab.peers();
    for host in peers.hosts.values() {
        let roots =
            host.groups.values().flat_map(|group| group.volumes.values()).flat_map(|found| &found.entries);
        assert!(roots.into_iter().any(|(_, granted)| granted == "2000:2775"), "{host:?}");
    }
    kubernetes.audit();
    assert_eq!(kubernetes.expand(id, 8, 5), 8);
    assert_eq!(kubernetes.expand(id, 8, 5), 8, "its answer was lost, and it asks again");
    kubernetes.audit();
    kubernetes.delete(id);
    kubernetes.audit();
}

#[test]
fn a_claim_of_a_class_with_everything_is_provisioned_and_deleted() {
    let mut kubernetes = Provisioner::with(&[HOSTS, MORE_HOSTS].concat());
    let volume = kubernetes.provision(&EVERYTHING.replace("CLUSTER", &kubernetes.cluster));
    assert_eq!(volume["size"], 5);
    assert_eq!(volume["name"], "dept_ns1_claim1_0c5e8a52-9c40-4d3e-8a1b-6d2f3c1e7b90");
    assert_eq!(volume["cluster"], json!(kubernetes.cluster));
    let peers = kubernetes.lab.peers();
    let made = peers.volume(text(&volume["name"])).unwrap();
    assert_eq!(made.bricks.len(), 6);
    for option in ["client.ssl", "server.ssl"] {
        assert_eq!(made.options.get(option).map(String::as_str), Some("on"), "{:?}", made.options);
    }
    for brick in volume["bricks"].as_array().unwrap() {
        let group =
            peers.hosts.values().find_map(|host| host.groups.get(&format!("vg_{}", text(&brick["device"]))));
        let volumes = &group.unwrap().volumes;
        let of_brick = &volumes[&format!("brick_{}", text(&brick["id"]))];
        assert!(of_brick.entries.values().any(|granted| granted == "2001:2775"), "{of_brick:?}");
        // There is half as much again for snapshots, up to an extent.
        let pool = volumes[of_brick.pool.as_ref().unwrap()].size_kib;
        let wanted = of_brick.size_kib * 3 / 2;
        assert!((wanted..wanted + 2 * 4096).contains(&pool), "{pool} KiB for {} KiB", of_brick.size_kib);
    }
    kubernetes.audit();
    kubernetes.delete(text(&volume["id"]));
    kubernetes.audit();
}

#[test]
fn every_volume_type_of_a_storage_class_is_provisioned() {
    let mut kubernetes = Provisioner::with(&HOSTS);
    for durability in [
        r#"{"type":"none","replicate":{},"disperse":{}}"#,
        r#"{"type":"disperse","replicate":{},"disperse":{"data":2,"redundancy":1}}"#,
        r#"{"type":"replicate","replicate":{"replica":2},"disperse":{}}"#,
    ] {
        let usual = r#"{"type":"replicate","replicate":{"replica":3},"disperse":{}}"#;
        let body = PLAIN.replace(usual, durability);
        assert_ne!(body, PLAIN);
        assert_eq!(kubernetes.provision(&body)["size"], 5);
    }
    kubernetes.audit();
}

#[test]
fn a_claim_that_does_not_fit_says_so_in_the_text_that_it_looks_for() {
    let mut kubernetes = Provisioner::with(&HOSTS);
    let refused = kubernetes.send("POST", "/volumes", Some(&PLAIN.replace(r#""size":5"#, r#""size":9000"#)));
    let refused = if refused.status == 202 { kubernetes.finished(&refused) } else { refused };
    assert_eq!(refused.status, 500);
    assert!(refused.text.contains("No space"), "{refused:?}");
    kubernetes.audit();
}

#[test]
fn a_request_with_a_wrong_token_changes_nothing() {
    let mut kubernetes = Provisioner::with(&HOSTS);
    let path = "/volumes";
    for wrong in
        [json!({"iss": USER, "key": "another"}), json!({"iss": USER, "key": KEY, "qsh": "GET&/volumes"})]
    {
        let token = sign::authorization(&wrong, "POST", path).unwrap();
        let refused = kubernetes.lab.send("POST", path, &[("Authorization", &token)], Some(PLAIN.as_bytes()));
        assert_eq!(refused.status, 401, "{refused:?}");
    }
    assert_eq!(kubernetes.get("/volumes")["volumes"], json!([]));
    kubernetes.audit();
}
