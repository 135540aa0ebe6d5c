//! Memory for one long result, outside of the engine's.
//!
//! The engine's buffers would keep its event loop: it collects garbage when a large one is made, the
//! allocator may fill one with zeros there, and one that is freed late delays the next. These pages come
//! from the operating system untouched, are first written to by the threads that compute, and are zeroed
//! and given back by a thread of their own.

use std::io;
use std::slice::ChunksExact;
use std::thread;

use memmap2::MmapMut;
use zeroize::zeroize_bytes;

/// Rows of bytes, all zero at first. They are zeroed when they are dropped, off the thread that drops.
pub(crate) struct Pages(Option<Rows>);

struct Rows {
    memory: MmapMut,
    row_length: usize,
    /// How far each row has been written to.
    filled: usize,
}

impl Pages {
    /// Reserves memory for at least one byte; it takes as long for much as for little.
    pub(crate) fn new(rows: usize, row_length: usize) -> io::Result<Self> {
        let bytes = rows.checked_mul(row_length).filter(|&bytes| bytes > 0);
        let bytes = bytes.ok_or(io::ErrorKind::InvalidInput)?;
        let memory = MmapMut::map_anon(bytes)?;
        // Larger pages are fewer to get and to give back. Where there are none, the small ones do.
        #[cfg(target_os = "linux")]
        let _ = memory.advise(memmap2::Advice::HugePage);
        Ok(Self(Some(Rows { memory, row_length, filled: 0 })))
    }

    /// How many bytes a row has.
    pub(crate) fn row_length(&self) -> usize {
        self.get().row_length
    }

    /// All rows, of which there is at least one.
    pub(crate) fn rows(&self) -> ChunksExact<'_, u8> {
        let rows = self.get();
        rows.memory.chunks_exact(rows.row_length)
    }

    fn get(&self) -> &Rows {
        self.0.as_ref().expect("only dropping takes them")
    }

    /// All bytes, of which no row is written to beyond `filled`.
    pub(crate) fn fill_to(&mut self, filled: usize) -> &mut [u8] {
        let rows = self.0.as_mut().expect("only dropping takes them");
        rows.filled = rows.filled.max(filled).min(rows.row_length);
        &mut rows.memory
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let rows = self.0.take();
        // Without another thread they are dropped here, which takes longer and does the same.
        let _ = thread::Builder::new().name("zero pages".to_owned()).spawn(move || {
            yield_to_others();
            drop(rows);
        });
    }
}

/// What this thread does can wait for all others of the process, the event loop's among them, which it
/// would keep where cores are few.
fn yield_to_others() {
    // On Linux no process means this thread. Where it may not be, nothing but time is lost.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 19);
}

impl Drop for Rows {
    fn drop(&mut self) {
        // What was never written to is zero; touching it would only ask for memory.
        for row in self.memory.chunks_mut(self.row_length) {
            zeroize_bytes(&mut row[..self.filled]);
        }
    }
}
