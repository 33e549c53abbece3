//! Our own figures; heketi's are in `tests/conformance`.

use crate::support::Lab;
use crate::support::operator::replica_3;

/// The value of a sample, by its name and labels as they are written.
fn value(lab: &Lab, sample: &str) -> Option<f64> {
    let text = lab.get("/metrics").text;
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn requests_commands_operations_and_failures_are_counted() {
    let lab = Lab::with_three_peers();
    lab.create(&replica_3(1)).unwrap();
    let made = "mortar_remote_command_duration_seconds_count{outcome=\"ok\",program=\"mkfs.xfs\"}";
    assert_eq!(value(&lab, made), Some(3.0));
    let ended = "mortar_operation_duration_seconds_count{kind=\"volume-create\",result=\"done\"}";
    assert_eq!(value(&lab, ended), Some(1.0));
    assert_eq!(lab.get("/volumes/0123456789abcdef").status, 404);
    let asked =
        "mortar_http_request_duration_seconds_count{method=\"GET\",route=\"/volumes/{id}\",status=\"4xx\"}";
    assert_eq!(value(&lab, asked), Some(1.0));
    assert_eq!(lab.get("/nothing/0123").status, 404);
    let unknown = "mortar_http_request_duration_seconds_count{method=\"GET\",route=\"other\",status=\"4xx\"}";
    assert_eq!(value(&lab, unknown), Some(1.0));
    for state in ["running", "waiting", "parked"] {
        assert_eq!(value(&lab, &format!("mortar_operations{{state=\"{state}\"}}")), Some(0.0));
    }
    assert_eq!(value(&lab, "mortar_failures_total{kind=\"refused\"}"), None);
    assert_eq!(lab.post("/volumes", &replica_3(100_000)).status, 500);
    assert_eq!(value(&lab, "mortar_failures_total{kind=\"refused\"}"), Some(1.0));
}
