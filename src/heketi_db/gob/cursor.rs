//! The primitive encodings: numbers, and bytes with their count in front.

use super::error::{Fault, GobError};

/// A place in a stream.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    left: &'a [u8],
    length: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { left: bytes, length: bytes.len() }
    }

    /// How many bytes there are yet.
    pub(super) fn left(&self) -> usize {
        self.left.len()
    }

    /// The fault with its place.
    pub(super) fn error(&self, fault: Fault) -> GobError {
        GobError { at: self.length.saturating_sub(self.left.len()), fault }
    }

    /// The next bytes.
    fn take(&mut self, count: u64, what: &'static str) -> Result<&'a [u8], GobError> {
        let split = usize::try_from(count).ok().and_then(|count| self.left.split_at_checked(count));
        let Some((taken, left)) = split else {
            return Err(self.error(Fault::Ends { what, wanted: count, left: self.left.len() }));
        };
        self.left = left;
        Ok(taken)
    }

    /// An unsigned number: one byte below 128, or the complement of a count and that many bytes, big end first.
    pub(super) fn uint(&mut self, what: &'static str) -> Result<u64, GobError> {
        let first = self.take(1, what)?.first().copied().unwrap_or_default();
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        let count = first.wrapping_neg();
        if count > 8 {
            return Err(self.error(Fault::NumberLength(count)));
        }
        let bytes = self.take(u64::from(count), what)?;
        Ok(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    /// A signed number: the lowest bit says whether the others are complemented.
    pub(super) fn int(&mut self, what: &'static str) -> Result<i64, GobError> {
        let coded = self.uint(what)?;
        let magnitude = (coded >> 1).cast_signed();
        Ok(if coded & 1 == 0 { magnitude } else { !magnitude })
    }

    /// A floating-point number: its bytes come in reverse, since the last ones are mostly zero.
    pub(super) fn float(&mut self) -> Result<f64, GobError> {
        self.uint("a number").map(|coded| f64::from_bits(coded.swap_bytes()))
    }

    /// How many elements follow; each takes a byte at least.
    pub(super) fn count(&mut self, what: &'static str) -> Result<u64, GobError> {
        let count = self.uint(what)?;
        let left = self.left.len();
        if usize::try_from(count).is_ok_and(|count| count <= left) {
            return Ok(count);
        }
        Err(self.error(Fault::Ends { what, wanted: count, left }))
    }

    /// Bytes with their count in front.
    pub(super) fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], GobError> {
        let count = self.uint(what)?;
        self.take(count, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_go_writes_them() {
        let uint = |bytes: &[u8]| Cursor::new(bytes).uint("a number").unwrap();
        assert_eq!(uint(&[0x07]), 7);
        assert_eq!(uint(&[0xfe, 0x01, 0x00]), 256);
        assert_eq!(uint(&[0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), u64::MAX);
        let int = |bytes: &[u8]| Cursor::new(bytes).int("a number").unwrap();
        assert_eq!(int(&[0x06]), 3);
        assert_eq!(int(&[0x05]), -3);
        assert_eq!(int(&[0xff, 0x81]), -65);
        assert_eq!(int(&[0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), i64::MIN);
        assert_eq!(Cursor::new(&[0xfe, 0x31, 0x40]).float().unwrap(), 17.0);
    }

    #[test]
    fn what_is_cut_off_is_an_error_with_its_place() {
        let mut cursor = Cursor::new(&[0x01, 0xfe, 0x01]);
        cursor.uint("a number").unwrap();
        let error = cursor.uint("a count").unwrap_err();
        assert_eq!(error.at, 2);
        assert_eq!(error.fault, Fault::Ends { what: "a count", wanted: 2, left: 1 });
        assert_eq!(Cursor::new(&[0x80]).uint("a number").unwrap_err().fault, Fault::NumberLength(128));
        assert!(Cursor::new(&[0x03, b'a', b'b']).bytes("a text").is_err());
        assert!(Cursor::new(&[0x03, b'a', b'b']).count("a list").is_err());
    }
}
