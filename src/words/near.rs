//! Words that were probably meant.

/// What it costs in [`distance`] that two neighbours have changed places: people do that with one slip.
const ONE_SLIP: usize = 1;

/// The candidate that differs in few letters only, in whatever case.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 4).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase(), ONE_SLIP), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters to change, add or leave out to make one word of another. That two neighbours have changed places
/// counts as `exchange`; with 2 it is Levenshtein's distance.
pub fn distance(a: &str, b: &str, exchange: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                let exchange = if exchanged { rows[i - 2][j - 2] + exchange } else { usize::MAX };
                change.min(exchange).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1)
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found_where_few_letters_differ() {
        let check = |word: &str, expected: Option<&str>| {
            let known = ["port", "keyfile", "xfs_su", "xfs_sw", "devices", "zone"];
            assert_eq!(nearest(word, known), expected, "{word}");
        };
        check("Prot", Some("port"));
        check("KeyFyle", Some("keyfile"));
        check("key_file", Some("keyfile"));
        check("xfs_sv", Some("xfs_su"));
        check("Deviecs", Some("devices"));
        check("zones", Some("zone"));
        check("nosuch", None);
        check("", None);
    }

    #[test]
    fn neighbours_that_have_changed_places_are_one_slip_or_two_letters() {
        assert_eq!((distance("prot", "port", 1), distance("prot", "port", 2)), (1, 2));
        assert_eq!((distance("", "abc", 1), distance("abc", "abc", 1)), (3, 0));
    }
}
