//! Runs progenitor's generator over the published document, and says how much came of it.

use anyhow::{Context as _, Result, ensure};
use progenitor_impl::Generator;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/openapi.json");

fn main() -> Result<()> {
    let text = std::fs::read_to_string(DOCUMENT).context("openapi/openapi.json cannot be read")?;
    let document: openapiv3::OpenAPI = serde_json::from_str(&text).context("it is no OpenAPI 3.0")?;
    let operations = document.operations().count();
    let code = Generator::default().generate_tokens(&document).context("progenitor does not take it")?;
    let code = code.to_string();
    let made = document.operations().filter_map(|(.., operation)| operation.operation_id.as_deref());
    let missing: Vec<&str> = made.filter(|name| !code.contains(&format!("fn {name}"))).collect();
    ensure!(missing.is_empty(), "nothing came of {missing:?}");
    println!("progenitor takes all {operations} operations: {} KiB of code", code.len() / 1024);
    Ok(())
}
