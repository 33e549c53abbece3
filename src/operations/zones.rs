//! Words for zone checking that are none: as in heketi they switch the check off, which whoever wrote them did not mean.

use tracing::warn;

use super::engine::Engine;
use crate::model::volume::Volume;
use crate::placement::{ZoneChecking, zone_word};

impl Engine {
    /// Warns where bricks of a volume are placed without a look at zones because of such a word. Once for each placement,
    /// as heketi.
    pub(super) fn warn_of_zone_word(&self, volume: &Volume) {
        let name = &volume.name;
        match zone_word(&volume.options) {
            Some(word) if ZoneChecking::from_word(word).is_none() => warn!(
                "volume {name} has the option user.heketi.zone-checking {word:?}, which is neither none nor strict: its bricks are placed as with none"
            ),
            Some(_) => {}
            None => {
                if let Some(word) = &self.settings.unknown_zone_checking {
                    warn!(
                        "the configured zone_checking {word:?} is neither none nor strict: the bricks of volume {name} are placed as with none"
                    );
                }
            }
        }
    }
}
