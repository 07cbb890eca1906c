//! Any bytes in place of a stretch of the journal: the directory opens to a prefix of what was written, or refuses; it never panics.
#![no_main]

use log_env::{Env, OpenMode};
use log_model::{CompressionType, Offset, Timestamp, TopicConfig, TopicId, TopicName};
use log_record::BatchBuilder;
use log_storage::{DataDirectory, DirectoryOptions, Isolation};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

const JOURNAL_FILE_BYTES: u64 = 64 << 10;

fuzz_target!(|input: (u16, &[u8])| {
    let (at, bytes) = input;
    let path = Path::new("data");
    let (env, _sim) = Env::simulated(1);
    let options = || DirectoryOptions { journal_file_bytes: JOURNAL_FILE_BYTES, ..DirectoryOptions::default() };
    let partition = TopicName::new("t").expect("a legal name").partition(0);
    {
        let directory = DataDirectory::open(&env, path, options()).expect("an empty disk opens");
        directory.create_partition(&partition, TopicId(Default::default()), &TopicConfig::default()).expect("a partition is created");
        for number in 0..3u8 {
            let mut batch = BatchBuilder::new(CompressionType::None);
            batch.append_parts(Timestamp(0), None, Some(&[number; 40]), &[]).expect("a small record");
            let _ = directory.stage(vec![(partition.clone(), vec![batch.build()])], 0).expect("there is room");
            directory.flush().expect("the disk works");
        }
        // Dropped without a close, as if the process had died.
    }
    let journal = path.join("journal");
    let Some(file) = env.disk.list(&journal).ok().and_then(|names| names.into_iter().next()) else { return };
    let position = u64::from(at) % JOURNAL_FILE_BYTES;
    let length = bytes.len().min((JOURNAL_FILE_BYTES - position) as usize);
    let opened = env.disk.open(&journal.join(&file.name), OpenMode::Write).expect("the file is there");
    opened.write_at(&bytes[..length], position).expect("the disk works");
    opened.sync_data().expect("the disk works");

    if let Ok(directory) = DataDirectory::open(&env, path, options())
        && let Ok(fetched) = directory.read(&partition, Offset(0), 1 << 20, Isolation::ReadCommitted)
    {
        for (index, batch) in fetched.batches.iter().enumerate() {
            assert_eq!(batch.base_offset(), Offset(index as i64));
        }
    }
});
