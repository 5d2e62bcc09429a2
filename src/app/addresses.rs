//! Under which addresses phones reach this station.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// The addresses to print and to put into QR codes, the best first. A socket that is told to talk to a far address
/// reveals which of ours it would use; nothing is sent.
pub fn reachable(listening: SocketAddr) -> Vec<String> {
    let port = listening.port();
    let mut hosts = Vec::new();
    if listening.ip().is_unspecified() {
        hosts.extend(outward().filter(|ip| !ip.is_loopback() && !ip.is_unspecified()));
        hosts.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    } else {
        hosts.push(listening.ip());
    }
    let plain = |ip: IpAddr| match (ip, port) {
        (IpAddr::V4(ip), 80) => format!("http://{ip}/"),
        (ip, port) => format!("http://{}/", SocketAddr::new(ip, port)),
    };
    hosts.into_iter().map(plain).collect()
}

/// Candidates for the far address: the usual private networks and the documentation network. A box without a default
/// route still has a route into its own network.
fn outward() -> impl Iterator<Item = IpAddr> {
    let far = [
        "192.0.2.1",
        "192.168.1.1",
        "192.168.8.1",
        "192.168.0.1",
        "10.0.0.1",
        "172.16.0.1",
    ];
    let mut seen = Vec::new();
    far.into_iter()
        .filter_map(|far| {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
            socket.connect((far, 9)).ok()?;
            Some(socket.local_addr().ok()?.ip())
        })
        .filter(move |ip| {
            let new = !seen.contains(ip);
            seen.push(*ip);
            new
        })
}
