//! The station's own network: the subnets of its interfaces, read from the kernel at the moment when it matters, because
//! a hotspot may come up later than the program.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kernel's routes without a gateway are the networks that the interfaces stand in.
const V4: &str = "/proc/net/route";
/// The addresses of the interfaces, with the lengths of their prefixes.
const V6: &str = "/proc/net/if_inet6";

/// Whether somebody asks from the station's own network and not through a router from outside. A kernel that tells
/// nothing is no reason to turn everybody away: then any private address will do.
pub fn is_near(from: IpAddr) -> bool {
    match fs::read_to_string(V4) {
        Ok(routes) => Networks::read(&routes, &fs::read_to_string(V6).unwrap_or_default()).hold(from),
        Err(_) => from.is_loopback() || is_private(from),
    }
}

fn is_private(from: IpAddr) -> bool {
    match from {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Networks by their first address and their mask.
#[derive(Debug, Default, PartialEq, Eq)]
struct Networks {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl Networks {
    fn read(routes: &str, addresses: &str) -> Self {
        Self {
            v4: routes.lines().skip(1).filter_map(route).collect(),
            v6: addresses.lines().filter_map(prefix).collect(),
        }
    }

    fn hold(&self, ip: IpAddr) -> bool {
        match ip {
            ip if ip.is_loopback() => true,
            IpAddr::V4(v4) => self.v4.iter().any(|(net, mask)| u32::from(v4) & mask == *net),
            IpAddr::V6(v6) => self.v6.iter().any(|(net, mask)| u128::from(v6) & mask == *net),
        }
    }
}

/// `eth0  000200C0  00000000  0001 … mask`: numbers are in the machine's own order of bytes.
fn route(line: &str) -> Option<(u32, u32)> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| {
        let number = u32::from_str_radix(columns.get(at)?, 16).ok()?;
        Some(u32::from(Ipv4Addr::from(number.to_ne_bytes())))
    };
    let (net, gateway, mask) = (number(1)?, number(2)?, number(7)?);
    (gateway == 0 && mask != 0).then_some((net & mask, mask))
}

/// `fe80…0001 04 40 20 80 eth0`: address, interface, length of the prefix.
fn prefix(line: &str) -> Option<(u128, u128)> {
    let mut columns = line.split_whitespace();
    let address = u128::from_str_radix(columns.next()?, 16).ok()?;
    let length = u32::from_str_radix(columns.nth(1)?, 16)
        .ok()
        .filter(|length| (1..=128).contains(length))?;
    let mask = u128::MAX << (128 - length);
    Some((u128::from(Ipv6Addr::from(address)) & mask, mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a box with a hotspot and a line to the router prints it, on a machine whose bytes go little end first.
    const ROUTES: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
        eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
        eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
        wlan0\t0008A8C0\t00000000\t0001\t0\t0\t0\t00FCFFFF\t0\t0\t0\n";
    const ADDRESSES: &str = "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n\
        fd000000000000000000000000000002 04 40 00 82     eth0\n\
        00000000000000000000000000000001 01 80 10 80       lo\n";

    #[cfg(target_endian = "little")]
    #[test]
    fn only_the_subnets_of_the_interfaces_are_near() {
        let own = Networks::read(ROUTES, ADDRESSES);
        let near = [
            "192.168.1.20",
            "192.168.8.9",
            "192.168.11.9",
            "127.0.0.1",
            "::1",
            "fe80::9",
            "fd00::1",
        ];
        let far = [
            "192.168.2.20",
            "192.168.12.1",
            "10.0.0.7",
            "8.8.8.8",
            "2001:db8::1",
            "fd01::1",
        ];
        for ip in near {
            assert!(own.hold(ip.parse().unwrap()), "{ip}");
        }
        for ip in far {
            assert!(!own.hold(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn what_the_kernel_prints_here_is_understood() {
        if let Ok(routes) = fs::read_to_string(V4) {
            let own = Networks::read(&routes, "");
            let without_gateway = routes
                .lines()
                .skip(1)
                .filter(|line| line.split_whitespace().nth(2) == Some("00000000"));
            assert_eq!(own.v4.len(), without_gateway.count());
        }
        assert!(is_near("127.0.0.1".parse().unwrap()));
        assert!(!is_near("203.0.113.9".parse().unwrap()));
    }

    #[test]
    fn odd_lines_are_passed_over() {
        assert_eq!(
            Networks::read("head\nnonsense\neth0 zz", "x y z\n"),
            Networks::default()
        );
    }
}
