//! Decimals as exact text: an unscaled number and a scale.

/// Reads a decimal number with an optional exponent, rounded half away from zero to `scale` digits; `None` if the text is none or has more than
/// `precision` digits.
pub(crate) fn parse_decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let text = text.trim_ascii();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], digits[at + 1..].parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if (whole.is_empty() && fraction.is_empty()) || !whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    // The digit at index `kept` of all digits is the first one after the wanted scale.
    let kept = (whole.len() as i64) + i64::from(exponent) + i64::from(scale);
    let unscaled = rounded(whole.bytes().chain(fraction.bytes()), whole.len() + fraction.len(), kept)?;
    let limit = 10i128.checked_pow(u32::from(precision))?;
    (unscaled < limit).then_some(if negative { -unscaled } else { unscaled })
}

fn rounded(digits: impl Iterator<Item = u8>, count: usize, kept: i64) -> Option<i128> {
    let mut unscaled = 0i128;
    let mut round_up = false;
    for (index, digit) in digits.enumerate() {
        let place = index as i64;
        if place < kept {
            unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        } else {
            round_up = place == kept && digit >= b'5';
            break;
        }
    }
    if unscaled != 0 {
        let zeros = u32::try_from((kept - count as i64).max(0)).ok()?;
        unscaled = unscaled.checked_mul(10i128.checked_pow(zeros)?)?;
    }
    unscaled.checked_add(i128::from(round_up))
}

/// Writes all `scale` digits after the point; a negative scale gives zeros before it.
pub(crate) fn write_decimal(out: &mut Vec<u8>, unscaled: i128, scale: i8) {
    let digits = unscaled.unsigned_abs().to_string();
    if unscaled < 0 {
        out.push(b'-');
    }
    match usize::try_from(scale) {
        Ok(0) => out.extend_from_slice(digits.as_bytes()),
        Ok(scale) => {
            let padded = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = padded.split_at(padded.len() - scale);
            out.extend_from_slice(whole.as_bytes());
            out.push(b'.');
            out.extend_from_slice(fraction.as_bytes());
        }
        Err(_) => {
            out.extend_from_slice(digits.as_bytes());
            if unscaled != 0 {
                out.extend(std::iter::repeat_n(b'0', usize::from(scale.unsigned_abs())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_round_half_away_and_refuse_what_does_not_fit() {
        for (text, precision, scale, expected) in [
            ("12.345", 10, 2, Some(1235)),
            ("-12.345", 10, 2, Some(-1235)),
            ("12.344999", 10, 2, Some(1234)),
            ("1e3", 10, 2, Some(100_000)),
            ("1.5e-1", 10, 2, Some(15)),
            ("0.005", 10, 2, Some(1)),
            ("0.0049", 10, 2, Some(0)),
            (".5", 3, 1, Some(5)),
            ("1250", 10, -2, Some(13)),
            ("99999", 4, 0, None),
            ("0e99999", 4, 2, Some(0)),
            ("1e99999", 4, 2, None),
            (".", 4, 0, None),
            ("1.2.3", 4, 0, None),
            ("", 4, 0, None),
            ("NaN", 4, 0, None),
        ] {
            assert_eq!(parse_decimal(text, precision, scale), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_decimal_reads_back(unscaled in -10i128.pow(37)..10i128.pow(37), scale in -5i8..38) {
            let mut out = Vec::new();
            write_decimal(&mut out, unscaled, scale);
            prop_assert_eq!(parse_decimal(std::str::from_utf8(&out).unwrap(), 38, scale), Some(unscaled));
        }
    }
}
