//! Adding sets to a volume.

use super::{Result, StepError, StepRunner};
use crate::model::step::{ExtendPlan, StepOutput, VolumePlan};

fn not_yet() -> StepError {
    StepError::Refused { text: "not implemented".to_owned(), explanation: "not implemented".to_owned() }
}

impl StepRunner {
    pub(super) async fn add_bricks(&self, _plan: &ExtendPlan) -> Result<()> {
        Err(not_yet())
    }

    pub(super) async fn unadd_bricks(&self, _plan: &ExtendPlan) -> Result<()> {
        Ok(())
    }

    pub(super) async fn rebalance(&self, _plan: &VolumePlan) -> Result<StepOutput> {
        Err(not_yet())
    }
}
