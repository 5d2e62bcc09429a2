//! What those hear for whom there is no place: a 503 that says when to come back, without becoming a guest.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// So many are answered at once; the rest of a flood is closed without a word.
const AT_ONCE: usize = 32;
/// Time to send a request, and so to be ready for an answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// More of a request is not read. Unread bytes would make the kernel reset the connection and the answer be lost.
const READ: usize = 8 * 1024;

const ANSWER: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nCache-Control: no-store\r\n\
                      Content-Type: text/plain; charset=utf-8\r\nContent-Length: 96\r\n\r\n\
                      现在人多，请稍等几秒再试。\nThe station is busy; please try again in a few seconds.\n";

/// Where they stand meanwhile.
#[derive(Debug)]
pub(super) struct Door(Arc<Semaphore>);

impl Default for Door {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Door {
    /// What is to be done with a connection too many; nothing if too many stand here already.
    pub(super) fn turn_away(&self, mut stream: TcpStream) -> Option<impl Future<Output = ()> + Send + use<>> {
        let place = Arc::clone(&self.0).try_acquire_owned().ok()?;
        Some(async move {
            let answered = tokio::time::timeout(PATIENCE, answer(&mut stream)).await;
            tracing::trace!(?answered, "a connection was turned away");
            drop(place);
        })
    }
}

async fn answer(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    while request.len() < READ && !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    stream.write_all(ANSWER.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::ANSWER;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let (head, body) = ANSWER.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("Content-Length: {}\r\n", body.len()))
                || head.ends_with(&format!("Content-Length: {}", body.len())),
            "{}",
            body.len()
        );
    }
}
