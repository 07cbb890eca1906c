//! Where a statement that is typed line by line ends: at a semicolon that is neither inside quotes nor in a comment.

/// What surrounds a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Code,
    /// A literal or quoted name that ends with this character.
    Quoted(char),
    LineComment,
    BlockComment(usize),
}

/// Whether the text is whole: it holds nothing but comments, or the last thing in it besides comments is a semicolon.
pub(super) fn is_whole(text: &str) -> bool {
    let (mut within, mut last) = (Within::Code, None);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        let (then, taken) = match (within, character, next) {
            (Within::Code, '-', Some('-')) => (Within::LineComment, 2),
            (Within::Code, '/', Some('*')) => (Within::BlockComment(1), 2),
            (Within::Code, quote @ ('\'' | '"' | '`'), _) => (Within::Quoted(quote), 1),
            // A doubled quote ends one literal and begins the next, which comes to the same.
            (Within::Quoted(quote), character, _) if character == quote => (Within::Code, 1),
            (Within::LineComment, '\n', _) => (Within::Code, 1),
            (Within::BlockComment(depth), '/', Some('*')) => (Within::BlockComment(depth + 1), 2),
            (Within::BlockComment(1), '*', Some('/')) => (Within::Code, 2),
            (Within::BlockComment(depth), '*', Some('/')) => (Within::BlockComment(depth - 1), 2),
            (within, _, _) => (within, 1),
        };
        let comment = |within| matches!(within, Within::LineComment | Within::BlockComment(_));
        if !comment(within) && !comment(then) && !character.is_whitespace() {
            last = Some(character);
        }
        within = then;
        if taken == 2 {
            characters.next();
        }
    }
    let closed = !matches!(within, Within::Quoted(_) | Within::BlockComment(_));
    closed && last.is_none_or(|last| last == ';')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_at_a_semicolon_outside_of_quotes_and_comments() {
        let whole = [
            "",
            "  ",
            "SELECT 1;",
            "SELECT 1; -- x",
            "SELECT 1; /* a; /* b */ */ ",
            "SELECT 'it''s';",
            "-- x",
            "SELECT ';';\n",
            "SELECT '-- ';",
        ];
        for text in whole {
            assert!(is_whole(text), "{text:?}");
        }
        for text in [
            "SELECT 1",
            "SELECT 'a;",
            "SELECT \"a;",
            "SELECT 1 -- ;",
            "SELECT 1 /* ;",
            "SELECT 1 /* ; */",
            "SELECT 1; SELECT",
            "SELECT 'a'';",
        ] {
            assert!(!is_whole(text), "{text:?}");
        }
    }
}
