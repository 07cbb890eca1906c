//! A struct: its definition, its defaults, reading and writing.

use super::{names, sample};
use crate::schema::{Field, Message, Struct, Type, Versions};
use std::fmt::Write;

pub(crate) fn emit(code: &mut String, message: &Message, index: usize) -> Result<(), String> {
    let it = &message.structs[index];
    definition(code, message, it);
    defaults(code, message, it)?;
    read(code, message, it, min_bytes(message, it, index == 0)?);
    write(code, message, it)?;
    sample::emit(code, message, it);
    Ok(())
}

/// The name of the struct with a lifetime, if it borrows.
pub(crate) fn with_lifetime(message: &Message, it: &Struct, lifetime: &str) -> String {
    match borrows(message, it) {
        true => format!("{}<{lifetime}>", it.name),
        false => it.name.clone(),
    }
}

/// When the field is there, as a condition on `v`; nothing if always.
pub(crate) fn condition(versions: Versions, outer: Versions) -> Option<String> {
    match (versions.first > outer.first, versions.last < outer.last) {
        (true, true) if versions.first == versions.last => Some(format!("v == {}", versions.first)),
        (true, true) => Some(format!("({}..={}).contains(&v)", versions.first, versions.last)),
        (true, false) => Some(format!("v >= {}", versions.first)),
        (false, true) => Some(format!("v <= {}", versions.last)),
        (false, false) => None,
    }
}

/// Versions in which the field stands in its place rather than among the tagged ones; `None` if it is always tagged.
pub(crate) fn untagged(field: &Field) -> Option<Versions> {
    match field.tag {
        None => Some(field.versions),
        Some(tag) if tag.versions.first > field.versions.first => {
            Some(Versions { first: field.versions.first, last: tag.versions.first - 1 })
        }
        Some(_) => None,
    }
}

fn borrows(message: &Message, it: &Struct) -> bool {
    fn ty_borrows(message: &Message, ty: &Type) -> bool {
        match ty {
            Type::Fixed { .. } | Type::Records => false,
            Type::String | Type::Bytes => true,
            Type::Array(element) => ty_borrows(message, element),
            Type::Struct(name) => message.find(name).is_some_and(|it| borrows(message, it)),
        }
    }
    it.fields.iter().any(|field| ty_borrows(message, &field.ty))
}

fn rust(message: &Message, ty: &Type) -> String {
    match ty {
        Type::Fixed { rust, .. } => (*rust).to_owned(),
        Type::String => "Cow<'a, str>".to_owned(),
        Type::Bytes => "Cow<'a, [u8]>".to_owned(),
        Type::Records => "Records".to_owned(),
        Type::Array(element) => format!("Vec<{}>", rust(message, element)),
        Type::Struct(name) => message.find(name).map_or_else(|| name.clone(), |it| with_lifetime(message, it, "'a")),
    }
}

fn definition(code: &mut String, message: &Message, it: &Struct) {
    let name = with_lifetime(message, it, "'a");
    let of = if it.name == message.name() { "The message".to_owned() } else { format!("Part of [`{}`]", message.name()) };
    let _ = writeln!(code, "/// {of}, versions {} to {}.", it.versions.first, it.versions.last);
    let derived = if it.fields.iter().all(has_rust_default) { ", Default" } else { "" };
    let _ = writeln!(code, "#[derive(Clone, Debug, PartialEq{derived})]\npub struct {name} {{");
    for field in &it.fields {
        let mut ty = rust(message, &field.ty);
        if field.nullable.is_some() {
            ty = format!("Option<{ty}>");
        }
        let _ = writeln!(code, "/// {}\npub {}: {ty},", facts(field), names::field(&field.name));
    }
    code.push_str("}\n");
}

fn facts(field: &Field) -> String {
    let range = |versions: Versions| match versions.first == versions.last {
        true => format!("{}", versions.first),
        false => format!("{} to {}", versions.first, versions.last),
    };
    let mut facts = format!("`{}`, versions {}", field.name, range(field.versions));
    if let Some(nullable) = field.nullable {
        let _ = write!(facts, ", null in {}", range(nullable));
    }
    if let Some(tag) = field.tag {
        let _ = write!(facts, ", tag {} in {}", tag.number, range(tag.versions));
    }
    if let Some(default) = &field.default {
        let _ = write!(facts, ", default {default}");
    }
    if field.ignorable {
        facts += ", ignorable";
    }
    facts + "."
}

/// Whether the default of the schema is the one that `derive(Default)` gives.
fn has_rust_default(field: &Field) -> bool {
    match (&field.nullable, field.default.as_deref()) {
        (Some(_), default) => default == Some("null"),
        (None, None) => true,
        (None, Some(default)) => matches!(default, "0" | "false"),
    }
}

fn default(field: &Field) -> Result<String, String> {
    if has_rust_default(field) {
        return Ok("Default::default()".to_owned());
    }
    match (&field.nullable, field.default.as_deref(), &field.ty) {
        (Some(_), None, _) => Ok("Some(Default::default())".to_owned()),
        (None, Some(value), Type::Fixed { rust: "bool", .. }) if matches!(value, "true" | "false") => Ok(value.to_owned()),
        (None, Some(value), Type::Fixed { bytes: 1..=8, .. }) if value.parse::<i64>().is_ok() => Ok(value.to_owned()),
        (_, value, _) => Err(format!("{} cannot have the default {value:?}", field.name)),
    }
}

fn defaults(code: &mut String, message: &Message, it: &Struct) -> Result<(), String> {
    if it.fields.iter().all(has_rust_default) {
        return Ok(());
    }
    let _ = writeln!(code, "impl Default for {} {{\nfn default() -> Self {{\nSelf {{", with_lifetime(message, it, "'_"));
    for field in &it.fields {
        let _ = writeln!(code, "{}: {},", names::field(&field.name), default(field)?);
    }
    code.push_str("}\n}\n}\n");
    Ok(())
}

/// One statement, under its condition.
fn when(code: &mut String, condition: Option<String>, statement: &str) {
    let _ = match condition {
        Some(condition) => writeln!(code, "if {condition} {{ {statement} }}"),
        None => writeln!(code, "{statement}"),
    };
}

/// How the field is read where `versions` hold.
fn read_expression(field: &Field, versions: Versions, tagged: bool) -> String {
    let nullable = match (tagged, &field.ty) {
        (true, Type::Struct(_)) => "read_nullable_tagged(r, f)?",
        _ => "ReadNullable::read_nullable(r, f)?",
    };
    match field.nullable {
        None => "ReadField::read(r, f)?".to_owned(),
        Some(nulls) => match condition(nulls, versions) {
            None => nullable.to_owned(),
            Some(condition) => format!("if {condition} {{ {nullable} }} else {{ Some(ReadField::read(r, f)?) }}"),
        },
    }
}

fn read(code: &mut String, message: &Message, it: &Struct, min_bytes: usize) {
    let mut body = String::new();
    for field in &it.fields {
        if let Some(versions) = untagged(field) {
            let statement = format!("m.{} = {};", names::field(&field.name), read_expression(field, versions, false));
            when(&mut body, condition(versions, it.versions), &statement);
        }
    }
    if message.flexible_from.is_some() {
        let mut arms = String::new();
        for (field, tag) in it.fields.iter().filter_map(|field| field.tag.map(|tag| (field, tag))) {
            let guard = condition(tag.versions, it.versions).map(|condition| format!(" if {condition}")).unwrap_or_default();
            let value = read_expression(field, tag.versions, true);
            let _ = writeln!(arms, "{}{guard} => m.{} = {value},", tag.number, names::field(&field.name));
        }
        match arms.is_empty() {
            true => body += "r.skip_tags(f)?;\n",
            false => {
                let _ = writeln!(body, "r.tags(f, |r, tag| {{ match tag {{\n{arms}_ => return Ok(false),\n}} Ok(true) }})?;");
            }
        }
    }
    let name = with_lifetime(message, it, "'a");
    let version = if uses_version(&body) { "let v = f.version;\n" } else { "" };
    let _ = writeln!(
        code,
        "impl<'a> ReadField<'a> for {name} {{\nconst MIN_BYTES: usize = {min_bytes};\nfn read(r: &mut Reader<'a>, f: Format) -> Result<Self> {{\n{version}let mut m = Self::default();\n{body}Ok(m)\n}}\n}}"
    );
    if it.versions_of_null(message) {
        let _ = writeln!(code, "nullable_struct!({});", with_lifetime(message, it, "'a"));
    }
}

fn write_statement(field: &Field, versions: Versions) -> String {
    let name = names::field(&field.name);
    match field.nullable {
        None => format!("self.{name}.write(w, f);"),
        Some(nulls) => match condition(nulls, versions) {
            None => format!("WriteNullable::write_nullable(self.{name}.as_ref(), w, f);"),
            Some(condition) => format!(
                "if {condition} {{ WriteNullable::write_nullable(self.{name}.as_ref(), w, f); }} else {{ write_never_null(self.{name}.as_ref(), w, f); }}"
            ),
        },
    }
}

/// Whether a tagged field differs from its default, and therefore is written.
fn differs(field: &Field) -> Result<String, String> {
    let name = format!("self.{}", names::field(&field.name));
    Ok(match (&field.nullable, &field.ty) {
        (Some(_), _) if field.default.is_some() => format!("{name}.is_some()"),
        (Some(_), _) => format!("{name} != Some(Default::default())"),
        (None, Type::Array(_) | Type::String | Type::Bytes | Type::Records) => format!("!{name}.is_empty()"),
        (None, Type::Struct(inner)) => format!("{name} != {inner}::default()"),
        (None, Type::Fixed { rust: "bool", .. }) if field.default.as_deref() == Some("true") => format!("!{name}"),
        (None, Type::Fixed { rust: "bool", .. }) => name,
        (None, Type::Fixed { rust: "Uuid", .. }) => format!("!{name}.is_nil()"),
        (None, Type::Fixed { .. }) if has_rust_default(field) => format!("{name} != 0"),
        (None, Type::Fixed { .. }) => format!("{name} != {}", default(field)?),
    })
}

fn write(code: &mut String, message: &Message, it: &Struct) -> Result<(), String> {
    let mut body = String::new();
    for field in &it.fields {
        if let Some(versions) = untagged(field) {
            when(&mut body, condition(versions, it.versions), &write_statement(field, versions));
        }
    }
    if message.flexible_from.is_some() {
        let mut tagged: Vec<_> = it.fields.iter().filter_map(|field| field.tag.map(|tag| (field, tag))).collect();
        tagged.sort_by_key(|(_, tag)| tag.number);
        match tagged.is_empty() {
            true => body += "w.no_tags(f);\n",
            false => {
                body += "if f.flexible {\nlet tags = w.begin_tags();\n";
                for (field, tag) in tagged {
                    let mut conditions = Vec::from_iter(condition(tag.versions, it.versions));
                    conditions.push(differs(field)?);
                    let statement = match (&field.ty, field.nullable) {
                        (Type::Struct(_), Some(_)) => {
                            format!("write_nullable_tagged(self.{}.as_ref(), w, f);", names::field(&field.name))
                        }
                        _ => write_statement(field, tag.versions),
                    };
                    let _ = writeln!(body, "if {} {{ w.tag(tags, {}, |w| {{ {statement} }}); }}", conditions.join(" && "), tag.number);
                }
                body += "}\n";
            }
        }
    }
    let version = if uses_version(&body) { "let v = f.version;\n" } else { "" };
    let name = with_lifetime(message, it, "'_");
    let _ = writeln!(code, "impl WriteField for {name} {{\nfn write(&self, w: &mut Writer, f: Format) {{\n{version}{body}}}\n}}");
    Ok(())
}

/// Whether conditions on the version occur in the code.
pub(crate) fn uses_version(body: &str) -> bool {
    ["v >= ", "v <= ", "v == ", "(&v)"].iter().any(|it| body.contains(it))
}

/// The fewest bytes an encoding of the struct has in any version.
fn min_bytes(message: &Message, it: &Struct, is_message: bool) -> Result<usize, String> {
    let least = (it.versions.first..=it.versions.last).map(|version| bytes_at(message, it, version)).min().unwrap_or(0);
    match least {
        0 if !is_message => Err(format!("{} of {} can take no bytes: its count would have no bound", it.name, message.name())),
        least => Ok(least),
    }
}

fn bytes_at(message: &Message, it: &Struct, version: i16) -> usize {
    let flexible = message.is_flexible(version);
    let there = it.fields.iter().filter(|field| untagged(field).is_some_and(|versions| versions.contains(version)));
    let fields: usize = there
        .map(|field| match &field.ty {
            Type::Fixed { bytes, .. } => *bytes,
            Type::Struct(_) if field.nullable.is_some() => 1,
            Type::Struct(name) => message.find(name).map_or(0, |inner| bytes_at(message, inner, version)),
            _ if flexible => 1,
            Type::String => 2,
            Type::Bytes | Type::Records | Type::Array(_) => 4,
        })
        .sum();
    fields + usize::from(flexible)
}

impl Struct {
    /// Whether a field of the message is this struct or null.
    fn versions_of_null(&self, message: &Message) -> bool {
        let fields = message.structs.iter().flat_map(|it| &it.fields);
        fields.into_iter().any(|field| field.nullable.is_some() && field.ty == Type::Struct(self.name.clone()))
    }
}
