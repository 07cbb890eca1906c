//! Random values of a struct as a version of it can carry them, for tests.

use super::names;
use super::structs::{condition, uses_version, with_lifetime};
use crate::schema::{Message, Struct};
use std::fmt::Write;

pub(crate) fn emit(code: &mut String, message: &Message, it: &Struct) {
    let mut body = String::new();
    for field in &it.fields {
        let value = match field.nullable {
            None => "Sample::sample(s, f)".to_owned(),
            Some(nulls) => match condition(nulls, field.versions) {
                None => "s.nullable(f)".to_owned(),
                Some(condition) => format!("if {condition} {{ s.nullable(f) }} else {{ Some(Sample::sample(s, f)) }}"),
            },
        };
        let statement = format!("m.{} = {value};", names::field(&field.name));
        let _ = match condition(field.versions, it.versions) {
            Some(condition) => writeln!(body, "if {condition} {{ {statement} }}"),
            None => writeln!(body, "{statement}"),
        };
    }
    let version = if uses_version(&body) { "let v = f.version;\n" } else { "" };
    let _ = writeln!(
        code,
        "#[cfg(any(test, feature = \"testing\"))]\nimpl Sample for {} {{\nfn sample(s: &mut Sampler, f: Format) -> Self {{\n{version}let mut m = Self::default();\n{body}m\n}}\n}}",
        with_lifetime(message, it, "'_")
    );
}
