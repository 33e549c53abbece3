//! Scenarios that run on simulated and on real peers alike, written once. What they expect of the real ones keeps the
//! simulated ones honest: both get the same commands, and the same is read in their answers.
//!
//! `tests/it` and `tests/lab` include this module; each has a [`Place`] of its own and a test for every scenario.

mod place;

pub mod blocks;
pub mod kills;
pub mod layouts;
pub mod life;
mod operator;
pub mod power;
pub mod stalls;

pub use operator::Operator;
pub use place::{ADDRESSES, Dies, Mounted, Others, Part, Place};

/// A test for each scenario in one kind of place, with attributes.
macro_rules! suite {
    (@all $place:ty, $attributes:tt, $($noun:ident { $($scenario:ident)* })*) => {
        $(mod $noun {
            $($crate::scenarios::suite! { @one $place, $attributes, $noun, $scenario })*
        })*
    };
    (@one $place:ty, [$(#[$attribute:meta])*], $noun:ident, $scenario:ident) => {
        #[test]
        $(#[$attribute])*
        fn $scenario() {
            $crate::scenarios::$noun::$scenario(&mut <$place as $crate::scenarios::Place>::fresh());
        }
    };
    ($place:ty, $(#[$attribute:meta])*) => {
        $crate::scenarios::suite! {
            @all $place, [$(#[$attribute])*],
            blocks { peers_without_gluster_block_are_named_and_no_room_is_lost }
            kills { killed_at_four_commands_nothing_is_half_done }
            layouts { every_durability_keeps_what_a_client_wrote_and_leaves_nothing }
            life { disks_that_were_in_use_become_a_volume_and_all_goes_away_again }
            power { a_peer_that_reboots_brings_its_bricks_back_and_one_that_is_off_delays_a_delete }
            stalls { a_peer_that_stands_still_for_a_while_delays_a_create_and_spoils_nothing }
        }
    };
}
pub(crate) use suite;
