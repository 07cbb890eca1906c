//! Room behind the batches of the active segment: zeros, made in steps ahead of what will be written there.
//!
//! The page cache keeps what is written in pieces as large as the writes that made them. Appending 16 KiB at a time made it keep 4 and 8 KiB
//! (Linux 6.18, ext4), and a GiB took 0.8 s of CPU time to write and 0.18 s to read; with room made 64 KiB at a time it is 0.4 and 0.07 s.
//!
//! Room is no part of the log. It goes when the segment is sealed and when the directory is closed; a process that died leaves it behind, and
//! whoever opens the partition next cuts it off.

use log_env::File;
use std::io;

/// Room is made up to a multiple of this: the size of a large page of the cache.
const STEP_BYTES_MAX: u64 = 64 << 10;
/// At most this part of a segment is room.
const SEGMENT_STEPS: u64 = 64;
/// A segment with fewer steps than this has no room: small ones need none, and there may be many.
const STEPS_MIN: u64 = 16;

static ZEROS: [u8; STEP_BYTES_MAX as usize] = [0; STEP_BYTES_MAX as usize];

/// The zeros to write behind batches that end at `end`, in a file that reaches to `file_bytes` so far.
pub(super) fn room_behind(end: u64, file_bytes: u64, segment_bytes: u64) -> &'static [u8] {
    let step = (segment_bytes / SEGMENT_STEPS).min(STEP_BYTES_MAX);
    if end <= file_bytes || end < step * STEPS_MIN || step == 0 {
        return &[];
    }
    let missing = end.next_multiple_of(step).min(segment_bytes).saturating_sub(end);
    &ZEROS[..missing as usize]
}

/// Whether the bytes from `end` to `file_bytes` are room and not what a crash left of a batch.
pub(super) fn is_room(file: &dyn File, end: u64, file_bytes: u64) -> io::Result<bool> {
    let count = file_bytes - end;
    if count > STEP_BYTES_MAX {
        return Ok(false);
    }
    let found = file.read_vec_at(count as usize, end)?;
    Ok(found.iter().all(|byte| *byte == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_reaches_to_the_next_step_of_a_segment_that_has_grown() {
        let (step, segment) = (STEP_BYTES_MAX, 1 << 30);
        let cases = [
            ("a small segment", step, 0, segment, 0),
            ("a larger one", 16 * step + 100, 16 * step, segment, step - 100),
            ("within its room", 16 * step + 100, 17 * step, segment, 0),
            ("exactly at a step", 20 * step, 19 * step, segment, 0),
            ("at the end of the segment", segment - 100, 0, segment, 100),
            ("beyond it", segment + 100, 0, segment, 0),
            ("a segment of small steps", 1000, 0, 6400, 0),
            ("and grown", 1601, 1600, 6400, 99),
            ("a segment too small for steps", 60, 0, 63, 0),
        ];
        for (name, end, file_bytes, segment_bytes, expected) in cases {
            assert_eq!(room_behind(end, file_bytes, segment_bytes).len() as u64, expected, "{name}");
        }
    }
}
