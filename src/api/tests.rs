//! The wire types against the texts of heketi.

use super::*;
use crate::json::{decode, encode_compact};
use crate::model::node::TagChange;

fn message<T: serde::de::DeserializeOwned + Validate>(body: &str) -> String {
    let request: T = decode(body.as_bytes()).unwrap();
    request.validate().err().map_or("valid".to_owned(), |invalid| invalid.to_string())
}

#[test]
fn nodes_are_validated_in_heketis_words() {
    let check = |body: &str, expected: &str| assert_eq!(message::<NodeAddRequest>(body), expected, "{body}");
    let with = |manage: &str| {
        format!(
            r#"{{"zone":1,"cluster":"{}","hostnames":{{"manage":{manage},"storage":["10.0.0.1"]}}}}"#,
            "0123456789ABCDEF0123456789abcdef"
        )
    };
    check(
        "{}",
        "validation failed: cluster: cannot be blank; hostnames: (manage: cannot be blank; storage: cannot be blank.); zone: cannot be blank.",
    );
    for name in
        ["n1", "n1.example.com", "n1.example.com.", "_a-b_", "10.0.0.1", "::1", "fe80::1", "999.1.1.1"]
    {
        check(&with(&format!("[{name:?}]")), "valid");
    }
    let long = "a".repeat(64);
    for name in ["", "-o", "a b", "a..b", ".", "a.-b", "a/b", "é", "a:1", long.as_str()] {
        let expected =
            format!("validation failed: hostnames: (manage: [{name}] is not a valid manage hostname.).");
        check(&with(&format!("[{name:?}]")), &expected);
    }
    check(
        &with(r#"["a","b c"]"#),
        "validation failed: hostnames: (manage: [a b c] is not a valid manage hostname.).",
    );
    check(
        r#"{"zone":-1,"cluster":"bad","hostnames":{"manage":["a"],"storage":["a"]}}"#,
        "validation failed: cluster: bad is not a valid UUID; zone: must be no less than 1.",
    );
}

#[test]
fn devices_are_validated_in_heketis_words() {
    let check = |name: &str, expected: &str| {
        let body = format!(r#"{{"name":{name:?},"node":"0123456789abcdef0123456789abcdef"}}"#);
        assert_eq!(message::<DeviceAddRequest>(&body), expected, "{name}");
    };
    check("/dev/sdb", "valid");
    check("/dev/disk/by-id/scsi-1:0_a.b", "valid");
    check("", "validation failed: name: cannot be blank.");
    for name in ["sdb", "/", "/dev/s db", "/dev/sdb;", "/dev/sdb\n"] {
        check(name, "validation failed: name: must be in a valid format.");
    }
}

#[test]
fn states_and_tags_are_validated_in_heketis_words() {
    let state = |body: &str, expected: &str| assert_eq!(message::<StateRequest>(body), expected, "{body}");
    state(r#"{"state":"online"}"#, "valid");
    state("{}", "validation failed: state: cannot be blank.");
    state(r#"{"state":"ONLINE"}"#, "validation failed: state: ONLINE is not valid state.");
    state(
        r#"{"state":"x","healcheck":"maybe"}"#,
        "validation failed: healcheck: maybe is not valid heal info check.",
    );
    let tags = |body: &str, expected: &str| assert_eq!(message::<TagsRequest>(body), expected, "{body}");
    let many = (0..33).map(|n| format!(r#""t{n}":"""#)).collect::<Vec<_>>().join(",");
    tags(r#"{"tags":{"a":""},"change_type":"set"}"#, "valid");
    tags("{}", "validation failed: change_type: cannot be blank.");
    tags(
        &format!(r#"{{"tags":{{{many}}},"change_type":"add"}}"#),
        "validation failed: change_type: must be a valid value; tags: too many tags specified (33), up to 32 supported.",
    );
    tags(r#"{"change_type":"set","tags":{"":""}}"#, "validation failed: tags: tag names may not be empty.");
    tags(
        r#"{"change_type":"set","tags":{"a b":""}}"#,
        "validation failed: tags: invalid characters in tag name a b.",
    );
    let long = format!(r#"{{"change_type":"set","tags":{{"k":"{}"}}}}"#, "é".repeat(65));
    tags(&long, "validation failed: tags: value of tag k: the length must be no more than 64.");
    let name = "k".repeat(33);
    tags(
        &format!(r#"{{"change_type":"set","tags":{{"{name}":""}}}}"#),
        &format!("validation failed: tags: tag name {name}: the length must be between 1 and 32."),
    );
}

#[test]
fn volume_requests_are_validated_in_heketis_words() {
    let create = |body: &str, expected: &str| {
        assert_eq!(message::<VolumeCreateRequest>(body), expected, "{body}");
    };
    create(r#"{"size":1,"name":"a_B-9"}"#, "valid");
    create(r#"{"size":-1}"#, "validation failed: size: must be no less than 1.");
    create(r#"{"name":"a b"}"#, "validation failed: name: must be in a valid format; size: cannot be blank.");
    assert_eq!(message::<VolumeExpandRequest>("{}"), "validation failed: expand_size: cannot be blank.");
    assert_eq!(
        message::<BlockRestrictionRequest>(r#"{"restriction":"locked-by-update"}"#),
        "validation failed: restriction: must be a valid value."
    );
    assert_eq!(message::<VolumeCloneRequest>("null"), "valid");
}

#[test]
fn tags_are_set_added_and_taken_away() {
    let check = |change: &str, tags: &str, expected: &str| {
        let body = format!(r#"{{"change_type":"{change}","tags":{tags}}}"#);
        let request: TagsRequest = decode(body.as_bytes()).unwrap();
        let current = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())].into();
        let after = TagChange::try_from(request).unwrap().apply(current);
        assert_eq!(String::from_utf8(encode_compact(&after)).unwrap(), expected);
    };
    check("set", r#"{"c":"3"}"#, r#"{"c":"3"}"#);
    check("set", "null", "{}");
    check("update", r#"{"c":"3","a":"4"}"#, r#"{"a":"4","b":"2","c":"3"}"#);
    check("delete", r#"{"a":"9","x":""}"#, r#"{"b":"2"}"#);
}

#[test]
fn answers_are_written_in_heketis_order_and_read_back() {
    fn check<T: serde::Serialize + serde::de::DeserializeOwned>(text: &str) {
        let value: T = decode(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(encode_compact(&value)).unwrap(), text);
    }
    check::<ClusterInfo>(
        r#"{"id":"c","nodes":[],"volumes":["v"],"block":true,"file":true,"blockvolumes":[]}"#,
    );
    check::<ClusterInfo>(
        r#"{"id":"c","nodes":null,"volumes":null,"block":false,"file":false,"blockvolumes":null}"#,
    );
    check::<NodeInfo>(concat!(
        r#"{"zone":1,"hostnames":{"manage":["m"],"storage":["s"]},"cluster":"c","tags":{"rack":"r7"},"#,
        r#""id":"n","state":"online","devices":[{"name":"/dev/sdb","storage":{"total":3,"free":2,"used":1},"#,
        r#""id":"d","paths":["/dev/sdb"],"pv_uuid":"u","state":"online","bricks":[{"id":"b","path":"/p","#,
        r#""device":"d","node":"n","volume":"v","size":1}]}]}"#
    ));
    check::<VolumeInfo>(concat!(
        r#"{"size":100,"name":"projects","durability":{"type":"replicate","replicate":{"replica":3},"#,
        r#""disperse":{}},"gid":2005,"glustervolumeoptions":["","performance.readdir-ahead on",""],"#,
        r#""snapshot":{"enable":true,"factor":1.1},"id":"v","cluster":"c","mount":{"glusterfs":{"hosts":"#,
        r#"["a","b"],"device":"a:projects","options":{"backup-volfile-servers":"b"}}},"blockinfo":{},"bricks":[]}"#
    ));
    check::<VolumeCreateRequest>(concat!(
        r#"{"size":1,"name":"","durability":{"type":"replicate","replicate":{"replica":3},"#,
        r#""disperse":{"data":4,"redundancy":2}},"snapshot":{"enable":false,"factor":0}}"#
    ));
    check::<DeviceAddRequest>(r#"{"name":"/dev/x","node":"n"}"#);
    check::<DeviceAddRequest>(r#"{"name":"/dev/x","tags":{"a":"b"},"node":"n","destroydata":true}"#);
    check::<StateRequest>(r#"{"state":"failed","healcheck":""}"#);
}

#[test]
fn volumes_of_the_model_are_shown_as_heketi_shows_them() {
    use crate::model::brick::{Brick, BrickRole, BrickSpace};
    use crate::model::sizes::{GiB, KiB};
    use crate::model::volume::{Snapshot, Volume};

    let hex = |digit: &str| digit.repeat(32);
    let volume = Volume {
        id: hex("a").parse().unwrap(),
        cluster: hex("c").parse().unwrap(),
        name: "v".into(),
        size: GiB::new(3).unwrap(),
        requested: Default::default(),
        durability: crate::model::durability::Durability::Distribute,
        gid: 0,
        options: vec![String::new(), String::new()],
        hosting: None,
        snapshot: Snapshot::default(),
        asked_clusters: Vec::new(),
        phase: Default::default(),
    };
    let space = BrickSpace { size: KiB::of(3), thin_pool: KiB::of(4), metadata: KiB::of(1) };
    let brick = |id: &str, volume: &str| Brick {
        id: hex(id).parse().unwrap(),
        volume: hex(volume).parse().unwrap(),
        device: hex("d").parse().unwrap(),
        node: hex("e").parse().unwrap(),
        set: 0,
        position: 0,
        role: BrickRole::Data,
        space,
        logical_volume: None,
        thin_pool: String::new(),
        path: "/p".into(),
        phase: Default::default(),
        replaces: None,
    };
    let bricks = [brick("2", "a"), brick("3", "b"), brick("1", "a")];
    let hosts = vec!["h1".to_owned(), "h2".to_owned(), "h3".to_owned()];
    let shown = String::from_utf8(encode_compact(&VolumeInfo::new(&volume, &bricks, hosts, &[]))).unwrap();
    for digit in ["1", "2", "a", "c", "d", "e"] {
        assert!(shown.contains(&hex(digit)), "{shown}");
    }
    let shown =
        ["1", "2", "a", "c", "d", "e"].iter().fold(shown, |text, digit| text.replace(&hex(digit), digit));
    assert_eq!(
        shown,
        concat!(
            r#"{"size":3,"name":"v","durability":{"type":"none","replicate":{},"disperse":{}},"#,
            r#""glustervolumeoptions":["",""],"snapshot":{"enable":false,"factor":1},"id":"a","cluster":"c","#,
            r#""mount":{"glusterfs":{"hosts":["h1","h2","h3"],"device":"h1:v","#,
            r#""options":{"backup-volfile-servers":"h2,h3"}}},"blockinfo":{},"#,
            r#""bricks":[{"id":"1","path":"/p","device":"d","node":"e","volume":"a","size":3},"#,
            r#"{"id":"2","path":"/p","device":"d","node":"e","volume":"a","size":3}]}"#
        )
    );
}

#[test]
fn the_schemas_say_which_fields_are_always_there() {
    #[derive(utoipa::OpenApi)]
    #[openapi(components(schemas(VolumeInfo, NodeInfo, VolumeCreateRequest, NodeAddRequest)))]
    struct Document;

    let text = serde_json::to_value(<Document as utoipa::OpenApi>::openapi()).unwrap();
    let required = |schema: &str| {
        let names = text["components"]["schemas"][schema]["required"].as_array().cloned().unwrap_or_default();
        names.iter().filter_map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(required("VolumeInfo"), "size name durability snapshot id cluster mount blockinfo bricks");
    assert_eq!(required("DeviceInfo"), "name storage id state bricks");
    assert_eq!(required("VolumeCreateRequest"), "size");
    assert_eq!(required("NodeAddRequest"), "zone hostnames cluster");
    assert_eq!(required("VolumeDurability"), "");
}
