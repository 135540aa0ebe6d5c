//! Memory for rack secrets, which exist as long as a rack is unlocked: a few pages that are locked in RAM,
//! so that they are never swapped, and excluded from core dumps.
//!
//! Only these pages are locked, which nearly every system permits (systemd's default of `RLIMIT_MEMLOCK` is
//! 8 MiB); an engine such as V8 does not survive `mlockall`. Where locking is refused, the pages are used
//! unlocked. Secrets beyond 1,024 at once are on the heap.

use std::ops::{Deref, DerefMut};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use memmap2::MmapMut;
use zeroize::Zeroize;

use crate::lengths::SECRET_BYTES;

/// Memory for 1,024 secrets.
const POOL_BYTES: usize = 1 << 15;

type Bytes = [u8; SECRET_BYTES];

/// Whether the memory of secrets is locked in RAM, so that it is never swapped. False where the system
/// refuses it (`RLIMIT_MEMLOCK`) or does not support it. Secrets beyond 1,024 at once are never locked.
///
/// # Example
///
/// ```
/// println!("locked: {}", trust_quorum_rack_secret::is_memory_locked());
/// ```
#[must_use]
pub fn is_memory_locked() -> bool {
    POOL.is_locked
}

/// Memory for one secret. It is all zero at first, never moves, and is zeroed when it is dropped.
pub(crate) struct Slot(Storage);

enum Storage {
    /// None only while it is returned to the pool.
    Pooled(Option<&'static mut Bytes>),
    OnHeap(Box<Bytes>),
}

impl Slot {
    pub(crate) fn new() -> Self {
        let free = POOL.free().pop();
        Self(match free {
            Some(bytes) => Storage::Pooled(Some(bytes)),
            None => Storage::OnHeap(Box::new([0; SECRET_BYTES])),
        })
    }
}

impl Deref for Slot {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        match &self.0 {
            Storage::Pooled(bytes) => bytes.as_ref().expect("only dropping takes it"),
            Storage::OnHeap(bytes) => bytes,
        }
    }
}

impl DerefMut for Slot {
    fn deref_mut(&mut self) -> &mut Bytes {
        match &mut self.0 {
            Storage::Pooled(bytes) => bytes.as_mut().expect("only dropping takes it"),
            Storage::OnHeap(bytes) => bytes,
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.zeroize();
        if let Storage::Pooled(bytes) = &mut self.0 {
            // The vector had this element before, so that it does not grow.
            POOL.free().extend(bytes.take());
        }
    }
}

static POOL: LazyLock<Pool> = LazyLock::new(Pool::new);

struct Pool {
    free: Mutex<Vec<&'static mut Bytes>>,
    is_locked: bool,
}

impl Pool {
    /// Empty where the system has no pages left; then all secrets are on the heap.
    fn new() -> Self {
        let Ok(pages) = MmapMut::map_anon(POOL_BYTES) else {
            return Self { free: Mutex::default(), is_locked: false };
        };
        let is_locked = protect(&pages);
        // They stay until the process ends.
        let (bytes, _) = Box::leak(Box::new(pages)).as_chunks_mut();
        Self { free: Mutex::new(bytes.iter_mut().collect()), is_locked }
    }

    fn free(&self) -> MutexGuard<'_, Vec<&'static mut Bytes>> {
        // No operation under the lock can panic halfway.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locks the pages, if that is allowed, and leaves them out of core dumps.
#[cfg(unix)]
fn protect(pages: &MmapMut) -> bool {
    #[cfg(target_os = "linux")]
    let _ = pages.advise(memmap2::Advice::DontDump);
    pages.lock().is_ok()
}

#[cfg(not(unix))]
fn protect(_: &MmapMut) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_apart_and_zero_again_when_they_are_used_again() {
        let mut slots: Vec<Slot> = (0..2000).map(|_| Slot::new()).collect();
        for (slot, fill) in slots.iter_mut().zip((1..=255).cycle()) {
            assert_eq!(**slot, [0; SECRET_BYTES]);
            slot.fill(fill);
        }
        for (slot, fill) in slots.iter().zip((1..=255).cycle()) {
            assert_eq!(**slot, [fill; SECRET_BYTES]);
        }
        assert!(slots.iter().any(|slot| matches!(slot.0, Storage::OnHeap(_))));
        slots.truncate(1000);
        slots.extend((0..1000).map(|_| Slot::new()));
        for slot in &slots[1000..] {
            assert_eq!(**slot, [0; SECRET_BYTES]);
        }
    }

    #[test]
    fn a_slot_is_given_back_from_any_thread() {
        let free = || POOL.free().len();
        for _ in 0..3 * POOL_BYTES / SECRET_BYTES {
            let slot = Slot::new();
            std::thread::scope(|scope| {
                scope.spawn(move || drop(slot));
            });
        }
        // Other tests have at most 2,000 at the same time; all come back in the end.
        while free() < POOL_BYTES / SECRET_BYTES {
            std::thread::yield_now();
        }
    }

    /// What the kernel says of the memory at this address.
    #[cfg(target_os = "linux")]
    fn flags_at(address: usize) -> Vec<String> {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut is_inside = false;
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            if let Some((start, end)) = first.split_once('-') {
                let bound = |text| usize::from_str_radix(text, 16).unwrap();
                is_inside = (bound(start)..bound(end)).contains(&address);
            } else if is_inside && first == "VmFlags:" {
                return words.map(str::to_owned).collect();
            }
        }
        Vec::new()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn its_pages_are_left_out_of_core_dumps_and_locked_where_the_pool_says_so() {
        let pooled = loop {
            // Another test may have all of them for a while.
            let slot = Slot::new();
            if matches!(slot.0, Storage::Pooled(_)) {
                break slot;
            }
        };
        let flags = flags_at(pooled.as_ptr().addr());
        assert!(flags.iter().any(|flag| flag == "dd"), "{flags:?}");
        assert_eq!(flags.iter().any(|flag| flag == "lo"), is_memory_locked(), "{flags:?}");
        let heap = Box::new(7_u8);
        let flags = flags_at(std::ptr::from_ref(&*heap).addr());
        assert!(!flags.iter().any(|flag| flag == "dd" || flag == "lo"), "{flags:?}");
    }
}
