//! Options that the configuration adds to those of requests.

use serde_json::json;

use crate::support::operator::{assert_says, replica_3};
use crate::support::{Audit, Lab};

#[test]
fn an_option_in_the_configuration_that_is_none_is_told_and_left_out_of_no_volume_in_silence() {
    let mut lab = Lab::new();
    // A comma separates options, so this is one and a half.
    lab.setting("pre_request_volume_options", json!("auth.allow 10.0.0.1,10.0.0.2"));
    lab.start();
    lab.three_peers();
    assert_says(&lab.log(), &["pre_request_volume_options", "`10.0.0.2` is no gluster option"]);
    let refused = lab.ask("/volumes", &replica_3(1));
    assert_eq!(refused.status, 500, "{refused:?}");
    assert_says(&refused.text, &["`10.0.0.2` is no gluster option"]);
    assert!(Audit::new().findings(&lab).is_empty());
    lab.setting("pre_request_volume_options", json!("auth.allow 10.0.0.*"));
    lab.restart();
    let made = lab.create(&replica_3(1)).unwrap();
    let options = lab.peers().volume(&made.name).unwrap().options.clone();
    assert_eq!(options["auth.allow"], "10.0.0.*");
}
