//! Which windows are open, and up to where all are closed.
//!
//! The open ones are an index in memory, found again at start by skipping from window to window through the store. Up to where windows are closed is
//! stored whenever it moves: a window closes once, also across restarts.

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
    /// The starts of windows that hold groups.
    open: BTreeSet<i64>,
    /// Windows that end at or before this are closed.
    closed_until: i64,
}

impl Windows {
    pub(super) fn new(window: Window) -> Windows {
        Windows { window, open: BTreeSet::new(), closed_until: i64::MIN }
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
            self.open.insert(start);
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
        self.open.insert(start);
    }

    /// The watermark that closes everything that is open.
    pub(super) fn open_until(&self) -> Option<i64> {
        self.open.last().map(|start| self.window.end(*start).saturating_add(self.window.grace_ms))
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

    /// Closes what `watermark` allows: the starts of the windows that held groups, in order.
    pub(super) fn close(&mut self, watermark: i64, store: &mut dyn Store) -> Result<Vec<i64>> {
        let Some(until) = self.closing_until(watermark) else { return Ok(Vec::new()) };
        if until <= self.closed_until {
            return Ok(Vec::new());
        }
        self.closed_until = until;
        let mut bytes = vec![ROW_VERSION];
        write_signed(&mut bytes, until);
        store.put(&closed_key(), Some(&bytes))?;
        let rest = self.open.split_off(&until.saturating_sub(self.window.size_ms).saturating_add(1));
        Ok(std::mem::replace(&mut self.open, rest).into_iter().collect())
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
