//! The command: settings, the log, the listener, and their orderly end.

use super::settings::{Settings, Variables};
use crate::interrupt::Interrupts;
use crate::out::{Closed, Out};
use crate::output;
use crate::place::DataDir;
use anyhow::{Context, Result};
use clap::Args;
use headwater::log::{EmbeddedLog, EmbeddedOptions, Env, KafkaListener};
use std::path::PathBuf;

/// Arguments of `headwater server`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  headwater server --data-dir data --listen 127.0.0.1:9092\n  headwater server --config headwater.toml --set num.partitions=4"
)]
pub(crate) struct ServerArguments {
    /// The configuration: TOML with Kafka's names, like num.partitions = 4; a key that there is not is refused
    #[arg(short, long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The data directory; made where there is none yet [env: HEADWATER_DATA_DIR] [default: log.dirs of the configuration, else headwater-data]
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one [env: HEADWATER_LISTEN] [default: listeners of the configuration, else 127.0.0.1:9092]
    #[arg(short, long, value_name = "ADDRESS:PORT")]
    pub(super) listen: Option<String>,
    /// An entry of the configuration, over the file's: --set num.partitions=4
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

pub(crate) async fn run(arguments: ServerArguments, out: &mut Out<'_>) -> Result<()> {
    let settings = Settings::of(&arguments, Variables::of_process())?;
    let mut interrupts = Interrupts::begin();
    let log = DataDir { path: settings.data_dir.clone() }.open_log_with(Env::real(), EmbeddedOptions::of_node(&settings.config))?;
    let served = serve(&log, settings, &mut interrupts, out).await;
    let closed = log.close();
    // What failed first is what the user must know.
    served?;
    closed.context("the data directory was not closed in order; it recovers when it is opened again")
}

/// Serves until the user interrupts or the system asks the program to end; then every client has its answer.
async fn serve(log: &EmbeddedLog, settings: Settings, interrupts: &mut Interrupts, out: &mut Out<'_>) -> Result<()> {
    let data_dir = settings.data_dir.display().to_string();
    let listener = KafkaListener::start(log, settings.config).await?;
    // Whoever started it may have read enough; the clients have not.
    let announced = announce(&listener, &data_dir, out).or_else(|error| if error.is::<Closed>() { Ok(()) } else { Err(error) });
    if announced.is_ok() {
        interrupts.requested().await;
        output::message("stopping: clients get their answers, then the data directory is closed");
    }
    listener.stop().await;
    announced
}

fn announce(listener: &KafkaListener, data_dir: &str, out: &mut Out<'_>) -> Result<()> {
    let address = listener.address();
    out.line(format_args!("listening on {address}"))?;
    out.line(format_args!("data directory {data_dir}"))?;
    out.line(format_args!("try: headwater topic create hello --bootstrap {address}"))?;
    out.flush()
}
