//! An open file of the simulated disk.

use super::directory::NodeId;
use super::disk::SimDisk;
use super::fault::{FaultOn, no_space};
use crate::File;
use std::io;

#[derive(Debug)]
pub(super) struct SimFile {
    disk: SimDisk,
    id: NodeId,
    path: String,
    is_writable: bool,
}

impl SimFile {
    /// Registers the handle; the node lives as long as it.
    pub(super) fn new(disk: SimDisk, id: NodeId, path: String, is_writable: bool) -> SimFile {
        SimFile { disk, id, path, is_writable }
    }

    fn strike(&self, on: FaultOn) -> io::Result<()> {
        if on == FaultOn::Write && !self.is_writable {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.disk.inner.lock().strike(on, &self.path)
    }

    /// How far the file may reach, given the capacity.
    fn end_max(&self, length: u64) -> u64 {
        let inner = self.disk.inner.lock();
        match inner.capacity_bytes {
            None => u64::MAX,
            Some(capacity) => length + capacity.saturating_sub(inner.state.used_bytes()),
        }
    }

    fn grow(&self, length_bytes: u64) -> io::Result<()> {
        let length = self.length_bytes()?;
        if length_bytes > length && length_bytes > self.end_max(length) {
            return Err(no_space());
        }
        self.disk.inner.lock().change(|state| state.file_mut(self.id).map(|content| content.set_length(length_bytes)))
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        self.disk.inner.lock().close_handle(self.id);
    }
}

impl File for SimFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.strike(FaultOn::Read)?;
        Ok(self.disk.inner.lock().state.file(self.id)?.read(buffer, position))
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.strike(FaultOn::Write)?;
        let end_max = self.end_max(self.length_bytes()?);
        let fits = end_max.saturating_sub(position).min(bytes.len() as u64) as usize;
        self.disk.inner.lock().change(|state| state.file_mut(self.id).map(|content| content.write(&bytes[..fits], position)))?;
        if fits < bytes.len() { Err(no_space()) } else { Ok(()) }
    }

    fn write_vectored_at(&self, slices: &[io::IoSlice<'_>], position: u64) -> io::Result<()> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.write_at(&bytes, position)
    }

    fn length_bytes(&self) -> io::Result<u64> {
        Ok(self.disk.inner.lock().state.file(self.id)?.length())
    }

    fn set_length(&self, length_bytes: u64) -> io::Result<()> {
        self.strike(FaultOn::Write)?;
        self.grow(length_bytes)
    }

    fn preallocate(&self, length_bytes: u64) -> io::Result<()> {
        self.strike(FaultOn::Write)?;
        if self.length_bytes()? >= length_bytes {
            return Ok(());
        }
        self.grow(length_bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.wait_while_frozen();
        let mut inner = self.disk.inner.lock();
        inner.sync_count += 1;
        if let Err(error) = inner.strike(FaultOn::Sync, &self.path) {
            inner.change(|state| state.file_mut(self.id).map(|content| content.forget_unsynced()))?;
            return Err(error);
        }
        inner.change(|state| state.file_mut(self.id).map(|content| content.sync()))
    }
}
