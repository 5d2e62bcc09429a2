//! The plug is pulled while beats come in: nothing that was acknowledged may be missing afterwards.

#[path = "common/program.rs"]
mod program;

use program::{Running, WaitTimeout, ask, command, number, open, prepare, start};
use tempfile::TempDir;

/// Beats as fast as they are answered, until nobody answers any more: what the last answer promised.
fn beat_until_the_end(at: &str, session: &str) -> Option<u64> {
    let mut promised = None;
    for n in 1..20_000 {
        let body = format!(r#"{{"n":{n},"segments":[[0,63000]],"state":"playing"}}"#);
        match ask(at, "POST", &format!("/api/sessions/{session}/beats"), "", &body) {
            Some((200, _, answer)) => promised = Some(number(&answer, "credited_ms") + number(&answer, "pending_ms")),
            _ => break,
        }
    }
    promised
}

#[test]
fn acknowledged_beats_survive_kill_9_again_and_again() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    prepare(dir);
    let mut promised = 0;
    for round in 0..6_u64 {
        let Running { mut child, address: at } = start(dir);
        let (session, kept, ..) = open(&at);
        assert!(
            kept >= promised,
            "round {round}: {promised} ms were acknowledged, {kept} ms are there"
        );
        let beating = std::thread::spawn(move || beat_until_the_end(&at, &session));
        // The plug is pulled at another moment in each round, in the middle of the beats.
        assert!(
            child.wait_timeout_ms(150 + round * 37).is_none(),
            "the station ended by itself"
        );
        child.kill().unwrap();
        child.wait().unwrap();
        promised = beating.join().unwrap().unwrap_or(promised).max(promised);
        assert!(command(dir, &["ledger", "verify"]), "round {round}");
    }
    assert!(promised > 0, "some beats were acknowledged");
}
