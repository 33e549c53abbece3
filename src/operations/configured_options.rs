//! Options of volumes that the configuration adds to those of requests.

use super::OperationSettings;
use crate::executor::gluster::{self, BadOption};

/// Texts that gluster would not take as options; the empty ones, which heketi shows where there is none, are left out.
pub(super) fn bad_options(options: &[String]) -> impl Iterator<Item = BadOption> {
    let given = options.iter().filter(|option| !option.is_empty());
    given.filter_map(|option| gluster::parse_option(option).err())
}

impl OperationSettings {
    /// Configured options that gluster would not take, each with its key in the configuration. `hosting`: for volumes that
    /// host block volumes, too.
    pub fn bad_options(&self, hosting: bool) -> impl Iterator<Item = (&'static str, BadOption)> {
        let lists = [
            ("pre_request_volume_options", &self.pre_options, true),
            ("block_hosting_volume_options", &self.block_hosting_options, hosting),
            ("post_request_volume_options", &self.post_options, true),
        ];
        let counted = lists.into_iter().filter(|(_, _, counts)| *counts && !self.any_option);
        counted.flat_map(|(key, options, _)| bad_options(options).map(move |bad| (key, bad)))
    }

    /// What an operator is told at the start of the server.
    pub fn warnings(&self) -> Vec<String> {
        let warning =
            |(key, bad)| format!("{key}: {bad}. No volume can be created with it; correct the configuration");
        self.bad_options(true).map(warning).collect()
    }
}
