//! Schema text to values: line by line, nesting by indentation of two blanks.
//!
//! Every mistake is refused with its line: unknown words, versions outside those of the surrounding struct, names used twice, structs nobody defines.

use super::schema::{Api, Field, Group, Message, Role, SchemaError, Struct, Tag, Type, Versions};

const FIXED: [Type; 9] = [
    fixed("bool", "bool", 1),
    fixed("int8", "i8", 1),
    fixed("int16", "i16", 2),
    fixed("uint16", "u16", 2),
    fixed("int32", "i32", 4),
    fixed("uint32", "u32", 4),
    fixed("int64", "i64", 8),
    fixed("float64", "f64", 8),
    fixed("uuid", "Uuid", 16),
];

const fn fixed(name: &'static str, rust: &'static str, bytes: usize) -> Type {
    Type::Fixed { name, rust, bytes }
}

type Result<T> = std::result::Result<T, SchemaError>;

/// One line that says something.
struct Line<'t> {
    number: usize,
    depth: usize,
    words: Vec<&'t str>,
}

impl Line<'_> {
    fn error<T>(&self, what: impl Into<String>) -> Result<T> {
        Err(SchemaError { line: self.number, what: what.into() })
    }

    fn versions(&self, text: &str, outer: Versions) -> Result<Versions> {
        let number = |text: &str| text.parse::<i16>().or_else(|_| self.error(format!("'{text}' is no version")));
        let versions = match (text.strip_suffix('+'), text.split_once('-')) {
            (Some(first), _) => Versions { first: number(first)?, last: outer.last },
            (None, Some((first, last))) => Versions { first: number(first)?, last: number(last)? },
            (None, None) => Versions { first: number(text)?, last: number(text)? },
        };
        if versions.first > versions.last || !versions.within(outer) {
            return self.error(format!("versions {text} are outside of {} to {}", outer.first, outer.last));
        }
        Ok(versions)
    }
}

/// The words of a line in turn.
struct Words<'l, 't> {
    line: &'l Line<'t>,
    next: usize,
}

impl<'t> Words<'_, 't> {
    fn take(&mut self, what: &str) -> Result<&'t str> {
        match self.line.words.get(self.next) {
            Some(word) => {
                self.next += 1;
                Ok(word)
            }
            None => self.line.error(format!("{what} is missing")),
        }
    }

    fn number<N: std::str::FromStr>(&mut self, what: &str) -> Result<N> {
        let word = self.take(what)?;
        word.parse().or_else(|_| self.line.error(format!("'{word}' is no {what}")))
    }

    fn peek(&self) -> Option<&'t str> {
        self.line.words.get(self.next).copied()
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.next += usize::from(found);
        found
    }

    fn versions(&mut self, outer: Versions) -> Result<Option<Versions>> {
        match self.peek() {
            Some(word) if word.starts_with(|first: char| first.is_ascii_digit()) => {
                self.next += 1;
                self.line.versions(word, outer).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn end(&self) -> Result<()> {
        match self.peek() {
            Some(word) => self.line.error(format!("unexpected '{word}'")),
            None => Ok(()),
        }
    }
}

/// Versions of a message and the first flexible one.
#[derive(Clone, Copy)]
struct Range {
    versions: Versions,
    flexible_from: Option<i16>,
}

/// Parses the text of one file.
pub(crate) fn file(text: &str) -> Result<Group> {
    let lines = lines(text)?;
    let Some((head, rest)) = lines.split_first() else {
        return Err(SchemaError { line: 1, what: "the file says nothing".to_owned() });
    };
    let mut words = Words { line: head, next: 0 };
    let group = match words.take("the kind of file")? {
        "api" => api(&mut words, rest)?,
        "record" => record(&mut words, rest)?,
        "data" => {
            let name = words.take("the name")?;
            let range = range(&mut words)?;
            Group::Record(vec![message(rest, head, Role::Data, None, name.to_owned(), range)?])
        }
        other => return head.error(format!("a file starts with 'api', 'record' or 'data', not with '{other}'")),
    };
    words.end()?;
    Ok(group)
}

fn api(words: &mut Words<'_, '_>, rest: &[Line<'_>]) -> Result<Group> {
    let key = words.number("api key")?;
    let name = words.take("the name")?.to_owned();
    let range = range(words)?;
    let advertised = match words.accept("advertised") {
        true => words.versions(Versions { first: 0, last: range.versions.last })?.unwrap_or(range.versions),
        false => range.versions,
    };
    let [request, response] = sections(words.line, rest, ["request", "response"])?;
    for (head, _) in [&request, &response] {
        if head.words.len() > 1 {
            return head.error("request and response have the versions of the first line");
        }
    }
    let make =
        |(head, body): (&Line<'_>, &[Line<'_>]), role, suffix| message(body, head, role, Some(key), format!("{name}{suffix}"), range);
    let request = make(request, Role::Request, "Request")?;
    let response = make(response, Role::Response, "Response")?;
    Ok(Group::Api(Api { key, name, advertised, request, response }))
}

fn record(words: &mut Words<'_, '_>, rest: &[Line<'_>]) -> Result<Group> {
    let code = words.number("record type")?;
    let name = words.take("the name")?;
    let parts = sections(words.line, rest, ["key", "value"])?;
    let mut messages = Vec::new();
    for ((head, body), role, suffix) in [(parts[0], Role::Key, "Key"), (parts[1], Role::Value, "Value")] {
        let mut words = Words { line: head, next: 1 };
        let range = range(&mut words)?;
        words.end()?;
        messages.push(message(body, head, role, Some(code), format!("{name}{suffix}"), range)?);
    }
    Ok(Group::Record(messages))
}

fn range(words: &mut Words<'_, '_>) -> Result<Range> {
    let Some(versions) = words.versions(Versions { first: 0, last: i16::MAX })? else {
        return words.line.error("versions are missing");
    };
    let flexible_from = match words.accept("flexible") {
        true => words.versions(versions)?.map(|flexible| flexible.first),
        false => None,
    };
    Ok(Range { versions, flexible_from })
}

/// The head and the body of each named section, in this order.
fn sections<'s, 't, const N: usize>(
    file: &Line<'t>,
    lines: &'s [Line<'t>],
    names: [&str; N],
) -> Result<[(&'s Line<'t>, &'s [Line<'t>]); N]> {
    let heads: Vec<usize> = (0..lines.len()).filter(|index| lines[*index].depth == 0).collect();
    let found: Vec<_> = heads.iter().map(|index| lines[*index].words[0]).collect();
    if found != names || heads.first() != Some(&0) {
        return file.error(format!("sections are {names:?}, not {found:?}"));
    }
    Ok(std::array::from_fn(|part| {
        let end = heads.get(part + 1).copied().unwrap_or(lines.len());
        (&lines[heads[part]], &lines[heads[part] + 1..end])
    }))
}

fn message(body: &[Line<'_>], head: &Line<'_>, role: Role, code: Option<i16>, name: String, range: Range) -> Result<Message> {
    let mut structs = vec![Struct { name, versions: range.versions, fields: Vec::new() }];
    let mut rest = body;
    structs[0].fields = fields(&mut rest, 1, range, &mut structs)?;
    while let Some((line, after)) = rest.split_first() {
        let ["struct", name] = line.words[..] else { return line.error("expected a field or 'struct NAME'") };
        rest = after;
        let fields = fields(&mut rest, 2, range, &mut structs)?;
        add(line, &mut structs, Struct { name: name.to_owned(), versions: range.versions, fields })?;
    }
    let message = Message { role, code, versions: range.versions, flexible_from: range.flexible_from, structs };
    check(&message, head)?;
    Ok(message)
}

fn add(line: &Line<'_>, structs: &mut Vec<Struct>, new: Struct) -> Result<()> {
    if new.fields.is_empty() {
        return line.error(format!("{} has no fields", new.name));
    }
    if structs.iter().any(|it| it.name == new.name) {
        return line.error(format!("{} is defined twice", new.name));
    }
    structs.push(new);
    Ok(())
}

/// The fields at `depth`, and the structs defined below them.
fn fields(rest: &mut &[Line<'_>], depth: usize, outer: Range, structs: &mut Vec<Struct>) -> Result<Vec<Field>> {
    let mut found: Vec<Field> = Vec::new();
    while let Some((line, after)) = rest.split_first() {
        if line.depth < depth || line.words[0] == "struct" {
            break;
        }
        if line.depth > depth {
            return line.error("indented too far");
        }
        *rest = after;
        let field = field(line, outer)?;
        if found.iter().any(|it| it.name == field.name) {
            return line.error(format!("{} is there twice", field.name));
        }
        if rest.first().is_some_and(|next| next.depth > depth && next.words[0] != "struct") {
            let Some(name) = field.ty.struct_name() else { return line.error("only structs have fields") };
            let inner = Range { versions: field.versions, flexible_from: outer.flexible_from };
            let fields = fields(rest, depth + 1, inner, structs)?;
            add(line, structs, Struct { name: name.to_owned(), versions: field.versions, fields })?;
        }
        found.push(field);
    }
    Ok(found)
}

fn field(line: &Line<'_>, outer: Range) -> Result<Field> {
    let mut words = Words { line, next: 0 };
    let name = words.take("the name")?.to_owned();
    let ty = ty(words.take("the type")?);
    let versions = words.versions(outer.versions)?;
    let mut field =
        Field { name, ty, versions: versions.unwrap_or(outer.versions), nullable: None, tag: None, default: None, ignorable: false };
    while let Some(word) = words.peek() {
        words.next += 1;
        match word {
            "null" => field.nullable = Some(words.versions(field.versions)?.unwrap_or(field.versions)),
            "tag" => {
                let number = words.number("tag")?;
                let tagged = words.versions(field.versions)?;
                // A field that says no versions of its own exists where it is tagged.
                if let (None, Some(tagged)) = (versions, tagged) {
                    field.versions = tagged;
                }
                let versions = tagged.unwrap_or(field.versions);
                if outer.flexible_from.is_none_or(|from| versions.first < from) {
                    return line.error("only flexible versions have tags");
                }
                field.tag = Some(Tag { number, versions });
            }
            "=" => field.default = Some(words.take("the default")?.to_owned()),
            "ignorable" => field.ignorable = true,
            other => return line.error(format!("unexpected '{other}'")),
        }
    }
    if field.nullable.is_some() && matches!(field.ty, Type::Fixed { .. }) {
        return line.error("a type of fixed size is never null");
    }
    Ok(field)
}

fn ty(word: &str) -> Type {
    if let Some(element) = word.strip_prefix("[]") {
        return Type::Array(Box::new(ty(element)));
    }
    match word {
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "records" => Type::Records,
        _ => FIXED.into_iter().find(|it| matches!(it, Type::Fixed { name, .. } if *name == word)).unwrap_or(Type::Struct(word.to_owned())),
    }
}

impl Type {
    /// The struct this is, or is an array of.
    pub(crate) fn struct_name(&self) -> Option<&str> {
        match self {
            Type::Struct(name) => Some(name),
            Type::Array(element) => element.struct_name(),
            _ => None,
        }
    }
}

/// Every named struct exists, and none holds itself: so decoding cannot recurse without bound.
fn check(message: &Message, head: &Line<'_>) -> Result<()> {
    fn visit(message: &Message, name: &str, path: &mut Vec<String>) -> std::result::Result<(), String> {
        if path.iter().any(|it| it == name) {
            return Err(format!("{name} holds itself"));
        }
        let Some(found) = message.find(name) else { return Err(format!("nobody defines {name}")) };
        path.push(name.to_owned());
        for inner in found.fields.iter().filter_map(|field| field.ty.struct_name()) {
            visit(message, inner, path)?;
        }
        path.pop();
        Ok(())
    }
    visit(message, message.name(), &mut Vec::new()).or_else(|what| head.error(what))
}

fn lines(text: &str) -> Result<Vec<Line<'_>>> {
    let mut lines = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let said = text.split('#').next().unwrap_or_default();
        if said.trim().is_empty() {
            continue;
        }
        let blanks = said.len() - said.trim_start_matches(' ').len();
        let line = Line { number: index + 1, depth: blanks / 2, words: said.split_whitespace().collect() };
        if blanks % 2 != 0 {
            return line.error("indentation is two blanks a level");
        }
        lines.push(line);
    }
    Ok(lines)
}
