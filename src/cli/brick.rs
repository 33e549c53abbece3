//! `brick …`

use super::args::{BrickCommand, BrickEvict};
use super::device::think_again;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use crate::api::BrickEvictRequest;

pub(super) fn run(command: &BrickCommand, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let BrickCommand::Evict(BrickEvict { expert_option_disable_heal_check: unchecked, ids }) = command;
    let id = match &ids.ids[..] {
        [] => return Err(Failure::new("Brick id missing")),
        [id] => id,
        _ => return Err(Failure::new("Too many arguments provided")),
    };
    if *unchecked {
        think_again(output)?;
    }
    let healcheck = if *unchecked { "disable".to_owned() } else { String::new() };
    session.client()?.brick_evict(id, &BrickEvictRequest { healcheck })?;
    output.line(&format!("Brick {id} evicted"))
}
