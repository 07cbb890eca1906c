//! Records read from bytes in the form of a template, as `rpk topic produce -f` reads them.
//!
//! A text ends where the literal behind it begins, or after as many bytes as its length said before (`%V{big32}%v`). What cannot be told apart is
//! refused before anything is read.

use super::number::NumberForm;
use super::template::{Number, Piece, Template, Text, TextForm, TimeForm};
use crate::offsets::moment;
use anyhow::{Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headwater::log::Header;
use std::io::{BufRead, Read};

/// What was read of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<Header>,
    pub(crate) partition: Option<i32>,
    /// Milliseconds since 1970.
    pub(crate) timestamp: Option<i64>,
}

/// Lengths and counts that stood before what they are of.
#[derive(Default)]
struct Sizes {
    key: Option<i64>,
    value: Option<i64>,
    headers: Option<i64>,
}

/// Reads records one by one.
pub(crate) struct TemplateReader<R> {
    template: Template,
    input: R,
    limit_bytes: usize,
    ended: bool,
}

impl<R: BufRead> TemplateReader<R> {
    /// A reader that takes texts of up to `limit_bytes`. Errors: the template cannot be read by.
    pub(crate) fn new(template: Template, input: R, limit_bytes: usize) -> Result<TemplateReader<R>> {
        check(&template.pieces, &mut Vec::new())?;
        Ok(TemplateReader { template, input, limit_bytes, ended: false })
    }

    /// The bytes that can be read without waiting.
    pub(crate) fn has_more_at_hand(&mut self) -> bool
    where
        R: AtHand,
    {
        self.input.is_at_hand()
    }

    /// The next record; `None` at the end of the input.
    pub(crate) fn next(&mut self) -> Result<Option<Fields>> {
        if self.ended || self.input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let pieces = self.template.pieces.clone();
        let mut fields = Fields::default();
        self.pieces(&pieces, &mut fields)?;
        Ok(Some(fields))
    }

    fn pieces(&mut self, pieces: &[Piece], fields: &mut Fields) -> Result<()> {
        let mut sizes = Sizes::default();
        let mut index = 0;
        while let Some(piece) = pieces.get(index) {
            let delimiter = match pieces.get(index + 1) {
                Some(Piece::Literal(bytes)) => Some(bytes.as_slice()),
                _ => None,
            };
            let is_last = index + 2 >= pieces.len();
            let took_delimiter = self.piece(piece, delimiter, is_last, (fields, &mut sizes))?;
            index += 1 + usize::from(took_delimiter);
        }
        Ok(())
    }

    /// Reads one piece; whether the literal behind it was read too.
    fn piece(
        &mut self,
        piece: &Piece,
        delimiter: Option<&[u8]>,
        is_last: bool,
        (fields, sizes): (&mut Fields, &mut Sizes),
    ) -> Result<bool> {
        match piece {
            Piece::Literal(expected) => {
                let found = self.exactly(expected.len(), true)?;
                // The last line may lack its end.
                if found != *expected && !(is_last && found.is_empty()) {
                    bail!("{:?} was expected and {:?} found", String::from_utf8_lossy(expected), String::from_utf8_lossy(&found));
                }
                return Ok(false);
            }
            Piece::Text(text, form) => {
                let size = if *text == Text::Key { sizes.key } else { sizes.value };
                let (bytes, took) = match size {
                    Some(size) if size < 0 => (None, false),
                    Some(size) => (Some(self.exactly(usize::try_from(size)?, false)?), false),
                    None => (Some(self.until(delimiter, is_last)?), delimiter.is_some()),
                };
                let decoded = bytes.map(|bytes| decode(bytes, *form)).transpose()?;
                *(if *text == Text::Key { &mut fields.key } else { &mut fields.value }) = decoded;
                return Ok(took);
            }
            Piece::EachHeader(inner) => {
                for _ in 0..sizes.headers.unwrap_or(1) {
                    let mut header = Fields::default();
                    self.pieces(inner, &mut header)?;
                    fields.headers.push(Header { key: header.key.unwrap_or_default().into(), value: header.value.map(Into::into) });
                }
                return Ok(false);
            }
            _ => {}
        }
        let width = match piece {
            Piece::Number(_, form) | Piece::Time(TimeForm::Number(form)) => form.width(),
            _ => None,
        };
        let bytes = match width {
            Some(width) => self.exactly(width, false)?,
            None => self.until(delimiter, is_last)?,
        };
        set(piece, &bytes, fields, sizes)?;
        Ok(width.is_none() && delimiter.is_some())
    }

    /// So many bytes; fewer only at the end of the input and if that is fine.
    fn exactly(&mut self, count: usize, fewer_is_fine: bool) -> Result<Vec<u8>> {
        if count > self.limit_bytes {
            bail!("a length of {count} bytes is above the limit of {}", self.limit_bytes);
        }
        let mut bytes = Vec::new();
        (&mut self.input).take(count as u64).read_to_end(&mut bytes)?;
        if bytes.len() < count {
            self.ended = true;
            if !fewer_is_fine {
                bail!("the input ends {} bytes too early", count - bytes.len());
            }
        }
        Ok(bytes)
    }

    /// Up to a delimiter, which is taken, or to the end of the input where that is as good.
    fn until(&mut self, delimiter: Option<&[u8]>, end_is_fine: bool) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let room = |bytes: &Vec<u8>, more: usize| (self.limit_bytes + more + 1).saturating_sub(bytes.len()) as u64;
        let Some((last, delimiter)) = delimiter.and_then(|delimiter| delimiter.last().map(|last| (*last, delimiter))) else {
            (&mut self.input).take(room(&bytes, 0)).read_to_end(&mut bytes)?;
            return self.within_limit(bytes);
        };
        while !bytes.ends_with(delimiter) {
            let limit = room(&bytes, delimiter.len());
            if (&mut self.input).take(limit).read_until(last, &mut bytes)? == 0 || limit == 0 {
                self.ended = true;
                let bytes = self.within_limit(bytes)?;
                if !end_is_fine {
                    bail!("the input ends before {:?}", String::from_utf8_lossy(delimiter));
                }
                return Ok(bytes);
            }
        }
        bytes.truncate(bytes.len() - delimiter.len());
        self.within_limit(bytes)
    }

    fn within_limit(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        if bytes.len() > self.limit_bytes {
            bail!(
                "a text is longer than {} bytes, the topic's max.message.bytes; raise that with headwater config alter",
                self.limit_bytes
            );
        }
        Ok(bytes)
    }
}

/// Whether bytes can be read without waiting.
pub(crate) trait AtHand {
    fn is_at_hand(&self) -> bool;
}

impl<R: Read> AtHand for std::io::BufReader<R> {
    fn is_at_hand(&self) -> bool {
        !self.buffer().is_empty()
    }
}

fn decode(bytes: Vec<u8>, form: TextForm) -> Result<Vec<u8>> {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match form {
        TextForm::Raw => Ok(bytes),
        TextForm::Hex => {
            let digit = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
            let pairs = bytes.chunks(2).map(|pair| if pair.len() == 2 { digit(pair) } else { None });
            pairs.collect::<Option<Vec<u8>>>().ok_or_else(|| anyhow!("{:?} is no hexadecimal text", shown(&bytes)))
        }
        TextForm::Base64 => STANDARD.decode(&bytes).map_err(|error| anyhow!("{:?} is no base64: {error}", shown(&bytes))),
    }
}

/// Takes the bytes of a number, a time, or all headers.
fn set(piece: &Piece, bytes: &[u8], fields: &mut Fields, sizes: &mut Sizes) -> Result<()> {
    let wrong = |what: &str| anyhow!("{:?} is no {what}", String::from_utf8_lossy(bytes));
    let number = |form: NumberForm| form.read(bytes).ok_or_else(|| wrong("number"));
    match piece {
        Piece::Number(Number::KeyLength, form) => sizes.key = Some(number(*form)?),
        Piece::Number(Number::ValueLength, form) => sizes.value = Some(number(*form)?),
        Piece::Number(Number::HeaderCount, form) => sizes.headers = Some(number(*form)?),
        Piece::Number(Number::Partition, form) => fields.partition = Some(i32::try_from(number(*form)?)?),
        Piece::Number(_, form) => drop(number(*form)?),
        Piece::Time(TimeForm::Number(form)) => fields.timestamp = Some(number(*form)?),
        Piece::Time(TimeForm::Seconds) => {
            fields.timestamp = Some(number(NumberForm::Ascii)?.checked_mul(1000).ok_or_else(|| wrong("time"))?);
        }
        Piece::Time(_) => {
            let text = std::str::from_utf8(bytes).ok();
            fields.timestamp = Some(text.and_then(|text| moment(text, 0)).ok_or_else(|| wrong("time"))?.0);
        }
        Piece::Headers => {
            for entry in bytes.split(|byte| *byte == b',').filter(|entry| !entry.is_empty()) {
                let middle = entry.iter().position(|byte| *byte == b'=').ok_or_else(|| wrong("list of headers NAME=VALUE"))?;
                fields.headers.push(Header::new(entry[..middle].to_vec(), entry[middle + 1..].to_vec()));
            }
        }
        Piece::Literal(_) | Piece::Text(..) | Piece::EachHeader(_) => {}
    }
    Ok(())
}

/// Refuses a template whose records cannot be told apart. `sized` are the texts whose length is known.
fn check(pieces: &[Piece], sized: &mut Vec<Text>) -> Result<()> {
    let mut is_advancing = false;
    for (index, piece) in pieces.iter().enumerate() {
        let is_delimited = matches!(pieces.get(index + 1), Some(Piece::Literal(_)) | None);
        let needs_delimiter = match piece {
            Piece::Literal(_) | Piece::EachHeader(_) => false,
            Piece::Text(Text::Topic, _) => bail!("the format reads a topic (%t); the topic is an argument of the command"),
            Piece::Text(text, _) => !sized.contains(text),
            Piece::Time(TimeForm::Strftime(_)) => bail!("the format reads a time by strftime; it can be read as ms, s or rfc3339"),
            Piece::Number(number, form) => {
                match number {
                    Number::KeyLength => sized.push(Text::Key),
                    Number::ValueLength => sized.push(Text::Value),
                    _ => {}
                }
                form.width().is_none()
            }
            Piece::Time(TimeForm::Number(form)) => form.width().is_none(),
            Piece::Time(_) | Piece::Headers => true,
        };
        if needs_delimiter && !is_delimited {
            bail!("the format has two fields without a text between them: put one there, or the length before (%V{{big32}}%v)");
        }
        if let Piece::EachHeader(inner) = piece {
            check(inner, &mut Vec::new())?;
        }
        is_advancing |= !matches!(piece, Piece::Text(..)) || needs_delimiter;
    }
    if !is_advancing {
        bail!("the format reads nothing; it takes fields like %k and %v with texts between them: '%k:%v\\n'");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, input: &[u8]) -> Result<Vec<Fields>, String> {
        let template = Template::parse(format).expect(format);
        let mut reader = TemplateReader::new(template, input, 20).map_err(|error| error.to_string())?;
        let mut all = Vec::new();
        while let Some(fields) = reader.next().map_err(|error| error.to_string())? {
            all.push(fields);
        }
        Ok(all)
    }

    fn fields(key: Option<&str>, value: Option<&str>) -> Fields {
        Fields { key: key.map(|key| key.into()), value: value.map(|value| value.into()), ..Fields::default() }
    }

    #[test]
    fn texts_end_at_what_stands_behind_them_or_by_their_length() {
        let two = vec![fields(Some("a"), Some("1")), fields(Some("b"), Some("2"))];
        let cases: [(&str, &[u8], Vec<Fields>); 8] = [
            ("%v\\n", b"x\ny", vec![fields(None, Some("x")), fields(None, Some("y"))]),
            ("%k:%v\\n", b"a:1\nb:2\n", two.clone()),
            ("%k => %v;;", b"a => 1;;b => 2;;", two.clone()),
            ("%K{big8}%V{big8}%k%v", b"\x01\x01a1\x01\x01b2", two.clone()),
            ("%K,%V,%k%v", b"1,1,a11,1,b2", two.clone()),
            ("%K,%k%v\\n", b"-1,x\n", vec![fields(None, Some("x"))]),
            ("%k{hex} %v{base64}\\n", b"61 MQ==\n62 Mg==\n", two),
            ("%v", b"a\nb", vec![fields(None, Some("a\nb"))]),
        ];
        for (format, input, expected) in cases {
            assert_eq!(read(format, input), Ok(expected), "{format}");
        }
    }

    #[test]
    fn partitions_times_and_headers_are_read() {
        let header = |key: &'static str, value: &'static str| Header::new(key.as_bytes(), value.as_bytes());
        let expected = Fields {
            value: Some("v".into()),
            headers: vec![header("a", "1"), header("b", "2")],
            partition: Some(3),
            timestamp: Some(5000),
            ..Fields::default()
        };
        for (format, input) in [
            ("%p %d{s} %h %v\\n", "3 5 a=1,b=2 v\n"),
            ("%p %d %H %h{%k=%v,}%v\\n", "3 5000 2 a=1,b=2,v\n"),
            ("%p %d{rfc3339} %h{%k=%v,}%h{%k=%v,}%v\\n", "3 1970-01-01T00:00:05Z a=1,b=2,v\n"),
        ] {
            assert_eq!(read(format, input.as_bytes()), Ok(vec![expected.clone()]), "{format}");
        }
    }

    #[test]
    fn bad_input_is_refused_with_what_was_expected() {
        let cases: [(&str, &[u8], &str); 8] = [
            ("%k:%v\\n", b"a\n", "before \":\""),
            ("%K{big8}%k\\n", b"\x05ab", "too early"),
            ("%k{hex}\\n", b"6\n", "hexadecimal"),
            ("%v{base64}\\n", b"!\n", "base64"),
            ("%p\\n", b"x\n", "number"),
            ("%v\\n", b"012345678901234567890\n", "longer than 20"),
            ("%K{big32}%k", b"\x7f\xff\xff\xff", "above the limit"),
            ("%K{big8}%k;", b"\x01a,", "\";\""),
        ];
        for (format, input, word) in cases {
            let error = read(format, input).expect_err(format);
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_format_that_cannot_be_read_by_is_refused() {
        for (format, word) in
            [("%k%v\\n", "between"), ("%t %v\\n", "topic"), ("", "nothing"), ("%d{strftime[%F]}\\n", "strftime"), ("%p%v\\n", "between")]
        {
            let error = read(format, b"x").expect_err(format);
            assert!(error.contains(word), "{error}");
        }
    }
}
