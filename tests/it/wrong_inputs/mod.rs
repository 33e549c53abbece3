//! Wrong requests to every route: what is refused, what is looked at first, in heketi's words, and that nothing has changed
//! by it. What is recorded of heketi itself is in `tests/conformance/rest`.

mod blocks;
mod bricks;
mod busy;
mod clusters;
mod creates;
mod desk;
mod devices;
mod expected;
mod nodes;
mod pending;
mod routes;
mod service;
mod states;
mod volumes;
