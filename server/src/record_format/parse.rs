//! From the text of a format to its pieces.

use super::number::NumberForm;
use super::template::{Number, Piece, Text, TextForm, TimeForm};
use anyhow::{Result, bail};
use chrono::format::{Item, StrftimeItems};

/// Where in the format something stands: only some pieces make sense in a header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Record,
    Header,
}

/// The pieces of a format.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>> {
    Cursor { text, rest: text }.pieces(Within::Record)
}

struct Cursor<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let character = characters.next()?;
        self.rest = characters.as_str();
        Some(character)
    }

    /// Up to the end, or in a header to its closing brace, which is left.
    fn pieces(&mut self, within: Within) -> Result<Vec<Piece>> {
        let (mut pieces, mut literal) = (Vec::new(), Vec::new());
        while let Some(character) = self.rest.chars().next() {
            if character == '}' && within == Within::Header {
                break;
            }
            self.next();
            match character {
                '\\' => literal.push(self.escape()?),
                '%' => match self.verb(within)? {
                    Piece::Literal(bytes) => literal.extend(bytes),
                    piece => {
                        if !literal.is_empty() {
                            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                        }
                        pieces.push(piece);
                    }
                },
                other => literal.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(pieces)
    }

    fn escape(&mut self) -> Result<u8> {
        Ok(match self.next() {
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('r') => b'\r',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('x') => {
                let digits = self.rest.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
                let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
                    bail!("the format {:?} has \\x without two hexadecimal digits", self.text);
                };
                self.rest = &self.rest[2..];
                byte
            }
            Some(other) => bail!("the format {:?} has \\{other}; it takes \\n, \\t, \\r, \\0, \\\\ and \\xHH", self.text),
            None => bail!("the format {:?} ends in a backslash; write \\\\ for one", self.text),
        })
    }

    /// What stands behind a percent sign.
    fn verb(&mut self, within: Within) -> Result<Piece> {
        let Some(verb) = self.next() else { bail!("the format {:?} ends in a percent sign; write %% for one", self.text) };
        let text = |text| Ok(Piece::Text(text, TextForm::Raw));
        let number = |number| Ok(Piece::Number(number, NumberForm::Ascii));
        let piece: Result<Piece> = match (verb, within) {
            ('%' | '{' | '}', _) => return Ok(Piece::Literal(vec![verb as u8])),
            ('k', _) => text(Text::Key),
            ('v' | 's', _) => text(Text::Value),
            ('K', _) => number(Number::KeyLength),
            ('V' | 'S', _) => number(Number::ValueLength),
            ('R', _) => return Ok(Piece::Number(Number::ValueLength, NumberForm::Big(4))),
            ('h', Within::Record) => return self.headers(),
            (_, Within::Header) => bail!("the format {:?} has %{verb} in a header, which has %k, %v, %K and %V", self.text),
            ('t', _) => text(Text::Topic),
            ('p', _) => number(Number::Partition),
            ('o', _) => number(Number::Offset),
            ('H', _) => number(Number::HeaderCount),
            ('e', _) => number(Number::LeaderEpoch),
            ('x', _) => number(Number::ProducerId),
            ('y', _) => number(Number::ProducerEpoch),
            ('i', _) => number(Number::Count),
            ('T' | 'd', _) => Ok(Piece::Time(TimeForm::Number(NumberForm::Ascii))),
            _ => bail!("the format {:?} has %{verb}; it takes %t %p %o %k %v %s %T %d %h %H %K %V %S %R %e %x %y %i and %%", self.text),
        };
        self.formed(piece?)
    }

    /// The piece in the form that braces behind it name.
    fn formed(&mut self, piece: Piece) -> Result<Piece> {
        let Some(rest) = self.rest.strip_prefix('{') else { return Ok(piece) };
        let Some((name, rest)) = rest.split_once('}') else { bail!("the format {:?} lacks a closing brace", self.text) };
        self.rest = rest;
        let formed = match piece {
            Piece::Text(text, _) => text_form(name).map(|form| Piece::Text(text, form)),
            Piece::Number(number, _) => NumberForm::named(name).map(|form| Piece::Number(number, form)),
            Piece::Time(_) => time_form(name).map(Piece::Time),
            _ => None,
        };
        let Some(formed) = formed else {
            bail!(
                "the format {:?} has the form {{{name}}}: text takes hex and base64, a number ascii, hex32, big32, little32 and the like, a time also s, \
                 rfc3339 and strftime[…]",
                self.text
            );
        };
        Ok(formed)
    }

    fn headers(&mut self) -> Result<Piece> {
        let Some(rest) = self.rest.strip_prefix('{') else { return Ok(Piece::Headers) };
        self.rest = rest;
        let pieces = self.pieces(Within::Header)?;
        if self.next() != Some('}') {
            bail!("the format {:?} lacks the closing brace of %h{{", self.text);
        }
        Ok(Piece::EachHeader(pieces))
    }
}

fn text_form(name: &str) -> Option<TextForm> {
    match name {
        "hex" => Some(TextForm::Hex),
        "base64" => Some(TextForm::Base64),
        _ => None,
    }
}

fn time_form(name: &str) -> Option<TimeForm> {
    match name {
        "ms" => return Some(TimeForm::Number(NumberForm::Ascii)),
        "s" => return Some(TimeForm::Seconds),
        "rfc3339" => return Some(TimeForm::Rfc3339),
        _ => {}
    }
    match name.strip_prefix("strftime[").and_then(|rest| rest.strip_suffix(']')) {
        Some(pattern) => {
            StrftimeItems::new(pattern).all(|item| !matches!(item, Item::Error)).then(|| TimeForm::Strftime(pattern.to_string()))
        }
        None => NumberForm::named(name).map(TimeForm::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_text_between_pieces() {
        let expected = vec![
            Piece::Literal(b"a%".to_vec()),
            Piece::Text(Text::Key, TextForm::Hex),
            Piece::Literal(b"{\n\xff".to_vec()),
            Piece::Number(Number::Offset, NumberForm::Big(8)),
            Piece::EachHeader(vec![
                Piece::Text(Text::Key, TextForm::Raw),
                Piece::Literal(b"=".to_vec()),
                Piece::Text(Text::Value, TextForm::Raw),
            ]),
            Piece::Time(TimeForm::Strftime("%F".to_string())),
        ];
        assert_eq!(pieces(r"a%%%k{hex}{\n\xff%o{big64}%h{%k=%v}%d{strftime[%F]}").map_err(|error| error.to_string()), Ok(expected));
    }

    #[test]
    fn a_mistake_is_named_with_what_may_stand_there() {
        let cases = [
            ("%", "percent sign"),
            ("%q", "%q"),
            ("\\", "backslash"),
            ("\\q", "\\q"),
            ("\\xg0", "hexadecimal"),
            ("\\xé", "hexadecimal"),
            ("%k{", "closing brace"),
            ("%k{big32}", "{big32}"),
            ("%o{hex}", "{hex}"),
            ("%d{strftime[%Q]}", "strftime"),
            ("%h{%k", "%h{"),
            ("%h{%o}", "%o in a header"),
        ];
        for (text, word) in cases {
            let error = pieces(text).expect_err(text).to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
