//! The headers a row carries along: one pointer wide and shared, because most rows have none and all are copied.

use std::sync::Arc;
use streams_runtime::ConsumedRecord;

/// The headers of a record, in their order, duplicates kept.
#[derive(Clone, Debug, Default)]
pub struct Headers(Option<Arc<ConsumedRecord>>);

impl Headers {
    /// No headers.
    pub const NONE: Headers = Headers(None);

    /// The headers of a record.
    pub(crate) fn of(record: &ConsumedRecord) -> Self {
        if record.headers.is_empty() {
            return Headers::NONE;
        }
        Headers(Some(Arc::new(ConsumedRecord { key: None, value: None, ..record.clone() })))
    }

    /// Every name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.record().into_iter().flat_map(|record| &record.headers).map(|header| (header.key.as_ref(), header.value.as_deref()))
    }

    /// A record with these headers, if there are any.
    pub(crate) fn record(&self) -> Option<&ConsumedRecord> {
        self.0.as_deref()
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}
