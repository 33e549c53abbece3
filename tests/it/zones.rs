//! Zone checking with words that nobody knows: it is off, as in heketi, and the log says so.

use serde_json::json;

use crate::support::Lab;
use crate::support::operator::{assert_says, refusal, replica_3};

fn with_setting(word: &str) -> Lab {
    let mut lab = Lab::new();
    lab.setting("zone_checking", json!(word));
    lab.start();
    // All in one zone.
    lab.three_peers();
    lab
}

fn warnings(lab: &Lab, words: &str) -> usize {
    lab.log().lines().filter(|line| line.contains(words)).count()
}

#[test]
fn an_unknown_word_in_a_volumes_option_switches_the_check_off_and_is_told_at_each_placement() {
    let lab = with_setting("strict");
    let (_, text, _) = refusal(lab.create(&replica_3(1)));
    assert_says(&text, &["No space"]);
    let mut body = replica_3(1);
    body["glustervolumeoptions"] = json!(["user.heketi.zone-checking Strict"]);
    let volume = lab.create(&body).unwrap();
    let told = format!("volume {} has the option user.heketi.zone-checking \"Strict\"", volume.name);
    assert_eq!(warnings(&lab, &told), 1, "{}", lab.log());
    assert_eq!(
        lab.mortar(&["volume", "expand", "--expand-size=1", &format!("--volume={}", volume.id)]).0,
        Some(0)
    );
    assert_eq!(warnings(&lab, &told), 2, "{}", lab.log());
}

#[test]
fn an_unknown_word_in_the_configuration_counts_as_none_and_is_told_at_the_start_and_at_each_placement() {
    let lab = with_setting("on");
    assert_eq!(warnings(&lab, "zone_checking \"on\" is neither none nor strict: none is used"), 1);
    let told = "the configured zone_checking \"on\" is neither none nor strict";
    lab.create(&replica_3(1)).unwrap();
    assert_eq!(warnings(&lab, told), 1, "{}", lab.log());
    // A volume that says it itself does not fall back to the configuration.
    let mut body = replica_3(1);
    body["glustervolumeoptions"] = json!(["user.heketi.zone-checking none"]);
    lab.create(&body).unwrap();
    assert_eq!(warnings(&lab, told), 1, "{}", lab.log());
}
