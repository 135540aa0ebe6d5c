//! Nothing of a secret or a share is left on the stack, with any kernel. Optimised builds only:
//! an unoptimised build makes copies that nothing erases.
#![cfg(target_os = "linux")]

mod itself;

use std::hint::black_box;
use std::io::{Read, Seek, SeekFrom};

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use trust_quorum_shamir::{combine_into, kernel_name, split_into};

const VARIABLE: &str = "TRUST_QUORUM_KERNEL";

#[test]
fn no_kernel_leaves_a_secret_or_a_share_on_the_stack() {
    for kernel in ["portable", "ssse3", "avx2", "gfni", "neon"] {
        let output = itself::command()
            .args(["--exact", "child", "--ignored", "--test-threads=1"])
            .env(VARIABLE, kernel)
            .output()
            .expect("it can be started again");
        assert!(output.status.success(), "{kernel}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
#[ignore = "the other test runs it with the environment that it needs"]
fn child() {
    if kernel_name().is_err() {
        return;
    }
    for len in [16, 32, 33, 100] {
        for (n, k) in [(3, 2), (5, 3), (9, 7), (16, 9), (32, 17), (255, 128)] {
            // On the heap, all of it, so that the stack has no other copies.
            let secret: Vec<u8> = (0..len).map(|i: u8| i.wrapping_mul(91) ^ n ^ 0x35).collect();
            let share_len = 1 + secret.len();
            let mut shares = vec![0; usize::from(n) * share_len];
            split_into(&secret, n, k, &mut ChaCha20Rng::from_seed([n; 32]), &mut shares)
                .expect("a valid split");
            assert_stack_is_clean(&secret, &shares, &format!("split {len} bytes, {k} of {n}"));

            let mut combined = vec![0; secret.len()];
            combine_into(&shares[..usize::from(k) * share_len], share_len, &mut combined)
                .expect("valid shares");
            assert_stack_is_clean(&secret, &shares, &format!("combine {len} bytes, {k} of {n}"));
        }
    }
}

fn assert_stack_is_clean(secret: &[u8], shares: &[u8], what: &str) {
    let stack = stack();
    // Of many shares the last ones, which were in memory last.
    for (y, name) in shares
        .rchunks_exact(1 + secret.len())
        .take(8)
        .map(|share| (&share[1..], "a share"))
        .chain([(secret, "the secret")])
    {
        for piece in y.windows(8).step_by(8) {
            let found = stack.windows(8).any(|bytes| bytes == piece);
            assert!(!found, "a part of {name} is on the stack: {what}");
        }
    }
}

#[test]
fn what_is_on_the_stack_is_found() {
    let canary = u128::from(black_box(7u64)).wrapping_pow(45).to_le_bytes();
    leave_on_the_stack(&canary);
    assert!(stack().windows(16).any(|bytes| bytes == canary));
}

#[inline(never)]
fn leave_on_the_stack(canary: &[u8; 16]) {
    let mut copies = [[0; 16]; 200];
    copies.fill(*canary);
    black_box(&copies);
}

/// A copy of the stack of this thread below the caller's frame, as far as the functions that have
/// returned can have used it.
#[inline(never)]
fn stack() -> Vec<u8> {
    const BYTES: usize = 64 * 1024;
    let mut bytes = vec![0; BYTES];
    let mut memory = std::fs::File::open("/proc/self/mem").expect("Linux has it");
    let local = black_box(0u8);
    let end = (&raw const local).addr();
    memory.seek(SeekFrom::Start((end - BYTES) as u64)).expect("within the memory");
    memory.read_exact(&mut bytes).expect("a thread may read its own stack");
    bytes
}
