//! The OpenAPI document: what generators need of it, and whether it is true.

mod document;
mod live;
mod schema;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use self::document::published;
pub use self::document::{Operation, document};
use self::schema::Schemas;

/// The media types of a request or a response.
fn contents(body: &Value) -> impl Iterator<Item = (&String, &Value)> {
    body["content"].as_object().into_iter().flatten()
}

#[test]
fn the_committed_document_is_what_the_routes_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == published(), "openapi/openapi.json is out of date: run `make openapi`");
    assert_eq!(document()["openapi"], "3.0.3");
}

#[test]
fn every_operation_has_a_name_one_tag_and_words() {
    let document = document();
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();
    assert!(document["tags"].as_array().unwrap().iter().all(|tag| is_said(&tag["description"])));
    let mut names = BTreeSet::new();
    for operation in Operation::all(&document) {
        let (name, body) = (operation.name(), &operation.body);
        assert!(!name.is_empty() && names.insert(name.to_owned()), "{name} at {}", operation.path);
        assert!(is_said(&body["summary"]) && is_said(&body["description"]), "{name}: no words");
        assert!(body["summary"].as_str().unwrap().len() < 120, "{name}: {}", body["summary"]);
        let own = body["tags"].as_array().unwrap();
        assert!(own.len() == 1 && tags.contains(own[0].as_str().unwrap()), "{name}: {own:?}");
        for parameter in body.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            assert!(is_said(&parameter["description"]), "{name}: {parameter}");
            assert!(parameter["schema"]["type"].is_string(), "{name}: {parameter}");
            assert!(parameter["schema"].get("nullable").is_none(), "{name}: {parameter}");
        }
    }
    assert!(names.len() > 35, "{names:?}");
}

fn is_said(text: &Value) -> bool {
    text.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn every_answer_is_described_with_a_schema_and_an_example() {
    for operation in Operation::all(&document()) {
        let name = operation.name();
        for (status, response) in operation.responses() {
            assert!(status.parse::<u16>().is_ok(), "{name}: {status} is no status");
            assert!(is_said(&response["description"]), "{name}: {status}");
            for (_, header) in response["headers"].as_object().into_iter().flatten() {
                assert!(is_said(&header["description"]) && header["schema"].is_object(), "{name}: {header}");
            }
        }
        let bodies = operation.responses().values().chain(operation.body.get("requestBody"));
        for (kind, media) in bodies.flat_map(contents) {
            assert!(media["schema"].is_object(), "{name}: {kind} without a schema");
            let shown = media.get("example").is_some() || media.get("examples").is_some();
            assert!(shown || kind == "application/octet-stream", "{name}: {kind} without an example");
        }
        if operation.responses().contains_key("202") {
            let headers = &operation.responses()["202"]["headers"];
            assert_eq!(headers["Location"]["required"], true, "{name}");
            assert_eq!(headers["X-Mortar-Job"]["required"], true, "{name}");
        }
        let refusals = if operation.is_open() { &[][..] } else { &["400", "401", "500"][..] };
        assert!(refusals.iter().all(|status| operation.responses().contains_key(*status)), "{name}");
    }
}

/// progenitor's rule, which suits every client: what an operation brings has one type, and so has what it refuses with.
#[test]
fn every_operation_has_one_type_of_success_and_one_of_error() {
    for operation in Operation::all(&document()) {
        let types = |is_error: bool| -> BTreeSet<String> {
            let responses = operation.responses().iter();
            let wanted = responses.filter(|(status, _)| (status.as_str() >= "400") == is_error);
            wanted
                .filter(|(status, _)| !status.starts_with('3'))
                .map(|(_, response)| {
                    let kinds: Vec<_> = contents(response).collect();
                    assert!(kinds.len() < 2, "{}: two media types", operation.name());
                    kinds
                        .first()
                        .map_or("nothing".to_owned(), |(kind, media)| format!("{kind} {}", media["schema"]))
                })
                .collect()
        };
        assert_eq!(types(false).len(), 1, "{}: {:?}", operation.name(), types(false));
        assert!(types(true).len() <= 1, "{}: {:?}", operation.name(), types(true));
        let refusals = types(true);
        assert!(refusals.iter().all(|kind| kind.starts_with("text/plain ")), "{refusals:?}");
    }
}

#[test]
fn tokens_are_described() {
    let document = document();
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    for name in ["request", "token"] {
        assert_eq!((&schemes[name]["type"], &schemes[name]["scheme"]), (&"http".into(), &"bearer".into()));
        assert!(is_said(&schemes[name]["description"]));
        let listed = document["security"].as_array().unwrap().iter().any(|one| one.get(name).is_some());
        assert!(listed, "{name}");
    }
    let open: Vec<String> = Operation::all(&document)
        .iter()
        .filter(|operation| operation.is_open())
        .map(|operation| operation.path.clone())
        .collect();
    assert_eq!(open, ["/hello", "/metrics", "/openapi.json"]);
}

#[test]
fn schemas_are_whole() {
    let document = document();
    let schemas = Schemas::of(&document);
    schemas.check_all();
    for operation in Operation::all(&document) {
        let bodies = operation.responses().values().chain(operation.body.get("requestBody"));
        for (kind, media) in bodies.flat_map(contents) {
            let Some(example) = media.get("example") else { continue };
            if let Err(wrong) = schemas.fits(&media["schema"], example) {
                panic!("{}: the example of {kind} does not fit: {wrong}", operation.name());
            }
        }
    }
}
