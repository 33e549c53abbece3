//! Why a request may be refused, and why it must be. What is not in here is wrong.

use serde_json::json;

use super::room::Room;
use super::seen::Seen;

/// heketi's text for what an operation works on.
const IN_USE: &str = "The target exists, contains other items, or is in use.";

/// A refusal, at once or by the job of a request that touches no peer.
struct Reason {
    /// Method and path, as the document has them.
    on: &'static str,
    status: u16,
    /// What its text has.
    says: &'static str,
    /// Whether it may be true.
    may: fn(&Seen) -> bool,
    /// Whether it is certainly true, so that nothing may be done.
    must: fn(&Seen) -> bool,
}

impl Reason {
    fn is_about(&self, route: &str) -> bool {
        self.on.split(", ").any(|on| on == route)
    }

    fn says(&self, status: u16, text: &str) -> bool {
        self.status == status && text.contains(self.says)
    }
}

fn no(_: &Seen) -> bool {
    false
}

const fn reason(on: &'static str, status: u16, says: &'static str, may: fn(&Seen) -> bool) -> Reason {
    Reason { on, status, says, may, must: no }
}

const fn sure(
    on: &'static str,
    status: u16,
    says: &'static str,
    may: fn(&Seen) -> bool,
    must: fn(&Seen) -> bool,
) -> Reason {
    Reason { on, status, says, may, must }
}

/// Whether what was answered is explained.
pub fn explains(seen: &Seen, status: u16, text: &str) -> bool {
    let about = || reasons().filter(|reason| reason.is_about(&seen.route()) && reason.says(status, text));
    if about().any(|reason| (reason.may)(seen)) {
        return true;
    }
    // A fault has its own words, and only jobs meet one.
    about().next().is_none() && seen.is_job && !seen.is_calm
}

/// What a request that was done had against it.
pub fn forbids(seen: &Seen) -> Option<&'static str> {
    reasons().find(|reason| reason.is_about(&seen.route()) && (reason.must)(seen)).map(|reason| reason.says)
}

fn reasons() -> impl Iterator<Item = &'static Reason> {
    VOLUMES.iter().chain(BLOCKS).chain(NODES).chain(DEVICES).chain(CLUSTERS)
}

const VOLUMES: &[Reason] = &[
    sure(
        "POST /volumes",
        500,
        "already in use",
        |seen| seen.name_may_be_taken(),
        |seen| seen.name_is_taken(),
    ),
    sure(
        "POST /volumes",
        500,
        "Cluster does not support requested volume type",
        |seen| seen.may_forbid(),
        |seen| seen.forbids(),
    ),
    sure(
        "POST /volumes",
        500,
        "Cluster has disabled all volume types",
        |seen| seen.may_forbid(),
        |seen| seen.forbids(),
    ),
    reason("POST /volumes", 500, "No eligible cluster for volume", |seen| seen.may_forbid()),
    sure(
        "POST /volumes",
        400,
        "is smaller than the minimum supported volume size",
        |seen| seen.is_too_small(),
        |seen| seen.is_too_small(),
    ),
    reason("POST /volumes", 500, "No space", |seen| !Room::is_plenty(seen, seen.asked_gib())),
    // The first of the clusters that may have it, but no nodes.
    reason("POST /volumes", 500, "No nodes in cluster", |seen| {
        seen.may_forbid() || seen.name_may_be_taken() || !Room::is_plenty(seen, seen.asked_gib())
    }),
    reason("POST /volumes", 500, "No online storage devices in cluster", |seen| {
        !Room::is_plenty(seen, seen.asked_gib())
    }),
    reason("POST /volumes", 409, "used before with another request", |seen| seen.key_is_reused()),
    reason("POST /volumes/{id}/expand", 500, IN_USE, |seen| seen.may_be_worked_on()),
    sure(
        "POST /volumes/{id}/expand",
        500,
        "Minimum brick size limit reached",
        |seen| seen.is_too_small() || !Room::is_plenty(seen, seen.asked_gib()),
        |seen| seen.is_too_small(),
    ),
    sure(
        "POST /volumes/{id}/expand",
        500,
        "Maximum number of bricks reached",
        |seen| seen.has_most_bricks() || !Room::is_plenty(seen, seen.asked_gib()),
        |seen| seen.has_most_bricks(),
    ),
    reason("POST /volumes/{id}/expand", 500, "No online storage devices in cluster", |seen| {
        !Room::is_plenty(seen, seen.asked_gib())
    }),
    reason(
        "POST /volumes/{id}/expand, POST /volumes/{id}/clone",
        409,
        "used before with another request",
        |seen| seen.key_is_reused(),
    ),
    reason(
        "POST /volumes/{id}/expand, POST /volumes/{id}/clone, DELETE /volumes/{id}, POST /volumes/{id}/block-restriction",
        404,
        "Id not found",
        |seen| seen.may_be_gone(),
    ),
    reason("DELETE /volumes/{id}", 500, IN_USE, |seen| seen.may_be_worked_on()),
    reason(
        "DELETE /volumes/{id}",
        409,
        "Cannot delete a block hosting volume containing block volumes",
        |seen| seen.may_host(),
    ),
    sure(
        "POST /volumes/{id}/clone",
        500,
        "Cloning of block hosting volumes is not supported",
        |seen| seen.is_hosting(),
        |seen| seen.is_hosting(),
    ),
    reason("POST /volumes/{id}/clone", 500, IN_USE, |seen| seen.may_be_worked_on()),
    reason("POST /bricks/to-evict/{id}", 404, "Id not found", |seen| seen.bricks_may_move()),
    reason("POST /bricks/to-evict/{id}", 500, "Can not evict brick", |seen| seen.may_be_worked_on()),
    reason("POST /bricks/to-evict/{id}", 500, "No Replacement was found", |seen| !Room::for_a_move(seen)),
    sure(
        "POST /bricks/to-evict/{id}",
        500,
        "as only 0 of 1 required peer bricks are online",
        |seen| seen.is_alone(),
        |seen| seen.is_alone(),
    ),
    reason("POST /bricks/to-evict/{id}", 500, "Cannot replace brick", |seen| !seen.is_calm),
];

const BLOCKS: &[Reason] = &[
    sure(
        "POST /blockvolumes",
        500,
        "Cluster does not support requested volume type",
        |seen| seen.may_forbid(),
        |seen| seen.forbids(),
    ),
    sure(
        "POST /blockvolumes",
        500,
        "Cluster has disabled all volume types",
        |seen| seen.may_forbid(),
        |seen| seen.forbids(),
    ),
    reason("POST /blockvolumes", 500, "No eligible cluster for volume", |seen| seen.may_forbid()),
    reason("POST /blockvolumes", 500, "No space", |seen| !Room::is_plenty(seen, Room::HOSTING)),
    reason("POST /blockvolumes", 500, "No nodes in cluster", |seen| {
        seen.may_forbid() || !Room::is_plenty(seen, Room::HOSTING)
    }),
    reason("POST /blockvolumes", 500, "No online storage devices in cluster", |seen| {
        !Room::is_plenty(seen, Room::HOSTING)
    }),
    reason("POST /blockvolumes", 429, "Server busy", |seen| seen.hosting_may_change()),
    reason(
        "POST /blockvolumes, POST /blockvolumes/{id}/expand",
        409,
        "used before with another request",
        |seen| seen.key_is_reused(),
    ),
    reason("POST /blockvolumes/{id}/expand", 500, "No space", |seen| {
        !Room::is_in_hosting(seen, seen.asked_gib())
    }),
    reason("POST /blockvolumes/{id}/expand", 500, "Requested new-size", |seen| seen.size_is_doubtful()),
    reason("POST /blockvolumes/{id}/expand, DELETE /blockvolumes/{id}", 500, IN_USE, |seen| {
        seen.is_troubled()
    }),
    reason("POST /blockvolumes/{id}/expand, DELETE /blockvolumes/{id}", 404, "Id not found", |seen| {
        seen.may_be_gone()
    }),
];

const NODES: &[Reason] = &[
    sure(
        "POST /nodes",
        409,
        "already used by node",
        |seen| seen.may_be("there", &json!(true)),
        |seen| seen.is("there", &json!(true)),
    ),
    reason("POST /nodes", 400, "glusterd running", |seen| !seen.is_calm || Room::usable_nodes(seen) == 0),
    sure(
        "DELETE /nodes/{id}",
        409,
        "because it contains devices",
        |seen| seen.may_have_devices(),
        |seen| seen.has_devices(),
    ),
    reason("DELETE /nodes/{id}", 409, "because it exports block volumes", |seen| seen.there_may_be_blocks()),
    sure(
        "POST /nodes/{id}/state",
        500,
        "Node must be offline before remove",
        |seen| seen.turns("online", "failed"),
        |seen| seen.turns("online", "failed"),
    ),
    sure(
        "POST /nodes/{id}/state",
        500,
        "Cannot move a failed/removed node to",
        |seen| seen.comes_back(),
        |seen| seen.comes_back(),
    ),
    reason("POST /nodes/{id}/state", 500, "as no device was found to replace", |seen| {
        !Room::for_a_move(seen)
    }),
    reason("POST /nodes/{id}/state", 500, "No Replacement was found", |seen| !Room::for_a_move(seen)),
    reason(
        "POST /nodes/{id}/state, POST /devices/{id}/state",
        500,
        "as only 0 of 1 required peer bricks are online",
        |seen| seen.one_may_be_alone(),
    ),
    reason("POST /nodes/{id}/state, POST /devices/{id}/state", 500, IN_USE, |seen| seen.bricks_may_come()),
    reason("POST /nodes/{id}/state, POST /devices/{id}/state", 500, "Can not evict brick", |seen| {
        seen.bricks_may_come()
    }),
];

const DEVICES: &[Reason] = &[
    sure(
        "POST /devices",
        500,
        "Device already in use",
        |seen| seen.may_be("there", &json!(true)) || !seen.is_calm,
        |seen| seen.is("there", &json!(true)),
    ),
    sure(
        "POST /devices",
        409,
        "because the node was removed from service",
        |seen| seen.node_is_failed(),
        |seen| seen.node_is_failed(),
    ),
    sure(
        "DELETE /devices/{id}",
        400,
        "is not in failed state",
        |seen| !seen.is("state", &json!("failed")),
        |seen| !seen.may_be("state", &json!("failed")),
    ),
    reason("DELETE /devices/{id}", 409, "because it contains bricks", |seen| !seen.is_calm),
    sure(
        "POST /devices/{id}/state",
        500,
        "Device must be offline before remove",
        |seen| seen.turns("online", "failed"),
        |seen| seen.turns("online", "failed"),
    ),
    sure(
        "POST /devices/{id}/state",
        500,
        "Cannot move a failed/removed device to online",
        |seen| seen.turns("failed", "online"),
        |seen| seen.turns("failed", "online"),
    ),
    reason("POST /devices/{id}/state", 500, "as no device was found to replace", |seen| {
        !Room::for_a_move(seen)
    }),
    reason("GET /devices/{id}/resync", 500, IN_USE, |seen| seen.bricks_may_come()),
];

const CLUSTERS: &[Reason] = &[sure(
    "DELETE /clusters/{id}",
    409,
    "because it contains volumes and/or nodes",
    |seen| seen.is_main(),
    |seen| seen.is_main_with_nodes(),
)];
