//! Values in stores with the timestamp of their last update, in the layout of [`streams_state::timestamped`].

use crate::error::{not_read, not_written};
use crate::serdes::SerdeRef;
use log_model::Timestamp;
use streams_runtime::Result;
use streams_state::timestamped;

/// Reads and writes timestamped values of one store.
pub(super) struct Stamped<A>(pub(super) SerdeRef<A>);

impl<A: 'static> Stamped<A> {
    /// The value and its timestamp.
    pub(super) fn read(&self, bytes: &[u8]) -> Result<(A, Timestamp)> {
        let (timestamp, value) = timestamped::decode(bytes)?;
        let value = self.0.deserialize(value).map_err(|error| not_read("a row of state", &error))?;
        Ok((value, timestamp))
    }

    /// Appends timestamp and value to `out`.
    pub(super) fn write(&self, value: &A, timestamp: Timestamp, out: &mut Vec<u8>) -> Result<()> {
        timestamped::encode_into(timestamp, &[], out);
        self.0.serialize(value, out).map_err(|error| not_written("a row of state", &error))
    }
}
