//! A log whose calls take time, before and after they have their effect: whoever is interrupted in between cannot tell whether it had.

use async_trait::async_trait;
use log_client::memory::MemoryLog;
use log_client::{FetchLimit, Log, Result};
use log_env::Env;
use log_testkit::{Call, Meet, MetLog};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn slow_log(env: Env) -> Arc<dyn Log> {
    Arc::new(MetLog::new(Arc::new(MemoryLog::new()), Delay { env }))
}

struct Delay {
    env: Env,
}

impl Delay {
    async fn pass(&self) {
        self.env.clock.sleep(Duration::from_micros(100 + self.env.random.below(900))).await;
    }
}

#[async_trait]
impl Meet for Delay {
    async fn before(&self, _call: Call) -> Result<()> {
        self.pass().await;
        Ok(())
    }

    async fn after(&self, call: Call) -> Result<()> {
        if matches!(call, Call::CommitTransaction | Call::CommitOffsets) {
            self.pass().await;
        }
        Ok(())
    }

    /// One batch at a time: more places to be interrupted.
    fn limit(&self, _asked: FetchLimit) -> FetchLimit {
        FetchLimit { max_bytes: 1, max_partition_bytes: 1 }
    }
}
