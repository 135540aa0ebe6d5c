//! Looks for timing leaks in the arithmetic on secrets, on each kernel that this machine has.
//!
//! `npm run constant-time`, or `cargo run --release -p trust-quorum-constant-time`. Two ways, since
//! neither sees everything:
//!
//! - **By measuring**, after *Dude, is my code constant time?* (Reparaz, Balasch, Verbauwhede, DATE
//!   2017): each case runs on inputs of two classes, one fixed and one random, in random order. If
//!   Welch's t-test tells the two apart (|t| ≥ [`T_MAX`]), and again when [`SAMPLES_TO_DECIDE`] times as
//!   many samples are taken, the time depends on the input.
//! - **With valgrind**, after Adam Langley's ctgrind: the secrets are marked as not initialised, and
//!   memcheck reports each branch and each memory access that depends on them. Valgrind knows no
//!   GFNI and no AVX-512, so the `gfni` kernel and the digests side by side are measured only: under
//!   valgrind the processor seems to have neither, and digests are made one after the other.
//!
//! Each way has controls, such as a table-driven multiplication, that it must flag; a control that is not
//! flagged is a failure like a leak. The exit code is 0 if all results are as expected, 1 if not, and 2 for
//! invalid usage.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "that is what it is for")]

mod cases;
mod controls;
mod kernels;
mod measure;
mod memcheck;
mod subject;
mod welch;

use std::process::{Command, ExitCode};

use lexopt::ValueExt as _;

use crate::cases::cases;
use crate::subject::Case;
use crate::welch::T_MAX;

/// The number of samples of each case, unless `--samples` says another one.
const SAMPLES_DEFAULT: usize = 1_000_000;

/// The smallest number of samples that gives a verdict.
const SAMPLES_MIN: usize = 10_000;

const USAGE: &str = "\
usage: npm run constant-time -- [OPTIONS]

  --samples N    measure each case N times (default 1000000, at least 10000)
  --only TEXT    only the cases whose name contains TEXT
  --no-measure   only valgrind
  --no-valgrind  only measure
  --help         show this";

struct Options {
    samples: usize,
    only: String,
    /// The name of a case, whole: what the processes that this one starts are told.
    case: Option<String>,
    measure: bool,
    valgrind: bool,
    /// Set for the processes that this one starts: one way, with the kernel of the environment.
    child: Option<Child>,
}

#[derive(Clone, Copy)]
enum Child {
    Measure,
    Memcheck,
}

fn main() -> ExitCode {
    let options = match parse(lexopt::Parser::from_env()) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("constant-time: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let right = match options.child {
        None => run_all(&options),
        Some(Child::Measure) => measure_all(&options, Part::Kernel),
        Some(Child::Memcheck) => {
            memcheck::run(options.case.as_deref().unwrap_or_default());
            true
        }
    };
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse(mut arguments: lexopt::Parser) -> Result<Option<Options>, lexopt::Error> {
    use lexopt::Arg::Long;

    let mut options = Options {
        samples: SAMPLES_DEFAULT,
        only: String::new(),
        case: None,
        measure: true,
        valgrind: true,
        child: None,
    };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("samples") => options.samples = arguments.value()?.parse()?,
            Long("only") => options.only = arguments.value()?.string()?,
            Long("case") => options.case = Some(arguments.value()?.string()?),
            Long("no-measure") => options.measure = false,
            Long("no-valgrind") => options.valgrind = false,
            Long("child-measure") => options.child = Some(Child::Measure),
            Long("child-memcheck") => options.child = Some(Child::Memcheck),
            Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    if options.samples < SAMPLES_MIN {
        return Err(format!("--samples is at least {SAMPLES_MIN}").into());
    }
    if !cases().iter().any(|case| case.name.contains(&options.only)) {
        return Err(format!("no case has a name with '{}'", options.only).into());
    }
    Ok(Some(options))
}

/// Runs all parts and answers whether every result is the expected one.
fn run_all(options: &Options) -> bool {
    let kernels: Vec<&str> = kernels::NAMES.into_iter().filter(|kernel| is_there(kernel)).collect();
    let mut right = true;
    if options.measure {
        println!(
            "Measured: |t| of fixed against random inputs, {} samples each; a leak from {T_MAX:.1} on\n",
            options.samples
        );
        println!("{:9} {:24} {:>9} {:>10}", "kernel", "case", "|t|", "median ns");
        for kernel in &kernels {
            right &= start(kernel, options);
        }
        right &= measure_all(options, Part::Common);
        println!();
    }
    if options.valgrind {
        right &= memcheck::run_all(&kernels, &options.only);
    }
    println!("{}", if right { "\nNo leak found." } else { "\nFAILED" });
    right
}

/// Whether this machine supports a kernel. A child process tries, because a process cannot change its kernel.
fn is_there(kernel: &str) -> bool {
    let itself = std::env::current_exe().expect("a program has a path");
    let status = Command::new(itself)
        .args(["--child-memcheck", "--case", "evaluate, n=5 k=3"])
        .env(kernels::VARIABLE, kernel)
        .output()
        .expect("it can be started again")
        .status;
    status.success()
}

/// Measures with one kernel, in a child process.
fn start(kernel: &str, options: &Options) -> bool {
    let itself = std::env::current_exe().expect("a program has a path");
    Command::new(itself)
        .args(["--child-measure", "--samples", &options.samples.to_string()])
        .args(["--only", &options.only])
        .env(kernels::VARIABLE, kernel)
        .status()
        .expect("it can be started again")
        .success()
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Kernel,
    Common,
}

/// Measures the cases that use a kernel, or the others, and answers whether all results are as expected.
fn measure_all(options: &Options, part: Part) -> bool {
    let mut right = true;
    for case in cases() {
        if case.name.contains(&options.only) && case.uses_kernel == (part == Part::Kernel) {
            right &= measure(options, case);
        }
    }
    right
}

/// How many times as many samples are taken to confirm a suspected leak. The |t| of a real leak grows with
/// the square root of the number of samples, and in each run; a disturbance of one run by a busy machine does
/// not. Both results are printed.
const SAMPLES_TO_DECIDE: usize = 4;

/// Measures one case, prints the result, and answers whether it is the expected one.
fn measure(options: &Options, case: Case) -> bool {
    let (name, control) = (case.name, case.control);
    if measure_once(case, options.samples) == control {
        return true;
    }
    // A control that was not flagged has failed; there is nothing to confirm.
    !control && !measure_again(name, options.samples * SAMPLES_TO_DECIDE)
}

fn measure_again(name: &str, samples: usize) -> bool {
    println!("  {samples} samples decide:");
    let case = cases().into_iter().find(|case| case.name == name).expect("it was there before");
    let leaks = measure_once(case, samples);
    println!("  {}", if leaks { "LEAK" } else { "not confirmed" });
    leaks
}

/// Measures one case, prints the result, and answers whether it was flagged.
fn measure_once(case: Case, samples: usize) -> bool {
    let (name, uses_kernel, control) = (case.name, case.uses_kernel, case.control);
    let kernel =
        trust_quorum_shamir::kernel_name().expect("this process was started with a kernel");
    let instructions = case.subject.instructions().unwrap_or("-");
    let result = measure::measure(case, samples);
    let flagged = result.t >= T_MAX;
    let verdict = match (control, flagged) {
        (false, false) => "",
        (false, true) => "  flagged",
        (true, true) => "  flagged, as it must be",
        (true, false) => "  NOT FLAGGED: this run shows nothing",
    };
    let kernel = if uses_kernel { kernel } else { instructions };
    println!("{kernel:9} {name:24} {:9.2} {:10.1}{verdict}", result.t, result.median_ns);
    flagged
}
