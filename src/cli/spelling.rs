//! Words that were probably meant.

/// The candidate that differs in few letters only.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let near = candidates.into_iter().map(|candidate| (distance(candidate, &word), candidate));
    near.filter(|(distance, _)| *distance <= limit).min().map(|(_, candidate)| candidate)
}

/// How many letters to change, add or leave out to make one word of another.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let cost = usize::from(from != *to);
            let best = (diagonal + cost).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_letters_may_differ() {
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(nearest(word, ["devices", "node", "zone"]), expected, "{word}");
        };
        check("device", Some("devices"));
        check("Deviecs", Some("devices"));
        check("zones", Some("zone"));
        check("nod", Some("node"));
        check("volumes", None);
        check("", None);
    }
}
