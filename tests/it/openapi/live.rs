//! The document against a server that runs: its routes, its refusals, its answers, and the page that shows it.

use serde_json::{Value, json};

use super::schema::Schemas;
use super::{Operation, contents, document};
use crate::conformance::http;
use crate::support::Lab;
use crate::support::operator::replica_3;

const NOBODY: &str = "00000000000000000000000000000000";

#[test]
fn the_server_has_the_routes_of_the_document_and_no_others() {
    let lab = Lab::started();
    let document = document();
    assert_eq!(lab.get("/openapi.json").json(), document, "it is served as it is published");
    let all = Operation::all(&document);
    for path in document["paths"].as_object().unwrap().keys() {
        let asked = path.replace("{id}", NOBODY);
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let known = all.iter().any(|one| one.path == *path && one.method == method);
            let reply = lab.send(method, &asked, &[], None);
            let refused = reply.status == 405 || reply.text == "Invalid path or request\n";
            assert_eq!(refused, !known, "{method} {path}: {reply:?}");
        }
    }
    assert_eq!(lab.get("/no/such").text, "Invalid path or request\n");
}

/// What the server says is among what the document says.
#[test]
fn refusals_are_those_of_the_document() {
    let mut lab = Lab::new();
    lab.keys("a", "u");
    lab.start();
    let document = document();
    let mut asked = 0;
    for operation in Operation::all(&document) {
        if operation.body.contains_key("security") {
            continue;
        }
        let path = operation.path.replace("{id}", NOBODY);
        let mut check = |who: (&str, &str), body: Option<&Value>| {
            let reply = match who.0 {
                "" => lab.send(&operation.method, &path, &[], None),
                _ => lab.signed(who.0, who.1, &operation.method, &path, body),
            };
            asked += 1;
            let response = &operation.responses().get(&reply.status.to_string());
            let response = response.unwrap_or_else(|| panic!("{} answers {reply:?}", operation.name()));
            if reply.status < 400 {
                return;
            }
            let texts = response["content"]["text/plain"]["examples"].as_object().unwrap();
            let known = texts.values().any(|example| example["value"] == reply.text);
            assert!(known, "{}: {reply:?} is none of {texts:?}", operation.name());
        };
        check(("", ""), None);
        check(("admin", "wrong"), None);
        let is_users =
            ["/volumes", "/volumes/{id}", "/volumes/summary", "/queue/{id}", "/jobs", "/jobs/{id}"];
        if !is_users.contains(&operation.path.as_str()) {
            check(("user", "u"), None);
        }
        check(("admin", "a"), None);
        if operation.body.contains_key("requestBody") {
            check(("admin", "a"), Some(&json!({})));
            check(("admin", "a"), Some(&json!([])));
        }
    }
    assert!(asked > 100, "{asked}");
}

#[test]
fn answers_are_what_the_schemas_say() {
    let lab = Lab::with_three_peers();
    let volume = lab.create(&replica_3(2)).unwrap();
    let job = lab.post(&format!("/volumes/{}/expand", volume.id), &json!({"expand_size": 1})).job;
    let cluster = lab.client().cluster_info(&volume.cluster).unwrap();
    let document = document();
    let schemas = Schemas::of(&document);
    for operation in Operation::all(&document) {
        let id = match operation.path.split('/').nth(1) {
            Some("clusters") => &cluster.id,
            Some("nodes") => &cluster.nodes[0],
            Some("devices") => &volume.bricks[0].device,
            Some("volumes") => &volume.id,
            Some("jobs") => &job,
            _ => NOBODY,
        };
        let ok = operation.responses().get("200");
        let media = ok.and_then(|ok| contents(ok).find(|(kind, _)| *kind == "application/json"));
        let (Some((_, media)), "GET") = (media, operation.method.as_str()) else { continue };
        let reply = lab.get(&operation.path.replace("{id}", id));
        if reply.status == 404 && id == NOBODY {
            continue;
        }
        assert_eq!(reply.status, 200, "{}: {reply:?}", operation.name());
        if let Err(wrong) = schemas.fits(&media["schema"], &reply.json()) {
            panic!("{}: {wrong}\n{}", operation.name(), reply.text);
        }
    }
}

#[test]
fn the_page_that_shows_the_document_needs_nobody_but_this_server() {
    let mut lab = Lab::new();
    lab.keys("a", "u");
    lab.start();
    let get = |path: &str, headers: &[(&str, &str)]| {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers: Vec<_> = headers.iter().map(owned).collect();
        http::send(lab.port(), "GET", path, &headers, None).unwrap()
    };
    let page = get("/docs", &[]);
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
    assert!(!policy.contains("http"), "{policy}");
    let text = String::from_utf8(page.body).unwrap();
    let named: Vec<&str> = ["src=\"", "href=\""]
        .into_iter()
        .flat_map(|attribute| text.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(named.len(), 5, "{named:?}");
    for name in named {
        assert!(!name.starts_with('/') && !name.contains(':'), "{name} leads elsewhere");
        let file = get(&format!("/{name}"), &[("Accept-Encoding", "gzip, br")]);
        assert_eq!(file.status, 200, "{name}");
        assert!(!file.body.is_empty() && file.header("cache-control").is_some(), "{name}");
        let etag = file.header("etag").unwrap_or_default().to_owned();
        if name.starts_with("docs/") {
            assert_eq!(get(&format!("/{name}"), &[("If-None-Match", &etag)]).status, 304, "{name}");
        }
    }
    let script = get("/docs/swagger-ui-bundle.js", &[]);
    assert_eq!(script.header("content-encoding"), Some("gzip"));
    assert!(script.body.len() < 600_000, "{}", script.body.len());
    assert_eq!(get("/docs/swagger-ui-bundle.js", &[("Accept-Encoding", "identity")]).status, 406);
    let started = String::from_utf8(get("/docs/page.js", &[]).body).unwrap();
    assert!(started.contains("url: \"openapi.json\""), "{started}");
    assert_eq!((get("/docs/", &[]).status, get("/docs/", &[]).header("location")), (301, Some("../docs")));
    assert_eq!(get("/docs/nothing.js", &[]).status, 404);
    assert_eq!(get("/docsx", &[]).status, 401, "all else needs a token");
    assert_eq!(lab.send("POST", "/docs", &[], None).status, 401);
}
