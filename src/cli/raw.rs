//! Words of the system as texts from which their bytes can be had back: keys and names of files may hold any.
//!
//! A byte that is no UTF-8 is stood in for by one of 128 characters at the end of the last private plane; where one of
//! these stands in a text itself, each of its own bytes is.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

/// The stand-in of the byte 0x80.
const FIRST: u32 = 0x10_FF80;

/// The text of a word.
pub(super) fn text(word: &OsStr) -> String {
    let mut text = String::new();
    for chunk in word.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_stand_in(c) {
                text.extend(c.encode_utf8(&mut [0; 4]).bytes().map(stand_in));
            } else {
                text.push(c);
            }
        }
        text.extend(chunk.invalid().iter().copied().map(stand_in));
    }
    text
}

/// The bytes of the word that a text was made of.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(FIRST).and_then(|byte| u8::try_from(byte + 0x80).ok()) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// The file of that name.
pub(super) fn path(text: &str) -> PathBuf {
    OsString::from_vec(bytes(text)).into()
}

/// Whether the word was UTF-8, so that it can be part of a request.
pub(super) fn is_plain(text: &str) -> bool {
    !text.chars().any(is_stand_in)
}

/// The text as it is shown.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(|c| if is_stand_in(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn is_stand_in(c: char) -> bool {
    u32::from(c) >= FIRST
}

fn stand_in(byte: u8) -> char {
    // Bytes below 0x80 are UTF-8, and need none.
    char::from_u32(FIRST + u32::from(byte.saturating_sub(0x80))).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_come_back(word: Vec<u8>) {
            prop_assert_eq!(bytes(&text(OsStr::from_bytes(&word))), word);
        }

        #[test]
        fn so_do_texts_and_those_are_plain_but_for_stand_ins(word: String) {
            let made = text(OsStr::new(&word));
            prop_assert_eq!(bytes(&made), word.as_bytes());
            prop_assert_eq!(is_plain(&made), !word.chars().any(is_stand_in));
        }
    }

    #[test]
    fn stand_ins_themselves_are_no_exception() {
        let word = "a\u{10ff80}\u{10ffff}";
        assert_eq!(bytes(&text(OsStr::new(word))), word.as_bytes());
        let latin = text(OsStr::from_bytes(b"caf\xe9"));
        assert_eq!((is_plain(&latin), shown(&latin).as_str()), (false, "caf\u{fffd}"));
        assert_eq!(path(&latin).as_os_str().as_bytes(), b"caf\xe9");
    }
}
