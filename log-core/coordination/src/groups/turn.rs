//! One turn of one group: what it may look at, and what comes out of it.

use super::command::Response;
use super::config::GroupsConfig;
use super::event::{Id, Token};
use super::records::Record;
use super::timers::Timers;
use super::topics::Topics;

/// What a group sees and says while it handles one event.
pub(crate) struct Turn<'a> {
    /// Now, milliseconds.
    pub(crate) now_ms: i64,
    /// The settings, with what the group overrides.
    pub(crate) config: GroupsConfig,
    /// The topics there are.
    pub(crate) topics: &'a Topics,
    /// The group's deadlines.
    pub(crate) timers: &'a mut Timers,
    /// Records to make durable.
    pub(crate) records: Vec<Record>,
    /// Answers that depend on them.
    pub(crate) replies: Vec<(Token, Response)>,
}

impl Turn<'_> {
    /// Answers a caller.
    pub(crate) fn reply(&mut self, token: Token, response: Response) {
        self.replies.push((token, response));
    }

    /// A deadline this many milliseconds from now.
    pub(crate) fn after(&self, delay_ms: i32) -> i64 {
        self.now_ms.saturating_add(i64::from(delay_ms.max(0)))
    }
}

/// Bytes that an id, or another text that is part of a key, may have: Kafka's format counts them in 15 bits, and a member id is made of two.
pub(crate) const TEXT_BYTES_MAX: usize = 16_000;

/// The id of a new member: what it is called, and text that no other has.
pub(crate) fn member_id(name: &str, fresh_id: &str) -> Id {
    let mut end = name.len().min(TEXT_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}-{fresh_id}", &name[..end]).into()
}
