//! What heketi keeps, a file per noun. The structs have the shape of heketi's export and
//! are read from either form of it: the gobs of the database file or JSON. Values are as heketi keeps them:
//! nothing is judged here, that is what [`super::check()`] is for.
//!
//! Versions 4.0 to 10.4 wrote fewer and fewer of these fields the older they are; what a file lacks is zero, as it is to
//! heketi.

pub mod attribute;
pub mod block_volume;
pub mod brick;
pub mod cluster;
pub mod database;
pub mod device;
mod fields;
pub mod node;
pub mod operation;
pub mod password;
pub mod pending;
mod shape;
pub mod volume;

pub use attribute::AttributeEntry;
pub use block_volume::BlockVolumeEntry;
pub use brick::BrickEntry;
pub use cluster::ClusterEntry;
pub use database::Database;
pub use device::DeviceEntry;
pub use node::NodeEntry;
pub use operation::OperationEntry;
pub use pending::PendingMark;
pub use volume::VolumeEntry;

pub(crate) use fields::Source;
