//! `node settags|rmtags …` and `device settags|rmtags …`

use std::collections::BTreeMap;

use super::args::{RemoveTags, SetTags};
use super::failure::Failure;
use crate::api::TagsRequest;

/// The id of the object and what happens to its tags.
type Change<'a> = (&'a str, TagsRequest);

pub(super) fn set(arguments: &SetTags) -> Result<Change<'_>, Failure> {
    let (id, pairs) = split(&arguments.words)?;
    if pairs.is_empty() {
        return Err(Failure::new("at least one tag:value pair expected"));
    }
    let pair = |word: &String| {
        let no_colon = || format!("expected colon (:) between tag name and value, got: {word}");
        let (name, value) = word.split_once(':').ok_or_else(|| Failure::new(no_colon()))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    let tags = pairs.iter().map(pair).collect::<Result<_, Failure>>()?;
    Ok((id, change(tags, if arguments.exact { "set" } else { "update" })))
}

pub(super) fn remove(arguments: &RemoveTags) -> Result<Change<'_>, Failure> {
    let (id, names) = split(&arguments.words)?;
    match (arguments.all, names) {
        (true, []) => Ok((id, change(BTreeMap::new(), "set"))),
        (true, _) => Err(Failure::new("--all may not be combined with named tags")),
        (false, []) => Err(Failure::new("at least one tag expected")),
        (false, names) => {
            let tags = names.iter().map(|name| (name.clone(), String::new())).collect();
            Ok((id, change(tags, "delete")))
        }
    }
}

fn split(words: &[String]) -> Result<(&str, &[String]), Failure> {
    words.split_first().map(|(id, rest)| (id.as_str(), rest)).ok_or_else(|| Failure::new("id required"))
}

fn change(tags: BTreeMap<String, String>, change_type: &str) -> TagsRequest {
    TagsRequest { tags, change_type: change_type.to_owned() }
}
