//! A test that runs again in a child process of its own: without the right to read everything, or with a limit that must
//! not meet the tests beside it.

use std::process::Command;

const INSIDE: &str = "MEDIA_INDEX_TEST_CHILD";

/// Whether this is the child.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs the test of this name again as an argument of `program`; the reason if that cannot be started here.
pub fn again(test: &str, program: &[&str]) -> Result<(), String> {
    let trial = Command::new(program[0]).args(&program[1..]).arg("true").output();
    match trial {
        Ok(trial) if trial.status.success() => {}
        Ok(trial) => return Err(String::from_utf8_lossy(&trial.stderr).trim().to_owned()),
        Err(error) => return Err(format!("{}: {error}", program[0])),
    }
    let child = Command::new(program[0])
        .args(&program[1..])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    Ok(())
}

/// The same, or a word about why not.
pub fn again_or_skip(test: &str, program: &[&str]) {
    if let Err(why) = again(test, program) {
        eprintln!("skipped: {test}: {why}");
    }
}
