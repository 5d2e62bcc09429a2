//! Who is at the other end of the connection.

use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Problem;

/// The peer's address, put there by the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// Without the port, and without the IPv6 wrapping of an IPv4 address.
    pub fn ip(&self) -> IpAddr {
        self.0.ip().to_canonical()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<Self>().copied();
        peer.ok_or_else(|| Problem::internal(&std::io::Error::other("the accept loop did not say who is asking")))
    }
}
