//! What Go reads and how it says it: heketi's texts, which scripts look for.

use std::io;

/// Reads a truth value.
///
/// # Errors
/// In the words of Go's `strconv`.
pub fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {}: invalid syntax", quoted(text))),
    }
}

/// A text in quotes, with what cannot be printed escaped as Go does it.
pub fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if c.is_ascii_control() => format!("\\x{:02x}", u32::from(c)),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// An error of the system as Go writes it: in small letters and without its number. Another one as it is.
pub fn os_reason(error: &io::Error) -> String {
    let text = error.to_string();
    match (error.raw_os_error(), text.split_once(" (os error")) {
        (Some(_), Some((text, _))) => text.to_lowercase(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truth_has_twelve_words() {
        assert_eq!((parse_bool("T"), parse_bool("False")), (Ok(true), Ok(false)));
        let refused = parse_bool("y\"es").unwrap_err();
        assert_eq!(refused, r#"strconv.ParseBool: parsing "y\"es": invalid syntax"#);
    }

    #[test]
    fn texts_cannot_break_a_line() {
        assert_eq!(quoted("a\n\u{1b}\"\\é"), r#""a\n\x1b\"\\é""#);
    }

    #[test]
    fn the_system_has_no_numbers_and_others_keep_their_letters() {
        // ENOSPC and ECONNRESET of Linux.
        assert_eq!(os_reason(&io::Error::from_raw_os_error(28)), "no space left on device");
        assert_eq!(os_reason(&io::Error::from_raw_os_error(104)), "connection reset by peer");
        assert_eq!(os_reason(&io::Error::other("No such File")), "No such File");
    }
}
