//! Which windows hold groups, and up to where all are closed.
//!
//! Those that hold groups are an index in memory, found again at start by skipping from window to window through the store. Up to where windows are
//! closed is stored whenever it moves: a window closes once, also across restarts. A closed one is in the index until its groups are put out and gone.

use super::grouping::{closed_key, groups_tag};
use super::spec::Window;
use crate::codec::{ROW_VERSION, ValueReader, write_signed};
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use streams_state::Store;
use streams_state::key::{KeyPart, KeyReader};

pub(super) struct Windows {
    window: Window,
    /// The starts of windows that hold groups, closed ones first.
    holding: BTreeSet<i64>,
    /// Windows that end at or before this are closed.
    closed_until: i64,
}

impl Windows {
    pub(super) fn new(window: Window) -> Windows {
        Windows { window, holding: BTreeSet::new(), closed_until: i64::MIN }
    }

    /// Finds what the store holds.
    pub(super) fn load(&mut self, store: &mut dyn Store) -> Result<()> {
        if let Some(bytes) = store.get(&closed_key())? {
            let mut reader = ValueReader::versioned(&bytes, "end of closed windows")?;
            self.closed_until = reader.signed()?;
            reader.finish()?;
        }
        let mut from = groups_tag();
        let end = groups_tag().prefix_end();
        while let Some(start) = first_window(from.as_slice(), &end, store)? {
            self.holding.insert(start);
            from = groups_tag();
            match start.checked_add(1) {
                Some(next) => from.int(next),
                None => break,
            };
        }
        Ok(())
    }

    pub(super) fn is_closed(&self, start: i64) -> bool {
        self.window.end(start) <= self.closed_until
    }

    pub(super) fn opened(&mut self, start: i64) {
        self.holding.insert(start);
    }

    /// The watermark that closes everything that is open.
    pub(super) fn open_until(&self) -> Option<i64> {
        self.holding.last().map(|start| self.window.end(*start).saturating_add(self.window.grace_ms))
    }

    /// The watermark of the windows' starts, given that of the rows: every window that is still to be put out starts at or after it.
    pub(super) fn watermark_of_starts(&self, watermark: i64) -> i64 {
        self.closing_until(watermark).unwrap_or(i64::MIN)
    }

    /// Up to where `watermark` closes windows; `None` if that is before the beginning of time.
    fn closing_until(&self, watermark: i64) -> Option<i64> {
        let Window { size_ms, offset_ms, grace_ms } = self.window;
        let reached = watermark.checked_sub(grace_ms)?;
        reached.checked_sub(reached.checked_sub(offset_ms)?.rem_euclid(size_ms))
    }

    /// Closes what `watermark` allows. False if that is nothing new.
    pub(super) fn close(&mut self, watermark: i64, store: &mut dyn Store) -> Result<bool> {
        let Some(until) = self.closing_until(watermark).filter(|until| *until > self.closed_until) else { return Ok(false) };
        self.closed_until = until;
        let mut bytes = vec![ROW_VERSION];
        write_signed(&mut bytes, until);
        store.put(&closed_key(), Some(&bytes))?;
        Ok(true)
    }

    /// The first closed window that still holds groups.
    pub(super) fn first_closing(&self) -> Option<i64> {
        self.holding.first().copied().filter(|start| self.is_closed(*start))
    }

    /// The last closed window that still holds groups.
    pub(super) fn last_closing(&self) -> Option<i64> {
        self.holding.range(..=self.closed_until.saturating_sub(self.window.size_ms)).next_back().copied()
    }

    /// A closed window holds no groups any more.
    pub(super) fn emptied(&mut self, start: i64) {
        self.holding.remove(&start);
    }
}

fn first_window(from: &[u8], end: &[u8], store: &mut dyn Store) -> Result<Option<i64>> {
    let mut found = None;
    store.scan(from, Some(end), &mut |key, _| {
        found = Some(KeyReader::new(key)?.nth(1).transpose()?.map(|part| if let KeyPart::Int(start) = part { Some(start) } else { None }));
        Ok(ControlFlow::Break(()))
    })?;
    match found {
        None => Ok(None),
        Some(Some(Some(start))) => Ok(Some(start)),
        Some(_) => Err(Error::corrupt("group", "its key has no window")),
    }
}
