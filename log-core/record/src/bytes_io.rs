//! Reading and writing the primitive fields: big-endian numbers and zigzag varints (Kafka's `ByteUtils`).
//!
//! A 32-bit and a 64-bit zigzag varint of the same small number have the same bytes, so one writer serves both.

/// The most bytes a 64-bit varint takes.
pub(crate) const VARLONG_BYTES_MAX: usize = 10;

/// The number of bytes `value` takes as a zigzag varint.
#[inline]
pub(crate) fn varint_bytes(value: i64) -> usize {
    let significant_bits = 64 - (zigzag(value) | 1).leading_zeros() as usize;
    significant_bits.div_ceil(7)
}

#[inline]
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Writes `value` as a zigzag varint into `target` at `at` and returns the place after it.
#[inline]
pub(crate) fn write_varint(target: &mut [u8], mut at: usize, value: i64) -> usize {
    let mut rest = zigzag(value);
    while rest >= 0x80 {
        target[at] = rest as u8 | 0x80;
        rest >>= 7;
        at += 1;
    }
    target[at] = rest as u8;
    at + 1
}

/// Appends `value` as a zigzag varint.
pub(crate) fn push_varint(target: &mut Vec<u8>, value: i64) {
    let mut field = [0; VARLONG_BYTES_MAX];
    let end = write_varint(&mut field, 0, value);
    target.extend_from_slice(&field[..end]);
}

/// Reads fields from the front of a slice; every read says `None` rather than reach beyond the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// A 32-bit varint: at most five bytes, and within the range of `i32`.
    #[inline]
    pub(crate) fn varint(&mut self) -> Option<i32> {
        i32::try_from(self.zigzag_of_at_most(5)?).ok()
    }

    /// A 64-bit varint: at most ten bytes.
    #[inline]
    pub(crate) fn varlong(&mut self) -> Option<i64> {
        self.zigzag_of_at_most(VARLONG_BYTES_MAX)
    }

    #[inline]
    fn zigzag_of_at_most(&mut self, bytes_max: usize) -> Option<i64> {
        let (first, rest) = self.rest.split_first()?;
        let mut raw = u64::from(*first);
        if raw < 0x80 {
            self.rest = rest;
        } else {
            raw = self.long_form(bytes_max)?;
        }
        Some((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    fn long_form(&mut self, bytes_max: usize) -> Option<u64> {
        let mut raw = 0u64;
        for index in 0..bytes_max {
            let byte = u64::from(*self.rest.get(index)?);
            let bits = byte & 0x7f;
            if index == 9 && bits > 1 {
                return None;
            }
            raw |= bits << (7 * index);
            if byte < 0x80 {
                self.rest = &self.rest[index + 1..];
                return Some(raw);
            }
        }
        None
    }

    /// A length of -1 (null) or more, then as many bytes.
    #[inline]
    pub(crate) fn nullable_bytes(&mut self) -> Option<Option<&'a [u8]>> {
        match self.varint()? {
            -1 => Some(None),
            length => Some(Some(self.take(usize::try_from(length).ok()?)?)),
        }
    }
}

/// The `N` bytes at `at`. The caller has checked that they are there.
#[inline]
pub(crate) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn varints_have_kafkas_bytes() {
        // Kafka's ByteUtilsTest.
        let cases: [(i64, &[u8]); 9] = [
            (0, &[0]),
            (-1, &[1]),
            (1, &[2]),
            (63, &[0x7e]),
            (-64, &[0x7f]),
            (64, &[0x80, 1]),
            (-8192, &[0xff, 0x7f]),
            (i64::from(i32::MAX), &[0xfe, 0xff, 0xff, 0xff, 0x0f]),
            (i64::MIN, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ];
        for (value, bytes) in cases {
            let mut written = Vec::new();
            push_varint(&mut written, value);
            assert_eq!(written, bytes, "{value}");
        }
    }

    #[test]
    fn overlong_varints_are_refused() {
        let mut six = Cursor { rest: &[0x80, 0x80, 0x80, 0x80, 0x80, 0] };
        assert_eq!(six.varint(), None);
        let mut eleven = Cursor { rest: &[0x80; 11] };
        assert_eq!(eleven.varlong(), None);
        let mut beyond = Cursor { rest: &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02] };
        assert_eq!(beyond.varlong(), None);
        let mut cut = Cursor { rest: &[0x80] };
        assert_eq!(cut.varlong(), None);
    }

    proptest! {
        #[test]
        fn varints_round_trip(value in any::<i64>(), small in any::<i32>()) {
            let mut written = Vec::new();
            push_varint(&mut written, value);
            prop_assert_eq!(written.len(), varint_bytes(value));
            push_varint(&mut written, i64::from(small));
            let mut cursor = Cursor { rest: &written };
            prop_assert_eq!(cursor.varlong(), Some(value));
            prop_assert_eq!(cursor.varint(), Some(small));
            prop_assert!(cursor.rest.is_empty());
        }
    }
}
