//! How deep the tree of a statement can become, measured on its tokens before there is one: the parser builds `a + a + …` and `q UNION q UNION …` in a
//! loop, and whoever walks, copies or drops such a tree calls itself once a level.
//!
//! The measure grows with the tree's depth, in points, for the levels of a tree are not equally large where it is planned: see [`POINTS_MAX`]. Parentheses and
//! `CASE … END` add what they hold; commas and the words of clauses begin anew, so that lists of any length stay flat; `AND` and `OR` bind less than all
//! else, so that what stands between them counts once. It keeps a stack of its own and does not call itself.

use super::cursor::location_of;
use crate::error::{Error, Location, Result};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// Statements with more points are refused. A debug build has room for about twice as many in a thread of 2 MiB.
const POINTS_MAX: usize = 240;

/// The points of `AND` and `OR`.
const LOGIC: usize = 1;

/// The points of other operators, of words that may be some, and of a pair of parentheses.
const OPERATOR: usize = 3;

/// The points of joins and of `UNION` and its like.
const RELATION: usize = 5;

/// What a parenthesis, a bracket or `CASE` has opened, and the whole statement. All numbers are points.
#[derive(Default)]
struct Group {
    is_case: bool,
    /// Commas are joins.
    in_from: bool,
    /// Of joins and set operations: a comma does not end them.
    relations: usize,
    /// Of AND and OR since the last comma.
    logic: usize,
    /// Of other operators since the last comma, AND or OR.
    term: usize,
    /// Of the deepest group closed in this term.
    inner: usize,
    /// Of the deepest term since the last comma.
    deepest_term: usize,
    /// Of the deepest run between commas.
    deepest_run: usize,
}

impl Group {
    fn points(&self) -> usize {
        self.relations + self.deepest_run.max(self.run())
    }

    /// What stands around a group that opens here, and the group itself.
    fn around(&self) -> usize {
        self.relations + self.logic + self.term + OPERATOR
    }

    fn run(&self) -> usize {
        self.logic + self.deepest_term.max(self.term + self.inner)
    }

    fn end_term(&mut self) {
        self.deepest_term = self.deepest_term.max(self.term + self.inner);
        (self.term, self.inner) = (0, 0);
    }

    fn end_run(&mut self) {
        self.deepest_run = self.deepest_run.max(self.run());
        (self.logic, self.term, self.inner, self.deepest_term) = (0, 0, 0, 0);
    }
}

/// Refuses tokens whose tree could be too deep; whitespace is not among them.
pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<()> {
    let mut groups = vec![Group::default()];
    let mut outer = 0;
    for (index, token) in tokens.iter().enumerate() {
        let after_operand = index.checked_sub(1).is_some_and(|before| ends_operand(&tokens[before].token));
        let last = groups.len() - 1;
        let group = &mut groups[last];
        // As in abs(…), sum(…): the parenthesis counts.
        let is_called = !after_operand && tokens.get(index + 1).is_some_and(|next| next.token == Token::LParen);
        if is_called && matches!(&token.token, Token::Word(word) if word.keyword != Keyword::CASE) {
            continue;
        }
        match effect(&token.token, after_operand, group) {
            Effect::None => continue,
            Effect::Operator => group.term += OPERATOR,
            Effect::Logic => {
                group.end_term();
                group.logic += LOGIC;
            }
            Effect::Relation => {
                group.end_run();
                group.relations += RELATION;
            }
            Effect::EndRun => group.end_run(),
            Effect::Open { is_case } => {
                outer += group.around();
                groups.push(Group { is_case, ..Group::default() });
            }
            Effect::Close if last > 0 => {
                let inner = group.points() + OPERATOR;
                groups.pop();
                let group = &mut groups[last - 1];
                outer -= group.around();
                group.inner = group.inner.max(inner);
            }
            Effect::Close => {}
        }
        if outer + groups.last().map_or(0, Group::points) > POINTS_MAX {
            return Err(too_deep(location_of(token)));
        }
    }
    Ok(())
}

enum Effect {
    None,
    Operator,
    /// `AND`, `OR`
    Logic,
    /// One more join or set operation.
    Relation,
    EndRun,
    Open {
        is_case: bool,
    },
    Close,
}

fn effect(token: &Token, after_operand: bool, group: &mut Group) -> Effect {
    match token {
        Token::LParen | Token::LBracket | Token::LBrace => Effect::Open { is_case: false },
        Token::RParen | Token::RBracket | Token::RBrace => Effect::Close,
        Token::Comma if group.in_from => Effect::Relation,
        Token::Comma => Effect::EndRun,
        Token::Word(Word { quote_style: Some(_), .. } | Word { keyword: Keyword::NoKeyword, .. }) => Effect::None,
        Token::Word(word) => of_keyword(word.keyword, after_operand, group),
        token if is_literal(token) => Effect::None,
        Token::Period | Token::EOF => Effect::None,
        _ => Effect::Operator,
    }
}

/// A keyword may also be a name. It separates only where an operand has just ended: no name can stand there.
fn of_keyword(keyword: Keyword, after_operand: bool, group: &mut Group) -> Effect {
    match keyword {
        Keyword::AND | Keyword::OR if after_operand => Effect::Logic,
        Keyword::JOIN | Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT => Effect::Relation,
        Keyword::CASE => Effect::Open { is_case: true },
        Keyword::END if group.is_case && after_operand => Effect::Close,
        Keyword::WHEN | Keyword::THEN | Keyword::ELSE if group.is_case => {
            if after_operand {
                Effect::EndRun
            } else {
                Effect::None
            }
        }
        Keyword::FROM | Keyword::WHERE | Keyword::GROUP | Keyword::ORDER | Keyword::HAVING if after_operand => {
            group.in_from = keyword == Keyword::FROM;
            Effect::EndRun
        }
        Keyword::SELECT | Keyword::VALUES => {
            group.in_from = false;
            Effect::None
        }
        keyword if HARMLESS.contains(&keyword) => Effect::None,
        _ => Effect::Operator,
    }
}

/// Words that deepen no tree: where they repeat, operators or commas stand between them.
const HARMLESS: [Keyword; 22] = [
    Keyword::TRUE,
    Keyword::FALSE,
    Keyword::NULL,
    Keyword::FROM,
    Keyword::WHERE,
    Keyword::GROUP,
    Keyword::ORDER,
    Keyword::HAVING,
    Keyword::BY,
    Keyword::AS,
    Keyword::ON,
    Keyword::USING,
    Keyword::ALL,
    Keyword::ASC,
    Keyword::DESC,
    Keyword::WITH,
    Keyword::LEFT,
    Keyword::RIGHT,
    Keyword::FULL,
    Keyword::INNER,
    Keyword::OUTER,
    Keyword::CROSS,
];

/// Words behind which an operand is still to come.
const WAITING: [Keyword; 24] = [
    Keyword::AND,
    Keyword::OR,
    Keyword::NOT,
    Keyword::IS,
    Keyword::LIKE,
    Keyword::ILIKE,
    Keyword::RLIKE,
    Keyword::REGEXP,
    Keyword::TO,
    Keyword::IN,
    Keyword::BETWEEN,
    Keyword::COLLATE,
    Keyword::ZONE,
    Keyword::DISTINCT,
    Keyword::FROM,
    Keyword::INTERVAL,
    Keyword::PRIOR,
    Keyword::DIV,
    Keyword::XOR,
    Keyword::CASE,
    Keyword::WHEN,
    Keyword::THEN,
    Keyword::ELSE,
    Keyword::SELECT,
];

/// Whether a value or a name may end with it, and nothing that waits for another operand.
fn ends_operand(token: &Token) -> bool {
    match token {
        Token::RParen | Token::RBracket | Token::RBrace => true,
        // SELECT * FROM
        Token::Mul => true,
        Token::Word(word) => word.quote_style.is_some() || !WAITING.contains(&word.keyword),
        token => is_literal(token),
    }
}

fn is_literal(token: &Token) -> bool {
    matches!(
        token,
        Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::DollarQuotedString(_)
    )
}

fn too_deep(location: Option<Location>) -> Error {
    let limit = |points: usize| POINTS_MAX / points;
    Error::invalid("the statement is nested too deeply")
        .with_detail(format!(
            "the limit is {} AND and OR in a row, {} other operators, {} joins or UNIONs; less where they hold each other",
            limit(LOGIC),
            limit(OPERATOR),
            limit(RELATION)
        ))
        .with_hint("write a = 1 OR a = 2 as a IN (1, 2), which takes any number of values, or split the statement")
        .at(location)
}

#[cfg(test)]
mod tests {
    use super::{LOGIC, OPERATOR, POINTS_MAX, RELATION};
    use crate::{Script, Statement};

    fn outcome(sql: &str) -> Result<String, String> {
        let script = Script::parse(sql, &Default::default()).map_err(|error| error.message().to_string())?;
        let again = script.clone();
        let Statement::Select { query, .. } = &again.statements()[0].statement else { return Ok(String::new()) };
        Ok(query.to_string())
    }

    fn repeated(before: &str, part: &str, count: usize, after: &str) -> String {
        format!("{before}{}{after}", part.repeat(count))
    }

    #[test]
    fn chains_of_any_kind_are_refused_before_they_are_a_tree() {
        for (before, part, after) in [
            ("SELECT 1", " + 1", ""),
            ("SELECT a FROM t WHERE a = 0", " OR a = 1", ""),
            ("SELECT ", "NOT ", "a"),
            ("SELECT ", "- ", "1"),
            ("SELECT ", "(", "1"),
            ("SELECT ", "[", "1"),
            ("SELECT ", "f(1, ", "1"),
            ("SELECT ", "(1, 2) + ", "1"),
            ("SELECT ", "CASE WHEN a THEN ", "1"),
            ("SELECT CASE WHEN 1", " + when", " THEN 1 END"),
            ("SELECT ", "INTERVAL ", "'1'"),
            ("SELECT 1", "::INT", ""),
            ("SELECT a", " IS NOT NULL", ""),
            ("SELECT a", " COLLATE x", ""),
            ("SELECT a", " AT TIME ZONE where", ""),
            ("SELECT a", " IN (1)", ""),
            ("SELECT 1, 2", " UNION SELECT 1, 2", ""),
            ("SELECT 1 FROM t", " JOIN t ON a = b", ""),
            ("SELECT 1 FROM t", ", t", ""),
            ("CREATE STREAM s AS SELECT 1", " || 1", " AS a FROM t"),
            ("CREATE STREAM s (a INT, WATERMARK FOR a AS a", " - 1", ")"),
            ("INSERT INTO s VALUES (1", " + 1", ")"),
            ("EXPLAIN SELECT 1", " * 1", ""),
        ] {
            for count in [POINTS_MAX + 1, 50_000] {
                let error = outcome(&repeated(before, part, count, after)).unwrap_err();
                assert_eq!(error, "the statement is nested too deeply", "{before}{part}… {count} times");
            }
        }
    }

    #[test]
    fn lists_of_any_length_are_flat() {
        for (before, part, after) in [
            ("SELECT a IN (1", ", -1", ") FROM t"),
            ("SELECT 1", ", a + 1 * 2", " FROM t"),
            ("VALUES (1)", ", (-1 + 2)", ""),
            ("INSERT INTO s VALUES (1)", ", (-1 + 2)", ""),
            ("SELECT CASE (a) WHEN 0 THEN 1", " WHEN a + 1 THEN -1", " ELSE 2 END FROM t"),
            ("SELECT CASE WHEN a = 0 THEN 1", " WHEN t.a = 1 AND \"b\" = 'x' THEN NULL", " END FROM t"),
            ("SELECT f(1", ", (a + 1)", ") FROM t"),
        ] {
            outcome(&repeated(before, part, 5_000, after)).unwrap();
        }
    }

    #[test]
    fn groups_count_with_what_stands_around_them() {
        let chain = |count: usize| vec!["1"; count].join(" + ");
        let nested = |count: usize| format!("SELECT ({}) + {}", chain(count), chain(count));
        let half = POINTS_MAX / OPERATOR / 2;
        assert!(outcome(&nested(half - 3)).is_ok());
        assert!(outcome(&nested(half + 3)).is_err());
    }

    #[test]
    fn statements_as_they_are_written_are_taken() {
        let condition = "time = 1 AND status >= -2 AND (name LIKE 'a%' OR value BETWEEN 1 AND 2) AND year IS NOT NULL";
        let mut query = format!("SELECT a, count(*) AS n FROM t WHERE {condition} GROUP BY a HAVING count(*) > 1");
        for level in 0..8 {
            query = format!(
                "SELECT q.a, CASE WHEN q.a > 1 AND {condition} THEN round(sum(q.a) * 100.0 / count(*), 2) ELSE NULL END AS n \
                 FROM ({query}) AS q LEFT JOIN u AS u{level} ON q.a = u{level}.a WHERE {condition} GROUP BY q.a ORDER BY 1 DESC LIMIT 10"
            );
        }
        outcome(&query).unwrap();
        outcome(&repeated("SELECT * FROM t WHERE time = 0 AND value > 1", " OR time = 1 AND value < 2", 110, "")).unwrap();
        outcome(&format!("SELECT {}1{}", "abs(".repeat(24), ")".repeat(24))).unwrap();
        outcome(&format!("SELECT {}1{}", "CASE WHEN a = 1 AND NOT b THEN 2 ELSE ".repeat(24), " END".repeat(24))).unwrap();
        outcome(&repeated("SELECT a", ", a IS DISTINCT FROM b", 1_000, " FROM t")).unwrap();
    }

    #[test]
    fn the_limits_are_those_that_the_error_names() {
        for (before, part, points) in [
            ("SELECT a FROM t WHERE a = 1", " OR a = 1", LOGIC),
            ("SELECT 1", " + 1", OPERATOR),
            ("SELECT 1", " UNION SELECT 1", RELATION),
            ("SELECT 1 FROM t", " JOIN t ON a = b", RELATION),
        ] {
            let limit = POINTS_MAX / points;
            assert!(outcome(&repeated(before, part, limit - OPERATOR, "")).is_ok(), "{part}");
            assert!(outcome(&repeated(before, part, limit + 1, "")).is_err(), "{part}");
        }
    }
}
