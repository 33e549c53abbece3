//! The trusted pool.

use super::super::answer::{Answer, refuse};
use super::super::objects::{Machine, MachineId};
use super::super::state::Record;
use super::super::world::Peer;
use super::info::escape;

fn connection(machine: &Machine) -> &'static str {
    if machine.is_connected() { "Connected" } else { "Disconnected" }
}

fn others<'p>(peer: &'p Peer<'_>) -> impl Iterator<Item = &'p Machine> {
    let at = peer.at;
    peer.world
        .state
        .members(peer.host().machine.pool)
        .filter(move |(id, _)| *id != at)
        .map(|(_, machine)| machine)
}

/// `pool list`.
pub fn pool_list(peer: &Peer<'_>) -> Answer {
    let mut text = "UUID\t\t\t\t\tHostname \tState\n".to_owned();
    for machine in others(peer) {
        text.push_str(&format!("{}\t{}\t{} \n", machine.uuid, machine.gluster_name(), connection(machine)));
    }
    text.push_str(&format!("{}\tlocalhost\tConnected \n", peer.host().machine.uuid));
    Ok(text)
}

/// `peer status`.
pub fn status(peer: &Peer<'_>, xml: bool) -> Answer {
    if xml {
        return Ok(status_xml(peer));
    }
    let mut text = format!("Number of Peers: {}\n", others(peer).count());
    for machine in others(peer) {
        let state = connection(machine);
        let name = machine.gluster_name();
        text.push_str(&format!(
            "\nHostname: {name}\nUuid: {}\nState: Peer in Cluster ({state})\n",
            machine.uuid
        ));
        let more: Vec<&str> =
            machine.names.iter().map(String::as_str).filter(|other| *other != name).collect();
        if !more.is_empty() {
            text.push_str(&format!("Other names:\n{}\n", more.join("\n")));
        }
    }
    Ok(text)
}

fn status_xml(peer: &Peer<'_>) -> String {
    let one = |machine: &Machine| {
        let names: String =
            machine.names.iter().map(|name| format!("<hostname>{}</hostname>", escape(name))).collect();
        format!(
            "<peer><uuid>{}</uuid><hostname>{}</hostname><hostnames>{names}</hostnames><connected>{}</connected><state>3</state><stateStr>Peer in Cluster</stateStr></peer>",
            machine.uuid,
            escape(machine.gluster_name()),
            i32::from(machine.is_connected())
        )
    };
    let peers: String = others(peer).map(one).collect();
    super::info::document(0, 0, "", &format!("<peerStatus>{peers}</peerStatus>"))
}

/// `peer probe`: takes a machine into the pool, unless it is in another one or has volumes.
pub fn probe(peer: &mut Peer<'_>, name: &str) -> Answer {
    let id = peer.world.machine(name);
    if id == peer.at {
        return Ok("peer probe: Probe on localhost not needed\n".to_owned());
    }
    let pool = peer.host().machine.pool;
    let Some(machine) = peer.world.state.hosts.get(&id).map(|host| host.machine.clone()) else {
        return Err(refuse(1, format!("peer probe: failed: {name} is no machine")));
    };
    if machine.pool == pool {
        return Ok(format!("peer probe: Host {name} port 24007 already in peer list\n"));
    }
    if !machine.is_connected() {
        return Err(refuse(1, "peer probe: failed: Probe returned with Transport endpoint is not connected"));
    }
    if is_taken(peer, id, &machine) {
        let text = format!(
            "peer probe: failed: {name} is either already part of another cluster or having volumes configured"
        );
        return Err(refuse(1, text));
    }
    let gluster = machine.gluster.clone().or_else(|| Some(name.to_owned()));
    peer.set(Record::Machine(id, Machine { pool, gluster, ..machine }));
    Ok("peer probe: success\n".to_owned())
}

fn is_taken(peer: &Peer<'_>, id: MachineId, machine: &Machine) -> bool {
    let state = &peer.world.state;
    let has_volumes = state.volumes.get(&machine.pool).is_some_and(|volumes| !volumes.is_empty());
    has_volumes || state.members(machine.pool).any(|(other, _)| other != id)
}

/// `peer detach`.
pub fn detach(peer: &mut Peer<'_>, name: &str) -> Answer {
    let pool = peer.host().machine.pool;
    let found =
        peer.world.state.find(name).and_then(|id| peer.world.state.hosts.get(&id).map(|host| (id, host)));
    let Some((id, host)) = found.filter(|(_, host)| host.machine.pool == pool) else {
        return Err(refuse(1, format!("peer detach: failed: {name} is not part of cluster")));
    };
    if id == peer.at {
        return Err(refuse(1, format!("peer detach: failed: {name} is localhost")));
    }
    if host.bricks > 0 {
        let text = format!(
            "peer detach: failed: Peer {name} hosts one or more bricks. If the peer is in not recoverable state then use either replace-brick or remove-brick command with force to remove all bricks from the peer and attempt the peer detach again."
        );
        return Err(refuse(1, text));
    }
    if !peer.whole_pool_but(id) {
        return Err(refuse(
            1,
            "peer detach: failed: One of the peers is probably down. Check with 'peer status'",
        ));
    }
    let machine = Machine { pool: peer.world.state.free_pool(), ..host.machine.clone() };
    peer.set(Record::Machine(id, machine));
    Ok("peer detach: success\n".to_owned())
}
