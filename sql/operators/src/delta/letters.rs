//! What a record looks like once it is a dead letter.

use std::fmt;
use std::sync::Arc;
use streams_runtime::ConsumedRecord;

type Mark = dyn Fn(&mut ConsumedRecord) + Send + Sync;

/// Marks records on their way to a dead-letter topic, so that whoever finds them there knows which query could not use them. The default leaves them as
/// they are.
///
/// ```
/// use sql_operators::Letters;
/// use streams_runtime::ConsumedRecord;
///
/// let record = ConsumedRecord { offset: 0.into(), timestamp: 0.into(), key: None, value: None, headers: Vec::new() };
/// let letters = Letters::new(|record| record.key = Some("by query q".into()));
/// assert_eq!(letters.of(&record).key.as_deref(), Some(b"by query q".as_slice()));
/// assert_eq!(Letters::default().of(&record).key, None);
/// ```
#[derive(Clone, Default)]
pub struct Letters(Option<Arc<Mark>>);

impl Letters {
    /// Dead letters marked so.
    pub fn new(mark: impl Fn(&mut ConsumedRecord) + Send + Sync + 'static) -> Letters {
        Letters(Some(Arc::new(mark)))
    }

    /// The dead letter of a record: the record with all its headers, marked.
    pub fn of(&self, record: &ConsumedRecord) -> ConsumedRecord {
        let mut letter = record.clone();
        if let Some(mark) = &self.0 {
            mark(&mut letter);
        }
        letter
    }
}

impl fmt::Debug for Letters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Letters(marked)" } else { "Letters" })
    }
}
