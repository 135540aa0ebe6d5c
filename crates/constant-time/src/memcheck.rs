//! Runs the cases under valgrind's memcheck, with the secrets marked as not initialised.
//!
//! Memcheck follows what is not initialised through registers and memory, and reports where a branch
//! or an address depends on it. It runs the optimised machine code, so that the compiler's output is
//! examined and not the source.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use trust_quorum_rack_secret::digests_at_a_time;

use crate::cases::cases;
use crate::kernels;
use crate::subject::Case;

/// The kernels that valgrind has the instructions of.
const KERNELS: [&str; 4] = ["avx2", "ssse3", "neon", "portable"];

/// The only permitted branch on a secret: whether a y-coordinate is a scalar's canonical encoding. Any other
/// is rejected, which is observable anyway. See `trust_quorum_lrtq`.
const SUPPRESSIONS: &str = "\
{
   a refused encoding of a scalar shows that it was refused
   Memcheck:Cond
   fun:*trust_quorum_lrtq*scalar*
}
";

/// Exit codes of a run under valgrind: the program itself ends with 0.
const REPORTED: i32 = 99;

/// Examines every case on every kernel and prints the results. Answers whether all are as expected; a missing
/// valgrind is reported and is no failure.
pub(crate) fn run_all(kernels: &[&str], only: &str) -> bool {
    let Some(version) = version() else {
        println!("valgrind: not found, so this part was skipped");
        return true;
    };
    println!("Under {version}: branches and addresses that depend on secrets\n");
    println!("{:9} {:24} result", "kernel", "case");
    let suppressions = suppressions();
    let mut right = true;
    for case in cases().into_iter().filter(|case| case.name.contains(only)) {
        for kernel in kernels {
            if !KERNELS.contains(kernel) {
                continue;
            }
            let (instructions, verdict, good) = look(&case, kernel, &suppressions);
            let shown = if case.uses_kernel { kernel } else { &*instructions };
            println!("{shown:9} {:24} {verdict}", case.name);
            right &= good;
            if !case.uses_kernel {
                break;
            }
        }
    }
    for kernel in kernels.iter().filter(|kernel| !KERNELS.contains(kernel)) {
        println!("{kernel:9} {:24} valgrind does not know its instructions", "all");
    }
    if digests_at_a_time() > 1 && "digests of 8 shares".contains(only) {
        println!("{:9} {:24} valgrind does not know its instructions", "avx512", "digests");
    }
    // A file that stays in the temporary folder does no harm.
    let _ = fs::remove_file(suppressions);
    right
}

/// Runs one case with its secrets marked, and says with which instructions: what valgrind runs.
pub(crate) fn run(name: &str) {
    for Case { mut subject, .. } in cases().into_iter().filter(|case| case.name == name) {
        // The values do not matter to memcheck.
        subject.load(&vec![1; subject.len()]);
        for secret in subject.secrets() {
            mark_undefined(secret);
        }
        subject.run();
        print!("{}", subject.instructions().unwrap_or("-"));
    }
}

/// Examines one case: the instruction set that ran, the verdict, and whether it is the expected one.
fn look(case: &Case, kernel: &str, suppressions: &Path) -> (String, String, bool) {
    let output = valgrind(case.name, kernel, suppressions);
    let flagged = match output.status.code() {
        Some(0) => Ok(false),
        Some(REPORTED) => Ok(true),
        other => Err(other),
    };
    let (verdict, good) = match (case.control, flagged) {
        (_, Err(code)) => (format!("FAILED: it ended with {code:?}\n{}", text(&output)), false),
        (false, Ok(false)) => ("nothing reported".to_owned(), true),
        (false, Ok(true)) => (format!("LEAK\n{}", text(&output)), false),
        (true, Ok(true)) => ("flagged, as it must be".to_owned(), true),
        (true, Ok(false)) => ("NOT FLAGGED: this run shows nothing".to_owned(), false),
    };
    (String::from_utf8_lossy(&output.stdout).into_owned(), verdict, good)
}

fn valgrind(case: &str, kernel: &str, suppressions: &Path) -> Output {
    let itself = std::env::current_exe().expect("a program has a path");
    Command::new("valgrind")
        .args(["--tool=memcheck", "--quiet", "--error-limit=no", "--track-origins=no"])
        .arg(format!("--error-exitcode={REPORTED}"))
        .arg(format!("--suppressions={}", suppressions.display()))
        .arg(itself)
        .args(["--child-memcheck", "--case", case])
        .env(kernels::VARIABLE, kernel)
        .output()
        .expect("valgrind was there a moment ago")
}

fn version() -> Option<String> {
    let output = Command::new("valgrind").arg("--version").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn suppressions() -> PathBuf {
    let file = std::env::temp_dir().join(format!("constant-time-{}.supp", std::process::id()));
    fs::write(&file, SUPPRESSIONS).expect("a temporary file can be written");
    file
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Marks bytes as not initialised for valgrind. It has no effect outside valgrind.
#[cfg(target_arch = "x86_64")]
fn mark_undefined(bytes: &[u8]) {
    /// `VG_USERREQ__MAKE_MEM_UNDEFINED` of memcheck, whose requests begin with the letters MC.
    const MAKE_MEM_UNDEFINED: usize = ((b'M' as usize) << 24) | ((b'C' as usize) << 16) | 1;

    let request = [MAKE_MEM_UNDEFINED, bytes.as_ptr().addr(), bytes.len(), 0, 0, 0];
    // SAFETY: valgrind recognises this sequence, which rotates `rdi` by 128 bits in all and exchanges
    // a register with itself. To the processor it changes nothing but the flags. Valgrind reads
    // the request that `rax` points to, changes its own notes on the bytes, and answers in `rdx`.
    #[expect(unsafe_code, reason = "a request to valgrind is a sequence of instructions")]
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") request.as_ptr(),
            inout("rdx") 0usize => _,
            options(nostack),
        );
    }
}

/// On other processors the sequence is another one. A run there flags no control, and so fails.
#[cfg(not(target_arch = "x86_64"))]
fn mark_undefined(_bytes: &[u8]) {}
