//! The rooms of hosting volumes, put right at the start as heketi does. What this server writes always adds up; a database
//! that somebody has edited, or that came from elsewhere, need not.

use tracing::{error, warn};

use super::engine::Engine;
use crate::model::hosting::Restriction;
use crate::store::hosting::Account;
use crate::store::{Result, hosting, volume};

impl Engine {
    /// Puts the rooms right that do not add up, or in which nothing is kept back.
    pub(super) async fn put_rooms_right(&self) -> Result<()> {
        let accounts = hosting::accounts(&mut *self.store.read().await?).await?;
        for account in accounts {
            let Account { volume, size, hosting, taken } = account;
            let right = hosting.put_right(size, taken);
            if right != hosting {
                volume::set_hosting(&mut *self.store.writer().await?, volume, right).await?;
                tell(volume, &account, right.restriction);
            } else if !hosting.adds_up(size, taken) {
                error!(
                    "volume {volume} has {size}, and {taken} in block volumes, {} free and {} kept back: that cannot be put right. Look at `db check`",
                    hosting.free, hosting.reserved
                );
            }
        }
        Ok(())
    }
}

fn tell(volume: crate::model::ids::VolumeId, before: &Account, restriction: Restriction) {
    let cure = match restriction {
        Restriction::LockedByUpdate => {
            ". It takes no further block volumes until it is unlocked (`volume set-block-hosting-restriction unlocked`)"
        }
        Restriction::None | Restriction::Locked => "",
    };
    warn!(
        "the room of volume {volume} was put right: it has {}, {} are in block volumes, and it said {} free and {} kept back{cure}",
        before.size, before.taken, before.hosting.free, before.hosting.reserved
    );
}
