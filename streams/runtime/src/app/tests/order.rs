//! Records are taken in the order of time, also when a poll has no room for all that waits.

use super::{options, simulate, start};
use crate::testing::{Steps, create, produce};
use crate::topology::StoreKind;
use crate::{DropReason, StreamsOptions};
use log_client::memory::MemoryLog;
use log_client::{FetchLimit, Log};
use std::path::Path;
use std::sync::Arc;

#[test]
fn a_task_does_not_run_ahead_on_one_input_while_another_was_not_looked_at() {
    simulate(1, |env| async move {
        let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
        create(log.as_ref(), &[("a", 8), ("b", 8), ("out", 1)]).await;
        let value = "x".repeat(300);
        for partition in 0..8 {
            for name in ["a", "b"] {
                let rows: Vec<_> = (0..60).map(|time| (Some("k"), value.as_str(), time)).collect();
                produce(log.as_ref(), name, partition, &rows, 3).await;
            }
        }
        let mut steps = Steps::default();
        let (a, b) = (steps.source("a", &["a"], None), steps.source("b", &["b"], None));
        let merged = steps.operator("each", "merge", &[], &[a, b]);
        let timed = steps.operator("watermark", "0", &[], &[merged]);
        let store = steps.store("windows", StoreKind::Memory);
        let closed = steps.operator("windows", "10", &[store], &[timed]);
        steps.sink("out", closed);
        // Room for some partitions only: the poll ends below its limit, because the next batch does not fit.
        let fetch_limit = FetchLimit { max_bytes: 50_000, max_partition_bytes: 20_000 };
        let options = StreamsOptions { threads: 1, fetch_limit, ..options(Path::new("state")) };
        let app = start(steps.0.build().unwrap(), &log, &env, options).await;
        app.close_windows().await.unwrap();
        let metrics = app.metrics();
        assert_eq!(metrics.dropped(DropReason::Late), 0);
        assert_eq!(metrics.nodes.iter().find(|node| node.name.contains("watermark")).unwrap().rows_in, 2 * 8 * 60);
        app.stop().await.unwrap();
    });
}
