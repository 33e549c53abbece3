//! The domain: what every layer speaks of. Knows no table, no host connection and no wire format.

pub mod block_volume;
pub mod brick;
pub mod clock;
pub mod cluster;
pub mod device;
pub mod durability;
pub mod everything;
pub mod finding;
pub mod host;
pub mod hosting;
pub mod ids;
pub mod inventory;
pub mod node;
pub mod operation;
mod plan;
pub mod scoped_tokens;
pub mod secret;
pub mod sizes;
pub mod state;
pub mod step;
pub mod volume;
