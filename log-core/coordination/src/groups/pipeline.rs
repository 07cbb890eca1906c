//! The appends of one group that are under way: what waits for them, and what the group was before each.
//!
//! Always: answers are let go in the order they were given; an answer waits for the last append asked for before it. When an append fails, it and
//! every later one count as failed.

use super::command::Response;
use super::event::{PersistId, Token};
use super::slot::Kept;
use std::collections::VecDeque;

/// An append under way.
#[derive(Clone, Debug)]
struct Append {
    persist: PersistId,
    before: Kept,
    waiting: Vec<(Token, Response)>,
}

/// The appends of one group that are under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pipeline {
    appends: VecDeque<Append>,
    /// Outcomes seen out of order: reported durable before an earlier one.
    durable: Vec<PersistId>,
}

/// What a failed append leaves.
pub(crate) struct Failure {
    /// What the group was before it.
    pub(crate) before: Kept,
    /// The answers that waited.
    pub(crate) waiting: Vec<(Token, Response)>,
    /// The appends that count as failed.
    pub(crate) persists: Vec<PersistId>,
}

impl Pipeline {
    /// Whether no append is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.appends.is_empty()
    }

    /// An append is asked for; answers wait for it.
    pub(crate) fn begin(&mut self, persist: PersistId, before: Kept, waiting: Vec<(Token, Response)>) {
        self.appends.push_back(Append { persist, before, waiting });
    }

    /// Answers without records wait for what is under way; returned at once if nothing is.
    pub(crate) fn hold(&mut self, replies: Vec<(Token, Response)>) -> Vec<(Token, Response)> {
        match self.appends.back_mut() {
            Some(last) => {
                last.waiting.extend(replies);
                Vec::new()
            }
            None => replies,
        }
    }

    /// An append is durable: the answers that may go.
    pub(crate) fn persisted(&mut self, persist: PersistId) -> Vec<(Token, Response)> {
        if !self.appends.iter().any(|append| append.persist == persist) {
            return Vec::new();
        }
        self.durable.push(persist);
        let mut freed = Vec::new();
        while let Some(append) = self.appends.pop_front_if(|first| self.durable.contains(&first.persist)) {
            self.durable.retain(|persist| *persist != append.persist);
            freed.extend(append.waiting);
        }
        freed
    }

    /// An append failed; `None` if it is not under way (any more).
    pub(crate) fn failed(&mut self, persist: PersistId) -> Option<Failure> {
        let index = self.appends.iter().position(|append| append.persist == persist)?;
        let mut lost = self.appends.split_off(index).into_iter();
        let first = lost.next()?;
        let mut failure = Failure { before: first.before, waiting: first.waiting, persists: vec![first.persist] };
        for append in lost {
            failure.waiting.extend(append.waiting);
            failure.persists.push(append.persist);
        }
        self.durable.retain(|persist| !failure.persists.contains(persist));
        Some(failure)
    }
}
