//! The contract suite, on the real disk with threads and on the simulated disk without.

use crate::{EmbeddedLog, EmbeddedOptions};
use log_client::contract::Run;
use log_env::Env;
use log_storage::DirectoryOptions;
use std::sync::Arc;

/// Small files, so that a case costs little.
pub(crate) fn small(threads: bool) -> EmbeddedOptions {
    let directory = DirectoryOptions { journal_file_bytes: 4 << 20, ..DirectoryOptions::default() };
    EmbeddedOptions { directory, threads, ..EmbeddedOptions::default() }
}

mod on_a_real_disk {
    use super::*;

    fn run(case: Run) {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let log = Arc::new(EmbeddedLog::open(Env::real(), folder.path(), small(true)).unwrap());
            case(log.clone()).await;
            log.close().unwrap();
        });
    }

    log_client::log_contract!(tests run);
}

mod on_a_simulated_disk {
    use super::*;

    fn run(case: Run) {
        let (env, sim) = Env::simulated(7);
        let log = Arc::new(EmbeddedLog::open(env, "data", small(false)).unwrap());
        sim.run_until(case(log.clone()));
        log.close().unwrap();
    }

    log_client::log_contract!(tests run);
}
