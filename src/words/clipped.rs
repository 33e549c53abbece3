//! Texts that may be of any length, where a person is to read them.

/// The beginning of a text, at most `most` characters of it, and `…` where there is more.
pub fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_ends_between_two_characters() {
        assert_eq!(clipped("", 3), "");
        assert_eq!(clipped("üüü", 3), "üüü");
        assert_eq!(clipped("üüüx", 3), "üüü…");
    }
}
