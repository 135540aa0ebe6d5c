//! The kernel's random bytes without a system call.
//!
//! From Linux 6.11 on, the vDSO (the shared object that the kernel maps into each process) has a `getrandom`.
//! It is the kernel's generator: it reseeds whenever the kernel's does, also after a virtual machine was
//! copied, and its state is in memory that the kernel wipes in a forked process and neither swaps nor dumps.
//! glibc calls it from 2.41 on; with an older C library this module does, which saves the system call. Where
//! the function is missing or fails, the caller uses the system call.
//!
//! The calling convention is documented in its source, `lib/vdso/getrandom.c` of Linux.

#![expect(unsafe_code, reason = "a function of the kernel's, found by its name")]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::mem;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
const NAME: &CStr = c"__vdso_getrandom";
#[cfg(target_arch = "aarch64")]
const NAME: &CStr = c"__kernel_getrandom";

/// Fills `bytes` and says so; if not, they may have been written to in part.
pub(crate) fn fill(bytes: &mut [u8]) -> bool {
    thread_local! {
        static STATE: Option<State> = State::new();
    }
    // A thread that ends may have dropped its state already.
    STATE.try_with(|state| state.as_ref().is_some_and(|state| state.fill(bytes))).unwrap_or(false)
}

/// The function: what to fill, how many bytes, flags, a state and its size. It answers with the number
/// of bytes or with a negative error.
type GetRandom = unsafe extern "C" fn(*mut c_void, usize, c_uint, *mut c_void, usize) -> isize;

/// The function, and the kind of memory that it requires for its states.
#[derive(Clone, Copy)]
struct Generator {
    get_random: GetRandom,
    page_bytes: usize,
    params: StateParams,
}

/// The memory that a state requires: `struct vgetrandom_opaque_params`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
struct StateParams {
    state_bytes: u32,
    protection: c_int,
    flags: c_int,
    reserved: [u32; 13],
}

impl Generator {
    /// The generator of this process, if there is one.
    fn found() -> Option<Self> {
        static FOUND: OnceLock<Option<Generator>> = OnceLock::new();
        *FOUND.get_or_init(Self::find)
    }

    fn find() -> Option<Self> {
        let flags = libc::RTLD_LAZY | libc::RTLD_LOCAL | libc::RTLD_NOLOAD;
        // SAFETY: the name is a string; with these flags nothing is loaded that is not there already.
        let vdso = unsafe { libc::dlopen(c"linux-vdso.so.1".as_ptr(), flags) };
        if vdso.is_null() {
            return None;
        }
        // SAFETY: the handle is one, and is kept, as the vDSO is; the name is a string.
        let function = unsafe { libc::dlsym(vdso, NAME.as_ptr()) };
        if function.is_null() {
            return None;
        }
        // SAFETY: this is the type of the kernel's function of that name.
        let get_random = unsafe { mem::transmute::<*mut c_void, GetRandom>(function) };
        // SAFETY: it is a number that every system has.
        let page_bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.try_into().ok()?;

        let mut params = StateParams::default();
        // SAFETY: called like this, the function fills in what it requires of states.
        let asked =
            unsafe { get_random(ptr::null_mut(), 0, 0, (&raw mut params).cast(), usize::MAX) };
        let fits = (1..=page_bytes).contains(&usize::try_from(params.state_bytes).ok()?);
        (asked == 0 && fits).then_some(Self { get_random, page_bytes, params })
    }
}

/// The state of one thread, at the begin of a page of its own.
struct State {
    generator: Generator,
    page: NonNull<c_void>,
}

impl State {
    fn new() -> Option<Self> {
        let generator = Generator::found()?;
        let Generator { page_bytes, params, .. } = generator;
        // SAFETY: the kernel chooses a place where nothing is.
        let page = unsafe {
            libc::mmap(ptr::null_mut(), page_bytes, params.protection, params.flags, -1, 0)
        };
        if page == libc::MAP_FAILED {
            return None;
        }
        NonNull::new(page).map(|page| Self { generator, page })
    }

    fn fill(&self, bytes: &mut [u8]) -> bool {
        let Generator { get_random, params, .. } = self.generator;
        // SAFETY: the bytes may be written to. The state is in a page of the kind that the function
        // requires, does not reach beyond it, and is used by this thread alone; were a signal's handler to
        // come here meanwhile, the function itself would notice and ask the kernel.
        let filled = unsafe {
            get_random(
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                0,
                self.page.as_ptr(),
                params.state_bytes as usize,
            )
        };
        filled.try_into() == Ok(bytes.len())
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // SAFETY: the page is this state's own, and is not used any more.
        unsafe { libc::munmap(self.page.as_ptr(), self.generator.page_bytes) };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::{fs, thread};

    use super::{Generator, fill};

    /// Draws where the kernel has the function; else there is nothing to test.
    fn drawn() -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        let filled = fill(&mut bytes);
        assert_eq!(filled, Generator::found().is_some());
        filled.then_some(bytes)
    }

    #[test]
    fn no_two_requests_are_answered_alike_in_one_thread_or_in_many() {
        if drawn().is_none() {
            return;
        }
        let threads: Vec<_> =
            (0..8).map(|_| thread::spawn(|| [(); 500].map(|()| drawn()))).collect();
        let mut all: BTreeSet<_> = [(); 500].map(|()| drawn()).into();
        for thread in threads {
            all.extend(thread.join().expect("the thread draws"));
        }
        assert_eq!(all.len(), 9 * 500);
    }

    #[test]
    fn every_length_is_filled_to_its_end_and_not_beyond() {
        if drawn().is_none() {
            return;
        }
        for length in [0, 1, 31, 33, 256, 257, 10_000] {
            // Some byte stays 0 by chance, but not each time.
            let mut last = false;
            for _ in 0..20 {
                let mut bytes = vec![0; length + 1];
                assert!(fill(&mut bytes[..length]));
                assert_eq!(bytes[length], 0);
                last |= length == 0 || bytes[length - 1] != 0;
            }
            assert!(last, "{length} bytes");
        }
    }

    #[test]
    fn a_forked_process_draws_other_bytes_than_its_parent() {
        if drawn().is_none() {
            return;
        }
        let mut pipe = [0; 2];
        // SAFETY: there is room for two descriptors; the child makes system calls only and ends.
        let child = unsafe {
            assert_eq!(libc::pipe(pipe.as_mut_ptr()), 0);
            libc::fork()
        };
        if child == 0 {
            let mut bytes = [0; 32];
            let filled = fill(&mut bytes);
            // SAFETY: the bytes are there to be read, and nothing of the parent's runs in the child.
            unsafe {
                let length = if filled { 32 } else { 0 };
                libc::write(pipe[1], bytes.as_ptr().cast(), length);
                libc::_exit(0);
            }
        }
        let (mut theirs, mut ours) = ([0; 32], [0; 32]);
        assert!(fill(&mut ours));
        // SAFETY: 32 bytes may be written there; the descriptors are this test's own.
        unsafe {
            libc::close(pipe[1]);
            assert_eq!(libc::read(pipe[0], theirs.as_mut_ptr().cast(), 32), 32);
            libc::close(pipe[0]);
            libc::waitpid(child, std::ptr::null_mut(), 0);
        }
        assert_ne!(ours, theirs);
    }

    #[test]
    fn threads_that_ended_leave_no_memory_behind() {
        if drawn().is_none() {
            return;
        }
        let maps = || fs::read_to_string("/proc/self/maps").expect("Linux").lines().count();
        let draw_in_threads = |count: usize| {
            for _ in 0..count {
                thread::spawn(drawn).join().expect("the thread draws");
            }
        };
        draw_in_threads(4);
        let before = maps();
        draw_in_threads(100);
        assert!(maps() < before + 50, "{before} mappings have become {}", maps());
    }
}
