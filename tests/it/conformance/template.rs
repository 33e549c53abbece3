//! Texts with placeholders: `@{volume1}` is one particular id, `@{int}` any number, and so on.

use std::sync::LazyLock;

use regex::Regex;

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"@\{(\*|[a-z]+[0-9]*)\}").unwrap());

/// What fits a placeholder that stands for no particular id.
fn wildcard(name: &str) -> Option<&'static str> {
    match name {
        "*" => Some("[0-9a-f]{32}"),
        "int" => Some("-?[0-9]+"),
        "hex" => Some("[0-9a-f]+"),
        "duration" => Some("(?:[0-9]+h)?(?:[0-9]+m)?[0-9.]+m?s"),
        "string" => Some(r"[^\n]*"),
        "text" => Some("(?s:.*)"),
        _ => None,
    }
}

/// Whether a text has placeholders.
pub fn is_template(text: &str) -> bool {
    text.contains("@{")
}

/// A template made ready for matching.
pub struct Template {
    names: Vec<String>,
    pattern: Regex,
}

impl Template {
    pub fn new(text: &str) -> Template {
        let mut names = Vec::new();
        let mut pattern = r"\A".to_owned();
        let mut end = 0;
        for found in PLACEHOLDER.captures_iter(text) {
            let (whole, name) = (found.get(0).unwrap(), &found[1]);
            pattern.push_str(&regex::escape(&text[end..whole.start()]));
            match wildcard(name) {
                Some(any) => pattern.push_str(any),
                None => {
                    names.push(name.to_owned());
                    pattern.push_str("([0-9a-f]{32})");
                }
            }
            end = whole.end();
        }
        pattern.push_str(&regex::escape(&text[end..]));
        pattern.push_str(r"\z");
        Template { names, pattern: Regex::new(&pattern).unwrap() }
    }

    /// The ids that the names have to stand for, if the text fits at all.
    pub fn ids(&self, text: &str) -> Option<Vec<(String, String)>> {
        let found = self.pattern.captures(text)?;
        let names = self.names.iter().enumerate();
        Some(names.map(|(number, name)| (name.clone(), found[number + 1].to_owned())).collect())
    }
}

/// Puts ids in the place of names; the first name without an id is the error.
pub fn fill(text: &str, id_of: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut filled = String::new();
    let mut end = 0;
    for found in PLACEHOLDER.captures_iter(text) {
        let whole = found.get(0).unwrap();
        filled.push_str(&text[end..whole.start()]);
        filled.push_str(&id_of(&found[1]).ok_or_else(|| found[1].to_owned())?);
        end = whole.end();
    }
    filled.push_str(&text[end..]);
    Ok(filled)
}

#[test]
fn placeholders_match_what_they_stand_for() {
    let id = "0123456789abcdef0123456789abcdef";
    let check = |template: &str, text: &str, expected: Option<&[(&str, &str)]>| {
        let expected = expected
            .map(|pairs| pairs.iter().map(|(n, i)| ((*n).to_owned(), (*i).to_owned())).collect::<Vec<_>>());
        assert_eq!(Template::new(template).ids(text), expected, "{template}: {text}");
    };
    check("vg_@{device1}/x", &format!("vg_{id}/x"), Some(&[("device1", id)]));
    check("vg_@{device1}", "vg_12", None);
    check("a.b", "axb", None);
    check("@{*}", id, Some(&[]));
    check("@{int} GiB", "-12 GiB", Some(&[]));
    check("@{string}", "a\nb", None);
    check("x@{text}", "xa\nb", Some(&[]));
    check("by @{duration}.", "by 1h2m3s.", Some(&[]));
}

#[test]
fn names_are_filled_with_ids() {
    let id_of = |name: &str| (name == "node1").then(|| "ab".to_owned());
    assert_eq!(fill("/nodes/@{node1}/x", id_of), Ok("/nodes/ab/x".to_owned()));
    assert_eq!(fill("@{node2}", id_of), Err("node2".to_owned()));
}
