//! `volume rebalance`. There is nothing to move: it is over as soon as it has begun.

use super::super::answer::{Answer, Refused, refuse};
use super::super::objects::GlusterVolume;
use super::super::world::Peer;
use super::info::{document, escape};

/// gluster's number for a rebalance that is over.
const COMPLETED: u32 = 3;

/// Refuses what cannot be spread, in gluster's order.
fn check(peer: &Peer<'_>, name: &str) -> Result<GlusterVolume, String> {
    let volume = peer.volume(name).ok_or_else(|| format!("Volume {name} does not exist"))?;
    if volume.bricks.len() <= volume.layout.set_size() {
        return Err(format!(
            "Volume {name} is not a distribute volume or contains only 1 brick.\nNot performing rebalance"
        ));
    }
    if !volume.started {
        return Err(format!("Volume {name} needs to be started to perform rebalance"));
    }
    Ok(volume.clone())
}

/// `volume rebalance NAME start`.
pub fn start(peer: &mut Peer<'_>, name: &str) -> Answer {
    let what = format!("volume rebalance: {name}");
    let volume = check(peer, name).map_err(|why| refuse(1, format!("{what}: failed: {why}")))?;
    let task = peer.world.uuid(name).to_string();
    let text = format!(
        "{what}: success: Rebalance on {name} has been started successfully. Use rebalance status command to check status of the rebalance process.\nID: {task}\n\n"
    );
    peer.set_volume(name, Some(GlusterVolume { rebalance: Some(task.into()), ..volume }));
    Ok(text)
}

/// `volume rebalance NAME status`.
pub fn status(peer: &Peer<'_>, name: &str, xml: bool) -> Answer {
    let refused = |why: String| {
        if xml {
            return Refused { stdout: document(-1, 0, &why, ""), ..refuse(1, "") };
        }
        refuse(1, format!("volume rebalance: {name}: failed: {why}"))
    };
    let volume = check(peer, name).map_err(refused)?;
    let task =
        volume.rebalance.ok_or_else(|| refused(format!("Rebalance not started for volume {name}.")))?;
    let host = peer.host().machine.gluster_name();
    if !xml {
        return Ok(format!(
            "Node Rebalanced-files size scanned failures skipped status run time in h:m:s\n{host} 0 0Bytes 0 0 0 completed 0:00:00\nvolume rebalance: {name}: success\n"
        ));
    }
    let counts = format!(
        "<files>0</files><size>0</size><lookups>0</lookups><failures>0</failures><skipped>0</skipped><status>{COMPLETED}</status><statusStr>completed</statusStr><runtime>0.00</runtime>"
    );
    let body = format!(
        "  <volRebalance><task-id>{task}</task-id><op>3</op><nodeCount>1</nodeCount><node><nodeName>{}</nodeName><id>{}</id>{counts}</node><aggregate>{counts}</aggregate></volRebalance>\n",
        escape(host),
        peer.host().machine.uuid
    );
    Ok(document(0, 0, "", &body))
}
