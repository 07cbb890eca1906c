//! Reads everything once more from the start, when all is over.

use super::holdings::Holdings;
use super::settings::Topics;
use crate::recorder::Recorder;
use crate::role::Role;
use headwater_integration::history::Outcome;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long reading a topic may take.
const AUDIT_MAX: Duration = Duration::from_secs(120);

/// Reads each topic to its end.
pub(crate) fn audit(recorder: &Arc<Recorder>, address: &str) {
    for topic in Topics::ALL {
        let mut holdings = Holdings::start(recorder.clone(), address, Role::Auditing);
        holdings.assign(&[topic]);
        let start = Instant::now();
        while holdings.at_end.len() < Topics::PARTITIONS as usize {
            let (piece, _) = holdings.poll(1_000);
            holdings.record(&piece, Outcome::Ok);
            if start.elapsed() > AUDIT_MAX {
                recorder.fault(format!("{topic} cannot be read to its end within {AUDIT_MAX:?}: only {:?} are at it", holdings.at_end));
                break;
            }
        }
    }
}
