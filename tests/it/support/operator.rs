//! What an operator does, in an operator's words.

use mortar::api::{
    BlockVolumeCreateRequest, BlockVolumeInfo, BrickInfo, ClusterCreateRequest, DeviceAddRequest, Hostnames,
    List, NodeAddRequest, NodeInfo, VolumeCreateRequest, VolumeInfo,
};
use mortar::client::ClientError;
use serde_json::{Value, json};

use super::requests::Reply;
use super::server::Lab;

pub const HOSTS: [&str; 3] = ["10.10.10.17", "10.10.10.18", "10.10.10.19"];
const FOURTH: &str = "10.10.10.20";
pub const DISKS: [&str; 2] = ["/dev/vdd", "/dev/vde"];

/// The body of a create.
pub fn replica_3(size: u64) -> Value {
    json!({"size": size, "durability": {"type": "replicate", "replicate": {"replica": 3}}})
}

impl Lab {
    /// A started server with the three peers of the lab.
    pub fn with_three_peers() -> Lab {
        let lab = Lab::started();
        lab.three_peers();
        lab
    }

    /// The same with a fourth one, so that every brick has somewhere to go.
    pub fn with_four_peers() -> Lab {
        let lab = Lab::with_three_peers();
        let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
        let node = lab.add_node(&cluster, FOURTH);
        for disk in DISKS {
            lab.add_device(&node.id, disk, false).unwrap();
        }
        lab
    }

    /// One cluster of three nodes with two disks each; its id.
    pub fn three_peers(&self) -> String {
        let cluster = self.new_cluster();
        for host in HOSTS {
            let node = self.add_node(&cluster, host);
            for disk in DISKS {
                self.add_device(&node.id, disk, false).unwrap();
            }
        }
        cluster
    }

    /// The three with a fourth one of a single disk: there is little room beside them.
    pub fn three_peers_and_a_small_one(&self) {
        let fourth = self.add_node(&self.three_peers(), FOURTH);
        self.add_device(&fourth.id, DISKS[0], false).unwrap();
    }

    pub fn new_cluster(&self) -> String {
        self.client().cluster_create(&ClusterCreateRequest { file: true, block: true }).unwrap().id
    }

    pub fn add_node(&self, cluster: &str, host: &str) -> NodeInfo {
        self.try_add_node(cluster, host).unwrap()
    }

    pub fn try_add_node(&self, cluster: &str, host: &str) -> Result<NodeInfo, ClientError> {
        let names = || List::from(vec![host.to_owned()]);
        self.client().node_add(&NodeAddRequest {
            zone: 1,
            hostnames: Hostnames { manage: names(), storage: names() },
            cluster: cluster.to_owned(),
            ..NodeAddRequest::default()
        })
    }

    pub fn add_device(&self, node: &str, disk: &str, destroydata: bool) -> Result<(), ClientError> {
        let (node, name) = (node.to_owned(), disk.to_owned());
        self.client().device_add(&DeviceAddRequest { name, node, destroydata, ..DeviceAddRequest::default() })
    }

    /// How a node is reached.
    pub fn host_of(&self, node: &str) -> String {
        let nodes = self.client().topology().unwrap().clusters[0].nodes.to_vec();
        let found = nodes.iter().find(|found| found.id == node).unwrap();
        found.hostnames.manage.to_vec()[0].clone()
    }

    /// The node that has this host name.
    pub fn node_of(&self, host: &str) -> NodeInfo {
        let topology = self.client().topology().unwrap();
        let mut nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
        nodes.find(|node| node.hostnames.manage.iter().any(|name| name == host)).unwrap().clone()
    }

    /// Makes a volume and waits for it.
    pub fn create(&self, body: &Value) -> Result<VolumeInfo, ClientError> {
        let request: VolumeCreateRequest = serde_json::from_value(body.clone()).unwrap();
        self.client().volume_create(&request)
    }

    /// Posts something; the last answer of its job, or the refusal.
    pub fn ask(&self, path: &str, body: &Value) -> Reply {
        let reply = self.post(path, body);
        if reply.status == 202 { self.wait_for(&reply.location) } else { reply }
    }

    /// One volume.
    #[track_caller]
    pub fn volume(&self, id: &str) -> VolumeInfo {
        self.client().volume_info(id).unwrap()
    }

    /// Whether each brick of a volume is mounted and holds a file that a client has written.
    pub fn is_in_all_bricks(&self, file: &str, volume: &VolumeInfo) -> bool {
        self.bricks_with(file, volume) == volume.bricks.len()
    }

    /// How many bricks of a volume are mounted and hold a file that a client has written.
    pub fn bricks_with(&self, file: &str, volume: &VolumeInfo) -> usize {
        let peers = self.peers();
        let holds = |brick: &&BrickInfo| {
            let (group, name) = (format!("vg_{}", brick.device), format!("brick_{}", brick.id));
            let groups = peers.hosts.values().filter_map(|host| host.groups.get(&group));
            let mut found = groups.filter_map(|group| group.volumes.get(&name));
            found.any(|found| found.mounted && found.entries.keys().any(|path| path.ends_with(file)))
        };
        volume.bricks.iter().filter(holds).count()
    }

    /// Asks for a volume; the path of the job.
    pub fn begin_create(&self, body: &Value) -> String {
        let reply = self.post("/volumes", body);
        assert_eq!(reply.status, 202, "{reply:?}\n{}", self.log_tail());
        reply.location
    }

    /// Asks for a delete; the path of the job.
    pub fn begin_delete(&self, volume: &str) -> String {
        let reply = self.delete(&format!("/volumes/{volume}"));
        assert_eq!(reply.status, 202, "{reply:?}\n{}", self.log_tail());
        reply.location
    }

    /// Deletes a volume and waits for the answer.
    pub fn remove(&self, volume: &str) -> Reply {
        self.wait_for(&self.begin_delete(volume))
    }

    /// Makes a block volume and waits for it.
    pub fn create_block(&self, body: &Value) -> Result<BlockVolumeInfo, ClientError> {
        let request: BlockVolumeCreateRequest = serde_json::from_value(body.clone()).unwrap();
        self.client().block_volume_create(&request)
    }

    /// One block volume.
    #[track_caller]
    pub fn block(&self, id: &str) -> BlockVolumeInfo {
        self.client().block_volume_info(id).unwrap()
    }

    /// All block volumes.
    pub fn blocks(&self) -> Vec<BlockVolumeInfo> {
        let client = self.client();
        let list = client.block_volume_list().unwrap().blockvolumes;
        // One that is gone meanwhile is none.
        list.iter().filter_map(|id| client.block_volume_info(id).ok()).collect()
    }

    /// Deletes a block volume and waits for the answer.
    pub fn remove_block(&self, id: &str) -> Reply {
        let reply = self.delete(&format!("/blockvolumes/{id}"));
        if reply.status == 202 { self.wait_for(&reply.location) } else { reply }
    }

    /// The ids of all volumes.
    pub fn volumes(&self) -> Vec<String> {
        self.client().volume_list().unwrap().volumes.to_vec()
    }
}

/// Status, text and explanation of a refusal.
pub fn refusal<T: std::fmt::Debug>(result: Result<T, ClientError>) -> (u16, String, String) {
    match result {
        Err(ClientError::Refused { status, text, explanation }) => {
            (status, text, explanation.unwrap_or_default())
        }
        other => panic!("that was no refusal: {other:?}"),
    }
}

#[track_caller]
pub fn assert_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in {text:?}");
    }
}
