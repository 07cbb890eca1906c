//! The format language of records: what kcat and rpk call a format string, for printing and for reading.

mod help;
mod number;
mod parse;
mod read;
mod render;
mod template;

pub(crate) use help::help;
pub(crate) use read::{Fields, TemplateReader};
pub(crate) use render::{Renderer, Shown};
pub(crate) use template::Template;
