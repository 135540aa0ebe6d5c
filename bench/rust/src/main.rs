//! The Rust side of `npm run bench`: this project's crates without Node, beside other crates.
//!
//! With `--serve` it takes part in the rounds of the benchmark in Node, so that noise affects both
//! sides alike. It first prints a line of JSON that names the kernel and the subjects, and then for
//! each line of `CASE`, `SUBJECT` and `MILLISECONDS` (separated by tabs) on its standard input one
//! sample as a line of JSON, in nanoseconds per call. Without arguments it measures everything once
//! and prints one JSON object.
//!
//! The results of sharing and of the load path are checked before anything is measured.

mod cases;
mod peers;
mod subject;

use std::env;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::subject::Subject;

/// How long a subject is measured without `--serve`.
const STANDALONE: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let run = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => measure_all(),
        ["--serve"] => serve(),
        _ => {
            eprintln!("usage: trust-quorum-bench [--serve]");
            return ExitCode::from(2);
        }
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trust-quorum-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure_all() -> Result<(), Box<dyn Error>> {
    let mut rows = Vec::new();
    for mut subject in cases::all()? {
        sample(&mut subject, STANDALONE);
        let nanoseconds = sample(&mut subject, STANDALONE);
        rows.push(json!({ "case": subject.case, "subject": subject.name, "ns": nanoseconds }));
    }
    let kernel = trust_quorum_shamir::kernel_name()?;
    print(&json!({ "kernel": kernel, "rows": rows }))
}

fn serve() -> Result<(), Box<dyn Error>> {
    let mut subjects = cases::all()?;
    let names: Vec<Value> =
        subjects.iter().map(|one| json!({ "case": one.case, "subject": one.name })).collect();
    print(&json!({ "kernel": trust_quorum_shamir::kernel_name()?, "subjects": names }))?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let [case, name, milliseconds] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("not a request: {line}").into());
        };
        let subject = subjects
            .iter_mut()
            .find(|one| one.case == case && one.name == name)
            .ok_or_else(|| format!("there is no subject {name} of {case}"))?;
        let nanoseconds = sample(subject, Duration::from_millis(milliseconds.parse()?));
        print(&json!({ "ns": nanoseconds }))?;
    }
    Ok(())
}

/// Nanoseconds per call, over as many calls as fill the time, at least one.
fn sample(subject: &mut Subject, time: Duration) -> f64 {
    let mut calls = 0u32;
    let mut batch = 1u32;
    let start = Instant::now();
    loop {
        for _ in 0..batch {
            (subject.call)();
        }
        calls += batch;
        let elapsed = start.elapsed();
        if elapsed >= time {
            return elapsed.as_secs_f64() * 1e9 / f64::from(calls);
        }
        // Doubles batches until reading the clock between them is negligible.
        if elapsed < time / 16 {
            batch = batch.saturating_mul(2);
        }
    }
}

fn print(value: &Value) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()?;
    Ok(())
}
