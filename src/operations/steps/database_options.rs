//! The options of a volume that holds a database.

use super::{Result, StepError, StepRunner};
use crate::executor::gluster;
use crate::model::step::VolumePlan;

/// Which set of options a volume has; absent or 0 where it has none. Source: heketi.
const LEVEL: &str = "user.heketi.dbstoragelevel";

/// Nothing may be read ahead, kept back or cached: the peers' copies and the file must agree. Source: heketi.
const OPTIONS: [&str; 9] = [
    "performance.stat-prefetch off",
    "performance.write-behind off",
    "performance.open-behind off",
    "performance.quick-read off",
    "performance.strict-o-direct on",
    "performance.read-ahead off",
    "performance.io-cache off",
    "performance.readdir-ahead off",
    "user.heketi.dbstoragelevel 1",
];

impl StepRunner {
    /// Sets them, unless somebody has set these or others of that kind.
    pub(in crate::operations) async fn set_database_options(&self, plan: &VolumePlan) -> Result<()> {
        let look = gluster::volume_info(self.settings(), Some(&plan.name));
        let answer = self.gluster(&plan.peers, &look).await?;
        let found = gluster::parse_volume_info(&answer.stdout).unwrap_or_default();
        let Some(found) = found.into_iter().find(|found| found.name == plan.name) else {
            return Err(refused(format!("gluster has no volume {}", plan.name)));
        };
        if !matches!(found.option(LEVEL), None | Some("0")) {
            return Ok(());
        }
        let plan = VolumePlan { options: OPTIONS.map(str::to_owned).to_vec(), ..plan.clone() };
        let commands = gluster::volume_set(self.settings(), &plan);
        for command in commands.map_err(|bad| refused(bad.to_string()))? {
            self.gluster(&plan.peers, &command).await?;
        }
        Ok(())
    }
}

fn refused(text: String) -> StepError {
    StepError::Refused { text, explanation: String::new() }
}
