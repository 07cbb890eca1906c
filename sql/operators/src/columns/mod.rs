//! Arrow columns value by value: reading, building, and values as text.

mod base64;
mod builder;
mod cell;
mod civil;
mod decimal;
mod parse;
mod render;
mod view;

pub(crate) use base64::{decode_base64, encode_base64};
pub(crate) use builder::RowBuilder;
pub(crate) use cell::{Cell, Kind};
pub(crate) use parse::{TextParser, int_in_range, sql_name, timestamp_of_ms};
pub(crate) use render::{TextRenderer, render_text};
pub(crate) use view::{ColumnView, views};
