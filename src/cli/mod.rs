//! Commands: `yuanjiao` alone starts a station; the others work beside it.
//!
//! Every command exits with 0 only if it did what it says, and prints one line per fault.

mod args;
mod backup;
mod district;
mod down;
mod memory;
mod policy;
mod station;
mod undated;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command, District};

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let args = Args::parse();
    if let None | Some(Command::Station | Command::District(District::Serve)) = args.command {
        memory::give_back_at_once();
    }
    let outcome = match args.command {
        None | Some(Command::Station) => station::serve(&args.common),
        Some(Command::Scan) => station::scan(&args.common),
        Some(Command::Member(command)) => station::member(&args.common, &command),
        Some(Command::Ledger(command)) => station::ledger(&args.common, &command),
        Some(Command::Backup { folder, with_keys }) => backup::copy(&args.common, folder.as_deref(), with_keys),
        Some(Command::Restore { file }) => backup::restore(&args.common, &file),
        Some(Command::Policy(command)) => policy::run(&args.common, &command),
        Some(Command::Epoch {
            folder,
            district_fingerprint,
        }) => backup::epoch(&args.common, &folder, district_fingerprint.as_deref()),
        Some(Command::Operator(_)) => station::operator_code(&args.common),
        Some(Command::EnrolCode) => station::enrol_code(&args.common),
        Some(Command::District(command)) => district::run(&args.common, &command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say_fault(&error);
            ExitCode::FAILURE
        }
    }
}

/// The fault and its causes on one line each.
fn say_fault(error: &anyhow::Error) {
    for (at, cause) in error.chain().enumerate() {
        let before = if at == 0 { "yuanjiao: " } else { "  because: " };
        eprintln!("{before}{cause}");
    }
}
