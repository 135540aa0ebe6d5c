//! The environment variable decides, and what it asks for in vain is refused. A process keeps its
//! kernel, so that each name is tried in a process of its own: this very test program again.

mod itself;

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use trust_quorum_shamir::{
    CombineError, KernelError, SplitError, combine, combine_into, compute_share_into, kernel_name,
    split, split_into,
};

const VARIABLE: &str = "TRUST_QUORUM_KERNEL";
const EXPECTED: &str = "TRUST_QUORUM_TEST_EXPECTED";

/// Whether the test `name` of this program passes, with the variable set and told what to expect.
fn passes(name: &str, kernel: &str, expected: &str) -> bool {
    itself::command()
        .args(["--exact", name, "--ignored"])
        .env(VARIABLE, kernel)
        .env(EXPECTED, expected)
        .output()
        .expect("it can be started again")
        .status
        .success()
}

#[test]
fn the_named_kernel_is_used_or_refused() {
    assert!(passes("child_works", "portable", "portable"));
    for kernel in ["ssse3", "avx2", "gfni", "neon"] {
        let works = passes("child_works", kernel, kernel);
        let refuses = passes("child_refuses", kernel, "Unsupported");
        assert!(works != refuses, "{kernel} is either used or refused");
    }
    assert!(!passes("child_works", "neon", "portable"), "the tests here can fail");
    for unknown in ["", "Portable", "fastest"] {
        assert!(passes("child_refuses", unknown, "Unknown"), "{unknown:?}");
    }
    // No processor has both.
    assert!(!passes("child_works", "neon", "neon") || !passes("child_works", "avx2", "avx2"));
}

#[test]
#[ignore = "the other test runs it with the environment that it needs"]
fn child_works() {
    let Ok(expected) = std::env::var(EXPECTED) else { return };
    assert_eq!(kernel_name(), Ok(&*expected));
    let shares = split(&[7; 40], 5, 3, &mut ChaCha20Rng::from_seed([1; 32])).unwrap();
    assert_eq!(*combine(&shares[41..4 * 41], 41).unwrap(), [7; 40]);
}

#[test]
#[ignore = "the other test runs it with the environment that it needs"]
fn child_refuses() {
    let Ok(expected) = std::env::var(EXPECTED) else { return };
    let error = match &*expected {
        "Unknown" => KernelError::Unknown,
        _ => KernelError::Unsupported,
    };
    assert_eq!(kernel_name(), Err(error));
    assert_eq!(error.code(), "ERR_TQ_INVALID_ARGUMENT");

    let mut out = [0xee; 6];
    let result = split_into(&[7], 3, 2, &mut ChaCha20Rng::from_seed([1; 32]), &mut out);
    assert_eq!(result, Err(SplitError::Kernel(error)));
    assert_eq!(SplitError::Kernel(error).code(), error.code());
    let result = combine_into(&[1, 9, 2, 9], 2, &mut out[..1]);
    assert_eq!(result, Err(CombineError::Kernel(error)));
    assert_eq!(CombineError::Kernel(error).code(), error.code());
    let result = compute_share_into(&[1, 9, 2, 9], 2, 7, &mut out[..2]);
    assert_eq!(result, Err(CombineError::Kernel(error)));
    assert_eq!(out, [0xee; 6], "nothing is written");
}
