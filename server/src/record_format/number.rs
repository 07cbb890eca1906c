//! Numbers as digits or as bytes.

/// How a number is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NumberForm {
    /// Decimal digits.
    #[default]
    Ascii,
    /// So many hexadecimal digits, of the lowest bits.
    Hex(usize),
    /// So many bytes, the highest first.
    Big(usize),
    /// So many bytes, the lowest first.
    Little(usize),
}

const FORMS: [(&str, NumberForm); 13] = [
    ("ascii", NumberForm::Ascii),
    ("hex8", NumberForm::Hex(2)),
    ("hex16", NumberForm::Hex(4)),
    ("hex32", NumberForm::Hex(8)),
    ("hex64", NumberForm::Hex(16)),
    ("big8", NumberForm::Big(1)),
    ("big16", NumberForm::Big(2)),
    ("big32", NumberForm::Big(4)),
    ("big64", NumberForm::Big(8)),
    ("little8", NumberForm::Little(1)),
    ("little16", NumberForm::Little(2)),
    ("little32", NumberForm::Little(4)),
    ("little64", NumberForm::Little(8)),
];

impl NumberForm {
    /// The form of a name.
    pub(super) fn named(name: &str) -> Option<NumberForm> {
        FORMS.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
    }

    /// How many bytes a number takes; `None` for as many as it has digits.
    pub(super) fn width(self) -> Option<usize> {
        match self {
            NumberForm::Ascii => None,
            NumberForm::Hex(width) | NumberForm::Big(width) | NumberForm::Little(width) => Some(width),
        }
    }

    /// Writes a number.
    pub(super) fn write(self, number: i64, out: &mut Vec<u8>) {
        match self {
            NumberForm::Ascii => out.extend_from_slice(number.to_string().as_bytes()),
            NumberForm::Hex(width) => out.extend_from_slice(&format!("{number:016x}").as_bytes()[16 - width..]),
            NumberForm::Big(width) => out.extend_from_slice(&number.to_be_bytes()[8 - width..]),
            NumberForm::Little(width) => out.extend_from_slice(&number.to_le_bytes()[..width]),
        }
    }

    /// Reads a number of exactly these bytes; bytes are signed.
    pub(super) fn read(self, bytes: &[u8]) -> Option<i64> {
        let text = || std::str::from_utf8(bytes).ok();
        match self {
            NumberForm::Ascii => text()?.parse().ok(),
            NumberForm::Hex(_) => u64::from_str_radix(text()?, 16).ok().map(|number| number as i64),
            NumberForm::Big(width) => (bytes.len() == width).then(|| signed(bytes.iter())),
            NumberForm::Little(width) => (bytes.len() == width).then(|| signed(bytes.iter().rev())),
        }
    }
}

fn signed<'a>(bytes: impl ExactSizeIterator<Item = &'a u8>) -> i64 {
    let unused_bits = 64 - 8 * bytes.len() as u32;
    let number = bytes.fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
    number << unused_bits >> unused_bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_in_every_form_that_is_wide_enough() {
        for (name, form) in FORMS {
            assert_eq!(NumberForm::named(name), Some(form));
            for number in [0, 1, 100, 127] {
                let mut bytes = Vec::new();
                form.write(number, &mut bytes);
                assert_eq!(form.read(&bytes), Some(number), "{name}");
                assert!(form.width().is_none_or(|width| width == bytes.len()), "{name}");
            }
        }
        for (form, expected) in [(NumberForm::Big(4), [255_u8; 4]), (NumberForm::Little(4), [255; 4])] {
            let mut bytes = Vec::new();
            form.write(-1, &mut bytes);
            assert_eq!((bytes.as_slice(), form.read(&bytes)), (expected.as_slice(), Some(-1)));
        }
        assert_eq!(NumberForm::named("big"), None);
        assert_eq!(NumberForm::Ascii.read(b"1x"), None);
    }
}
