//! Films flow on an event loop of their own, and whoever asks for something else does not wait behind them.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// Who lets the loop of films go on that stands still.
static STANDING: Mutex<Option<Receiver<()>>> = Mutex::new(None);

/// The thread on which this is answered.
pub(super) async fn thread() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

/// Holds its event loop up until it is told to go on, as no handler of ours may.
pub(super) async fn stand() -> &'static str {
    let go_on = STANDING.lock().unwrap().take().unwrap();
    go_on.recv().expect_err("nothing is sent, it is let go");
    "stood"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_connection_stays_where_films_flow_until_it_asks_for_something_else() {
    let served = Served::start().await;
    let mut client = served.connect().await;
    for _ in 0..2 {
        assert_ne!(
            client.get("/media/thread", "").await,
            b"films",
            "no film has flown yet, or not since"
        );
        assert!(client.get("/media/film", "").await == served.content);
        assert_eq!(client.get("/media/thread", "").await, b"films");
        assert!(client.get("/media/film", "Range: bytes=9-\r\n").await == served.content[9..]);
        // Asked with the film, so that it is read together with the film's request.
        client.send("GET", "/media/film", "Range: bytes=0-0\r\n").await;
        client.send("GET", "/thread", "").await;
        assert!(client.answer().await == served.content[..1]);
        assert_ne!(client.answer().await, b"films");
    }
    assert_eq!(served.noted(), 2 * (2 * LENGTH as u64 - 9 + 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_desk_is_answered_while_the_loop_of_films_stands_still() {
    let (go_on, standing): (Sender<()>, _) = channel();
    *STANDING.lock().unwrap() = Some(standing);
    let served = Served::start().await;
    let (mut viewer, mut desk) = (served.connect().await, served.connect().await);
    assert!(viewer.get("/media/film", "").await == served.content);
    viewer.send("GET", "/media/stand", "").await;
    // Wherever the film's loop is by now: these are answered beside it.
    while STANDING.lock().unwrap().is_some() {
        assert_eq!(desk.get("/api", "").await, b"an answer");
    }
    assert_eq!(desk.get("/api", "").await, b"an answer");
    assert_eq!(served.connect().await.get("/api", "").await, b"an answer");
    drop(go_on);
    assert_eq!(viewer.answer().await, b"stood");
}
