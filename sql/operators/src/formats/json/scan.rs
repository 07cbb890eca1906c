//! Cuts JSON text into values without building a tree. Nested values are checked and handed out as their text.

use std::borrow::Cow;

/// Nested values deeper than this are refused.
const DEPTH_MAX: usize = 128;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Null,
    Boolean(bool),
    /// Its text.
    Number(&'a str),
    /// What stands between the quotes, and whether it holds escapes.
    Text(&'a str, bool),
    /// The whole text, brackets included.
    Object(&'a str),
    /// The whole text, brackets included.
    Array(&'a str),
}

impl Token<'_> {
    /// What it is, in words.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Token::Null => "null",
            Token::Boolean(_) => "boolean",
            Token::Number(_) => "number",
            Token::Text(_, _) => "string",
            Token::Object(_) => "object",
            Token::Array(_) => "array",
        }
    }
}

/// Reads a text from front to end.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// Why a text is no JSON: what was expected and where.
pub(super) type Scanned<T> = Result<T, String>;

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Scanner<'a> {
        Scanner { text, at: 0 }
    }

    fn expected<T>(&self, what: &str) -> Scanned<T> {
        match self.text[self.at..].chars().next() {
            Some(found) => Err(format!("expected {what} at byte {}, found {found:?}", self.at)),
            None => Err(format!("expected {what} at byte {}, found the end", self.at)),
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Skips space and takes `symbol` if it is next.
    #[inline]
    fn next_is(&mut self, symbol: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(symbol);
        self.at += usize::from(found);
        found
    }

    /// Takes the opening bracket of an object or array.
    pub(super) fn open(&mut self, bracket: u8) -> Scanned<()> {
        if self.next_is(bracket) { Ok(()) } else { self.expected(if bracket == b'{' { "an object" } else { "an array" }) }
    }

    /// The name of the next member, `None` at the end of the object. `first` tells whether no member came before.
    pub(super) fn member(&mut self, first: bool) -> Scanned<Option<(&'a str, bool)>> {
        if self.next_is(b'}') {
            return Ok(None);
        }
        if !first && !self.next_is(b',') {
            return self.expected("',' or '}'");
        }
        if !self.next_is(b'"') {
            return self.expected("the name of a member");
        }
        let name = self.text_token()?;
        if self.next_is(b':') { Ok(Some(name)) } else { self.expected("':'") }
    }

    /// Whether an array goes on with another item.
    pub(super) fn item(&mut self, first: bool) -> Scanned<bool> {
        if self.next_is(b']') {
            return Ok(false);
        }
        if first || self.next_is(b',') { Ok(true) } else { self.expected("',' or ']'") }
    }

    /// Nothing but space may follow.
    pub(super) fn end(&mut self) -> Scanned<()> {
        self.skip_space();
        if self.at == self.text.len() { Ok(()) } else { self.expected("the end") }
    }

    /// The next value.
    pub(super) fn value(&mut self) -> Scanned<Token<'a>> {
        self.nested(DEPTH_MAX)
    }

    fn nested(&mut self, depth: usize) -> Scanned<Token<'a>> {
        self.skip_space();
        let from = self.at;
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.text_token().map(|(text, escaped)| Token::Text(text, escaped))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{') => {
                self.skip_object(depth)?;
                Ok(Token::Object(&self.text[from..self.at]))
            }
            Some(b'[') => {
                self.skip_array(depth)?;
                Ok(Token::Array(&self.text[from..self.at]))
            }
            Some(b't') => self.word("true", Token::Boolean(true)),
            Some(b'f') => self.word("false", Token::Boolean(false)),
            Some(b'n') => self.word("null", Token::Null),
            _ => self.expected("a value"),
        }
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Scanned<Token<'a>> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(token);
        }
        self.expected("a value")
    }

    fn deeper(&self, depth: usize) -> Scanned<usize> {
        depth.checked_sub(1).ok_or_else(|| format!("values are nested more than {DEPTH_MAX} deep at byte {}", self.at))
    }

    fn skip_object(&mut self, depth: usize) -> Scanned<()> {
        let depth = self.deeper(depth)?;
        self.open(b'{')?;
        let mut first = true;
        while self.member(first)?.is_some() {
            self.nested(depth)?;
            first = false;
        }
        Ok(())
    }

    fn skip_array(&mut self, depth: usize) -> Scanned<()> {
        let depth = self.deeper(depth)?;
        self.open(b'[')?;
        let mut first = true;
        while self.item(first)? {
            self.nested(depth)?;
            first = false;
        }
        Ok(())
    }

    /// The text up to the closing quote; the opening one is behind us. Escapes are checked.
    fn text_token(&mut self) -> Scanned<(&'a str, bool)> {
        let from = self.at;
        let mut escaped = false;
        loop {
            // Most of a text is plain: passed over in one go.
            let rest = &self.text.as_bytes()[self.at..];
            self.at += rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')).unwrap_or(rest.len());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((&self.text[from..self.at - 1], escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.skip_escape()?;
                }
                Some(_) => return self.expected("a character that may stand in a string"),
                None => return self.expected("'\"'"),
            }
        }
    }

    fn skip_escape(&mut self) -> Scanned<()> {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += match rest.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => {
                let unit = code_unit(rest);
                let paired = match unit {
                    Some(0xd800..0xdc00) => matches!(code_unit(&rest[6..]), Some(0xdc00..0xe000)).then_some(12),
                    Some(0xdc00..0xe000) | None => None,
                    Some(_) => Some(6),
                };
                match paired {
                    Some(len) => len,
                    None => return self.expected("a Unicode escape"),
                }
            }
            _ => return self.expected("an escape"),
        };
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self) -> Scanned<Token<'a>> {
        let from = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return self.expected("a number without leading zeros");
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return self.expected("a digit");
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return self.expected("a digit");
            }
        }
        Ok(Token::Number(&self.text[from..self.at]))
    }
}

/// The number of a `\uXXXX` escape at the front of `bytes`.
fn code_unit(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

/// The text a string stands for. `escaped` as the scanner found it; escapes have been checked.
pub(super) fn unescape(text: &str, escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let bytes = &rest.as_bytes()[at..];
        let (character, len) = match bytes.get(1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => unicode(bytes),
            Some(same) => (char::from(*same), 2),
            None => ('\\', 1),
        };
        plain.push(character);
        rest = &rest[at + len..];
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn unicode(bytes: &[u8]) -> (char, usize) {
    let replaced = char::REPLACEMENT_CHARACTER;
    match code_unit(bytes) {
        Some(high @ 0xd800..0xdc00) => {
            let low = code_unit(&bytes[6..]).unwrap_or(0xdc00);
            (char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low & 0x3ff)).unwrap_or(replaced), 12)
        }
        Some(unit) => (char::from_u32(unit).unwrap_or(replaced), 6),
        None => (replaced, 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accepts(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        scanner.value().and_then(|_| scanner.end()).is_ok()
    }

    #[test]
    fn errors_say_what_was_expected_and_where() {
        for (text, message) in [
            ("{\"a\" 1}", "expected ':' at byte 5, found '1'"),
            ("{\"a\":1", "expected ',' or '}' at byte 6, found the end"),
            ("[1 2]", "expected ',' or ']' at byte 3, found '2'"),
            ("01", "expected a number without leading zeros at byte 2, found the end"),
            ("\"\\x\"", "expected an escape at byte 1, found '\\\\'"),
        ] {
            assert_eq!(Scanner::new(text).value().unwrap_err(), message, "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(accepts(&format!("{}{}", "[".repeat(100), "]".repeat(100))));
        assert!(!accepts(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))));
    }

    proptest! {
        #[test]
        fn the_scanner_and_serde_agree(text in "[\\[\\]{}:,\"\\\\ a1.eE+\\-u08]{0,12}") {
            prop_assert_eq!(accepts(&text), serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }

        #[test]
        fn strings_unescape_as_serde_does(text in any::<String>(), ascii in any::<bool>()) {
            let written = if ascii {
                let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
                format!("\"{escaped}\"")
            } else {
                serde_json::to_string(&text).unwrap()
            };
            let Token::Text(raw, escaped) = Scanner::new(&written).value().unwrap() else { panic!("a string") };
            prop_assert_eq!(unescape(raw, escaped), text);
        }
    }
}
