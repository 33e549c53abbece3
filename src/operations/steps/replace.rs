//! Putting a brick in the place of another one.

use super::{Result, StepError, StepRunner};
use crate::model::step::ReplacePlan;

fn not_yet() -> StepError {
    StepError::Refused { text: "not implemented".to_owned(), explanation: "not implemented".to_owned() }
}

impl StepRunner {
    pub(super) async fn check_heal(&self, _plan: &ReplacePlan) -> Result<()> {
        Err(not_yet())
    }

    pub(super) async fn replace_brick(&self, _plan: &ReplacePlan) -> Result<()> {
        Err(not_yet())
    }

    pub(super) async fn unreplace_brick(&self, _plan: &ReplacePlan) -> Result<()> {
        Ok(())
    }

    pub(super) async fn await_heal(&self, _plan: &ReplacePlan) -> Result<()> {
        Err(not_yet())
    }
}
