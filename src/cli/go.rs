//! Values as Go reads them from a command line, with its error texts.

use crate::words::go::quoted;

/// Reads an integer: decimal, `0x`, `0o`, `0b`, octal with a leading 0, `_` between digits.
///
/// # Errors
/// In the words of Go's `strconv`.
pub(super) fn parse_int(text: &str) -> Result<i64, String> {
    let failed = |what: &str| format!("strconv.ParseInt: parsing {}: {what}", quoted(text));
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (radix, digits, prefixed) = radix(digits);
    if !well_formed(digits, radix, prefixed) {
        return Err(failed("invalid syntax"));
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let plain = format!("{sign}{}", digits.replace('_', ""));
    i64::from_str_radix(&plain, radix).map_err(|_| failed("value out of range"))
}

fn radix(digits: &str) -> (u32, &str, bool) {
    let lower = digits.to_ascii_lowercase();
    match lower.get(..2) {
        Some("0x") => (16, &digits[2..], true),
        Some("0o") => (8, &digits[2..], true),
        Some("0b") => (2, &digits[2..], true),
        Some(_) if lower.starts_with('0') => (8, &digits[1..], true),
        _ => (10, digits, false),
    }
}

/// Digits of the radix; single underscores between them, or after a prefix.
fn well_formed(digits: &str, radix: u32, prefixed: bool) -> bool {
    let groups = digits.strip_prefix('_').filter(|_| prefixed).unwrap_or(digits);
    groups.split('_').all(|group| !group.is_empty() && group.chars().all(|c| c.is_digit(radix)))
}

/// Reads a number.
///
/// # Errors
/// In the words of Go's `strconv`.
pub(super) fn parse_float(text: &str) -> Result<f64, String> {
    let failed = |what: &str| format!("strconv.ParseFloat: parsing {}: {what}", quoted(text));
    let number: f64 = text.parse().map_err(|_| failed("invalid syntax"))?;
    // Infinity can be asked for by name only.
    if number.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) {
        return Err(failed("value out of range"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_go_reads_them() {
        let check = |text: &str, expected: i64| assert_eq!(parse_int(text), Ok(expected), "{text}");
        check("10", 10);
        check("-3", -3);
        check("+3", 3);
        check("0x10", 16);
        check("010", 8);
        check("0", 0);
        check("1_000", 1000);
        check("0x_f", 15);
        check("-9223372036854775808", i64::MIN);
        let refused = |text: &str, what: &str| {
            assert_eq!(parse_int(text), Err(format!("strconv.ParseInt: parsing {text:?}: {what}")));
        };
        for text in ["", "abc", "1.5", "1__0", "_1", "1_", "0x", "08", "- 1", "--1"] {
            refused(text, "invalid syntax");
        }
        refused("9223372036854775808", "value out of range");
    }

    #[test]
    fn numbers_have_an_end() {
        assert_eq!(parse_float("1.5"), Ok(1.5));
        assert_eq!(parse_float("inf"), Ok(f64::INFINITY));
        let error = "strconv.ParseFloat: parsing \"1e999\": value out of range".to_owned();
        assert_eq!(parse_float("1e999"), Err(error));
    }
}
