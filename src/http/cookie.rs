//! Cookies (RFC 6265): reading them, and writing ours.

use axum::http::{HeaderMap, HeaderValue, header};

/// The first value under this name.
pub fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';').take(64))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// Half a year, in seconds: a member signs in once a season, not every evening.
pub const HALF_A_YEAR: u32 = 180 * 86_400;

/// A `Set-Cookie` value: for this site only, out of reach for scripts. Not `Secure`: the station speaks plain http on its
/// own Wi-Fi, where no certificate can be had, and a browser would drop a secure cookie. `value` is of our own making:
/// hexadecimal digits and dots.
pub fn set(name: &str, value: &str, seconds: u32) -> HeaderValue {
    let line = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&line).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A `Set-Cookie` value that ends a cookie.
pub fn clear(name: &str) -> HeaderValue {
    set(name, "", 0)
}
