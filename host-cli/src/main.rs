//! The `sitrep` command.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    sitrep_cli::commands::main(std::env::args_os())
}
