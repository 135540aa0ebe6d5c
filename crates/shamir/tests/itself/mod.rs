//! Test programs that run themselves again, since a process keeps the kernel that it began with.

use std::process::Command;

/// This program, started as cargo started it: where it was built for another processor, by the emulator
/// that cargo was told to use.
pub(crate) fn command() -> Command {
    let program = std::env::current_exe().expect("a program has a path");
    let architecture = std::env::consts::ARCH.to_uppercase();
    let runner = std::env::vars().find_map(|(name, runner)| {
        let target = name.strip_prefix("CARGO_TARGET_")?.strip_suffix("_RUNNER")?;
        target.starts_with(&architecture).then_some(runner)
    });
    let runner = runner.unwrap_or_default();
    let mut words = runner.split_whitespace();
    let Some(emulator) = words.next() else { return Command::new(program) };
    let mut command = Command::new(emulator);
    command.args(words).arg(program);
    command
}
