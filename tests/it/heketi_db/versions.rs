//! Databases of other versions than 10.4, and what such have that heketi 10.4 has not. What is in them:
//! `tests/golang/heketi.go`.

use mortar::heketi_db::{Class, check, json, read, upgrade};

use super::fixtures::made;

#[test]
fn a_database_of_version_4_is_read_and_fits_once_it_is_upgraded() {
    let reading = read(&made("version-4")).unwrap();
    assert_eq!(reading.findings, []);
    let mut database = reading.database;
    let (brick, volume) = (&database.bricks[&"b".repeat(32)], &database.volumes[&"e".repeat(32)]);
    assert_eq!((brick.info.size, brick.info.volume.as_str(), brick.sub_type), (100, "", 0));
    assert_eq!(brick.logical_volume(), format!("brick_{}", "b".repeat(32)));
    // A number that does not belong to the type stays.
    assert_eq!((volume.info.durability.kind.as_str(), volume.info.durability.replicate.replica), ("none", 3));
    assert!((volume.info.snapshot.factor - 1.33).abs() < f32::EPSILON);
    assert_eq!(database.node_names.len(), 2);
    assert_eq!(database.device_names.len(), 1);
    assert!(!database.clusters[&"c".repeat(32)].info.file);

    let (brick, volume) = ("b".repeat(32), "e".repeat(32));
    let found: Vec<String> = check(&database).iter().map(ToString::to_string).collect();
    let expected = [
        format!("volume {volume} lists brick {brick}, which names no volume"),
        format!("brick {brick} names no volume"),
    ];
    assert_eq!(found, expected);
    upgrade(&mut database);
    assert_eq!(check(&database), []);
    assert!(database.clusters[&"c".repeat(32)].info.file);
}

#[test]
fn the_export_of_an_old_database_has_all_sections_and_go_s_numbers() {
    let reading = read(&made("version-4")).unwrap();
    let text = String::from_utf8(json::write(&reading.database)).unwrap();
    for empty in ["blockvolumeentries", "dbattributeentries", "pendingoperations"] {
        assert!(text.contains(&format!("    \"{empty}\": {{}}")), "{empty}");
    }
    // Stored as the float of double precision that is nearest to 1.33 of single precision.
    assert!(text.contains("\"factor\": 1.33\n"));
    assert!(text.contains("\"hosts\": null"));
    assert!(text.contains("\"options\": null"));
}

#[test]
fn what_does_not_fit_is_listed_and_the_rest_is_read() {
    let reading = read(&made("odd")).unwrap();
    let found: Vec<String> = reading
        .findings
        .iter()
        .map(|finding| format!("{:?} {finding}", finding.class).replace(&"0".repeat(32), "O"))
        .map(|text| ["b", "c", "d"].iter().fold(text, |text, id| text.replace(&id.repeat(32), id)))
        .collect();
    let expected = [
        "Misfit brick b has bytes in Info.Path that are no text; they were replaced",
        "Misfit brick b has a text as TpSize where a whole number that is not negative belongs; it was read as if there were none",
        "Damage brick c has the value of a cluster in its place; it was left out",
        "Damage brick d cannot be read (at byte 1 of the gob value: 116 bytes are said to follow as a message, and there are 3); it was left out",
        "Misfit pending operation O has a number as PendingOperation.Actions[2].Delta where a whole number belongs; it was read as if there were none",
        "Unknown pending operation O has a field Tries, a number, which is not known here and was left out",
        "Unknown bucket SNAPSHOT is not known here; its 1 values were left out",
        "Unknown bucket VOLUME/inside is not known here and was left out",
        "Damage bucket DEVICE is missing, which this version of heketi has made",
        "Damage bucket BLOCKVOLUME is missing, which this version of heketi has made",
    ];
    assert_eq!(found, expected);
    let operation = &reading.database.operations[&"0".repeat(32)];
    let deltas: Vec<Option<i64>> = operation.actions.iter().map(|action| action.delta).collect();
    assert_eq!(deltas, [Some(7), Some(8), None, None]);
    assert_eq!(reading.database.bricks.len(), 1);
    assert!(reading.is_damaged());
}

#[test]
fn what_contradicts_itself_is_said_in_sentences() {
    let database = read(&made("odd")).unwrap().database;
    let found: Vec<String> = check(&database)
        .iter()
        .filter(|f| f.class == Class::Contradiction)
        .map(ToString::to_string)
        .collect();
    for text in [
        format!(
            "brick {} is held by pending operation {}, which does not exist",
            "b".repeat(32),
            "8".repeat(32)
        ),
        format!("brick {} names no device", "b".repeat(32)),
        format!("brick {} is of kind 7, and 0, 1 and 2 are those that are known", "b".repeat(32)),
        format!(
            "pending operation {} has the change `Expand volume` of volume `{}`, which does not exist",
            "0".repeat(32),
            "e".repeat(32)
        ),
        "attribute DB_NEWER is not known to heketi 10.4, which would refuse the database as a newer one"
            .to_owned(),
    ] {
        assert!(found.contains(&text), "{text}\n{found:#?}");
    }
}
