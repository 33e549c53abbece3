//! Clients that others generate from the document: the pages in `docs/clients`, run as they are written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::conformance::http;
use crate::support::{Audit, Lab};

const SOON: Duration = Duration::from_secs(30);

/// A page about a language, and the folder where its client is made. The folder stays, so that the next run need not
/// fetch everything again.
struct Page {
    text: String,
    folder: PathBuf,
}

impl Page {
    fn read(language: &str) -> Page {
        let text = fs::read_to_string(root().join(format!("docs/clients/{language}.md"))).unwrap();
        let folder = folder(language);
        fs::create_dir_all(folder.join("src")).unwrap();
        Page { text, folder }
    }

    /// The only block of code in a language.
    fn block(&self, language: &str) -> &str {
        let begin = format!("```{language}\n");
        let mut blocks = self.text.split(&begin).skip(1);
        let block = blocks.next().unwrap_or_else(|| panic!("the page has no {language}"));
        assert!(blocks.next().is_none(), "which {language} is it?");
        block.split("```").next().unwrap()
    }

    /// Puts a block into the file that the page names.
    fn put(&self, language: &str, file: &str) {
        assert!(
            self.text.contains(&format!("`{file}`:\n\n```{language}\n")),
            "the page does not name {file}"
        );
        fs::write(self.folder.join(file), self.block(language)).unwrap();
    }

    /// Does what the page says, against a server; what the program has said.
    fn follow(&self, lab: &Lab, token: &str) -> String {
        fs::write(self.folder.join("openapi.json"), published(lab, token)).unwrap();
        let mut shell = shell(self.block("sh"), &self.folder);
        shell.env("MORTAR_SERVER", lab.url()).env("MORTAR_TOKEN", token);
        shell.env("MORTAR_CA", lab.authority_file());
        succeeds(&mut shell)
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients").join(name)
}

/// A script in a folder. What it installs is of the same versions every time, also what it does not name.
fn shell(script: &str, folder: &Path) -> Command {
    // A registry that does not answer is no reason to wait for ever; a whole build takes minutes.
    let mut shell = Command::new("timeout");
    shell.args(["1200", "sh", "-eu", "-c", script]).current_dir(folder);
    shell.env("PIP_CONSTRAINT", root().join("tests/clients/python-constraints.txt"));
    shell.env("CARGO_TARGET_DIR", folder.join("target"));
    shell
}

/// Runs a script that must succeed; what it said.
fn succeeds(shell: &mut Command) -> String {
    let output = shell.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, complaints) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{complaints}", output.status);
    said
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The document, as a program gets it from the server.
fn published(lab: &Lab, token: &str) -> Vec<u8> {
    let headers = [("Authorization".to_owned(), format!("Bearer {token}"))];
    let answer =
        http::send_over(lab.connect_securely(), lab.port(), "GET", "/openapi.json", &headers, None).unwrap();
    assert_eq!(answer.status, 200);
    answer.body
}

/// Has the server take tokens for all requests; one of them.
fn take_tokens(lab: &mut Lab) -> String {
    lab.keys("a", "u");
    lab.top_setting("jwt", json!({"admin": {"key": "a"}, "user": {"key": "u"}, "scoped_tokens": "tls"}));
    lab.restart();
    let (code, token, said) = lab.mortar(&["--user=admin", "--secret=a", "token", "--lifetime=1h"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    token.trim_end().to_owned()
}

/// Makes it one again that everybody may ask.
fn open_to_all(lab: &mut Lab) {
    lab.speak_plainly();
    lab.no_keys();
    lab.restart();
}

/// Follows a page, and checks that everything has really happened.
fn live_with(page: &Page) {
    let mut lab = Lab::with_three_peers();
    lab.speak_tls();
    let token = take_tokens(&mut lab);
    let said = page.follow(&lab, &token);
    for expected in
        ["pictures has 2 GiB in 3 bricks; mount it from 10.10.10.1", "pictures has 5 GiB\n", "Id not found\n"]
    {
        assert!(said.contains(expected), "{expected:?} is not in\n{said}");
    }
    assert!(!lab.log().contains(&token), "tokens are never logged");
    open_to_all(&mut lab);
    assert!(lab.volumes().is_empty());
    let jobs = lab.get("/jobs").json();
    for kind in ["volume-create", "volume-expand", "volume-delete"] {
        let is_done = |job: &Value| job["kind"] == kind && job["state"] == "done";
        assert!(jobs["jobs"].as_array().unwrap().iter().any(is_done), "no {kind} in {jobs}");
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_python_client_lives_with_the_server() {
    let page = Page::read("python");
    page.put("python", "example.py");
    live_with(&page);
}

#[test]
#[ignore = "part of `make test-all`: needs Node"]
fn a_typescript_client_lives_with_the_server() {
    let page = Page::read("typescript");
    page.put("ts", "example.mts");
    for file in ["package.json", "package-lock.json"] {
        fs::copy(root().join("tests/clients/typescript").join(file), page.folder.join(file)).unwrap();
    }
    live_with(&page);
}

#[test]
#[ignore = "part of `make test-all`: compiles for minutes"]
fn a_rust_client_lives_with_the_server() {
    let page = Page::read("rust");
    page.put("toml", "Cargo.toml");
    page.put("rust", "src/main.rs");
    fs::copy(root().join("tests/clients/rust.lock"), page.folder.join("Cargo.lock")).unwrap();
    live_with(&page);
}

/// It asks for everything with bodies that fit the document and bodies that do not, about objects that are there and
/// others. Left out of it:
/// - `POST /admin`, behind which nothing else would be answered any more;
/// - its own check for 500, which is heketi's answer to what cannot be done: `schemathesis_hooks.py` has another one;
/// - that what the document forbids is refused: `null` stands for anything, as in heketi;
/// - that what it allows is taken: names and sizes have rules of their own, which the refusal says;
/// - `Allow` beside 405, which heketi has not.
const SCHEMATHESIS: &str = r#"
python3 -m venv venv
venv/bin/pip install --quiet schemathesis
venv/bin/schemathesis run openapi.json --url "$ST_SERVER" --header "Authorization: Bearer $ST_TOKEN" \
    --exclude-operation-id admin_set_state --max-examples 40 --seed 20261128 --no-color --checks all \
    --exclude-checks not_a_server_error,negative_data_rejection,positive_data_acceptance,unsupported_method
"#;

#[test]
#[ignore = "part of `make test-all`: a thousand requests"]
fn schemathesis_finds_no_answer_that_the_document_does_not_have() {
    let mut lab = Lab::with_three_peers();
    let token = take_tokens(&mut lab);
    let folder = folder("schemathesis");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(root().join("openapi/openapi.json"), folder.join("openapi.json")).unwrap();
    let mut shell = shell(SCHEMATHESIS, &folder);
    shell.env("ST_SERVER", lab.url()).env("ST_TOKEN", &token);
    shell.env("PYTHONPATH", root().join("tests/clients")).env("SCHEMATHESIS_HOOKS", "schemathesis_hooks");
    println!("{}", succeeds(&mut shell));
    assert!(!lab.log().contains("panicked"));
    open_to_all(&mut lab);
    Audit::new().clean_within(&lab, SOON);
}
