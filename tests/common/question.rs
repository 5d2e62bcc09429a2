//! What somebody asks of a station that is only played.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Path and body of one request.
pub async fn question(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    while bytes.len() < head + length.unwrap_or(0) {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let path = text.split(' ').nth(1).unwrap_or("").to_owned();
    Ok((path, bytes.split_off(head)))
}
