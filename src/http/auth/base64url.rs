//! Base64 in the alphabet for URLs, without padding, with Go's errors.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Go lets the unused bits of the last character be anything.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Decodes a segment of a token.
///
/// # Errors
/// Go's text, with the place of the first byte that does not belong there.
pub(super) fn decode(segment: &str) -> Result<Vec<u8>, String> {
    let bytes = segment.as_bytes();
    let foreign = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    // A single character of a group of four cannot hold a byte.
    let cut = (bytes.len() % 4 == 1).then(|| bytes.len() - 1);
    if let Some(place) = bytes.iter().position(foreign).or(cut) {
        return Err(illegal(place));
    }
    ENGINE.decode(bytes).map_err(|_| illegal(0))
}

fn illegal(place: usize) -> String {
    format!("illegal base64 data at input byte {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_errors_are_gos() {
        let check = |segment: &str, expected: Result<&[u8], usize>| {
            assert_eq!(decode(segment), expected.map(<[u8]>::to_vec).map_err(illegal), "{segment}");
        };
        check("", Ok(b""));
        check("YQ", Ok(b"a"));
        check("YR", Ok(b"a"));
        check("_-8", Ok(b"\xff\xef"));
        check("YQ==", Err(2));
        check("a+b/", Err(1));
        check("YWJjZ", Err(4));
        check("!", Err(0));
    }
}
