//! Who may ask: requests must name this station as their host, and what changes something must come from its own pages.
//!
//! A page on the internet can make a phone on the station's Wi-Fi send requests to the station. If it does so under a
//! host name of its own (DNS rebinding) it could read the answers: so the host must be an address, or a name that we
//! know. If it posts a form, the browser says where the form came from: so the origin must be us.

use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Problem, lang};

/// The names, beside its addresses, under which the station may be asked.
#[derive(Debug, Clone, Default)]
pub struct Names(pub Arc<Vec<String>>);

/// Everything on a page comes from the station itself; nothing may frame it or take its forms elsewhere.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; media-src 'self'; script-src 'self'; style-src 'self'; \
                      object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Refuses strangers and adds the headers that every answer carries.
pub async fn guard(State(names): State<Names>, request: Request, next: Next) -> Response {
    if *request.method() == Method::OPTIONS && request.uri().path() == "*" {
        return of_the_whole_station();
    }
    let mut response = match admits(&request, &names) {
        Ok(()) => next.run(request).await,
        // The outermost layer gives it a voice: a page for people, JSON for scripts.
        Err(problem) => problem.into_response(),
    };
    add_headers(response.headers_mut());
    response
}

/// The same for what goes past the table of routes and speaks to scripts: its refusals are JSON.
pub async fn guarded<F: Future<Output = Result<Response, Problem>>>(
    request: Request,
    names: &Names,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let reader = lang::of(request.headers());
    let answered = match admits(&request, names) {
        Ok(()) => answer(request).await,
        Err(problem) => Err(problem),
    };
    let mut response = answered.unwrap_or_else(|problem| problem.to_json(reader));
    add_headers(response.headers_mut());
    response
}

/// Whether a request may be answered: its address can be read, it names this station, and it comes from our own pages if
/// it changes something.
fn admits(request: &Request, names: &Names) -> Result<(), Problem> {
    readable(request.uri().path())?;
    check(
        request.method(),
        request.version(),
        host_of(request),
        request.headers(),
        &names.0,
    )
}

/// RFC 9110 §9.3.7: `OPTIONS *` asks about the server as a whole.
fn of_the_whole_station() -> Response {
    let methods = [(header::ALLOW, "GET, HEAD, OPTIONS, POST")];
    (StatusCode::NO_CONTENT, methods).into_response()
}

/// The headers that every answer carries, unless it has its own. Made once: each is looked through, letter by letter.
static FIXED: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

fn add_headers(headers: &mut HeaderMap) {
    for (name, value) in &FIXED {
        headers.entry(name).or_insert_with(|| value.clone());
    }
}

/// Addresses of ours are UTF-8; what decodes to something else is no address, and no handler should meet it.
fn readable(path: &str) -> Result<(), Problem> {
    // Nearly every address is plain.
    if path.bytes().all(|byte| byte.is_ascii() && byte != b'%') {
        return Ok(());
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
        let decoded = match byte {
            b'%' => match (hex(rest.next()), hex(rest.next())) {
                (Some(high), Some(low)) => u8::try_from(high * 16 + low).unwrap_or(0),
                _ => return Err(no_address()),
            },
            other => other,
        };
        bytes.push(decoded);
    }
    std::str::from_utf8(&bytes).map(drop).map_err(|_| no_address())
}

fn no_address() -> Problem {
    Problem::bad_request(
        "这个地址读不懂，请从首页打开。",
        "This address makes no sense; please start from the home page.",
    )
}

/// The host that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host<'a> {
    Named(&'a str),
    /// No line at all.
    Absent,
    /// Several lines, or one that is no text: RFC 9112 §3.2 asks for a 400, whatever the version.
    Invalid,
}

/// RFC 9112 §3.2.2: an absolute-form target names the host itself, whatever the header says.
fn host_of(request: &Request) -> Host<'_> {
    if let Some(authority) = request.uri().authority() {
        return Host::Named(authority.as_str());
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next().map(HeaderValue::to_str), hosts.next()) {
        (None, _) => Host::Absent,
        (Some(Ok(host)), None) => Host::Named(host),
        _ => Host::Invalid,
    }
}

fn check(
    method: &Method,
    version: Version,
    host: Host<'_>,
    headers: &HeaderMap,
    names: &[String],
) -> Result<(), Problem> {
    let host = match host {
        Host::Named(host) => host,
        // RFC 9112 §3.2 asks HTTP/1.1 for a Host; old televisions speak HTTP/1.0, and no browser does.
        Host::Absent if version == Version::HTTP_10 && matches!(*method, Method::GET | Method::HEAD) => return Ok(()),
        Host::Absent | Host::Invalid => {
            return Err(Problem::bad_request(
                "请求里没有写明站点的地址。",
                "The request does not name one host.",
            ));
        }
    };
    if !is_ours(host, names) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "请用站点自己的地址打开，不要用别的网址。",
            "Please open the station under its own address.",
        ));
    }
    if !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) && !comes_from(headers, host) {
        return Err(Problem::forbidden(
            "这一步要在站点自己的页面上做。",
            "This can only be done from the station's own pages.",
        ));
    }
    Ok(())
}

/// Whether a host, with or without a port, is an address, `localhost`, or one of our names.
pub fn is_ours(host: &str, names: &[String]) -> bool {
    let name = without_port(host);
    let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    if bare.is_some_and(|n| n.parse::<Ipv6Addr>().is_ok()) || name.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || names.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// Browsers send `Origin` with every post; programs without one are no browser and cannot be tricked into it. `null` is
/// what a page hides behind that has something to hide.
fn comes_from(headers: &HeaderMap, host: &str) -> bool {
    let text = |name| headers.get(name).map(|v: &HeaderValue| v.to_str().unwrap_or("?"));
    match text(header::ORIGIN).or_else(|| text(header::REFERER)) {
        None => true,
        Some(origin) => {
            let authority = origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"));
            authority
                .and_then(|rest| rest.split('/').next())
                .is_some_and(|a| a.eq_ignore_ascii_case(host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_known_names_are_ours_and_nothing_else() {
        let names = ["yuanjiao.local".to_owned()];
        for host in [
            "192.168.8.1",
            "192.168.8.1:8080",
            "[fe80::1]:8080",
            "[::1]",
            "localhost:8080",
            "YUANJIAO.local.",
            "yuanjiao.local:80",
        ] {
            assert!(is_ours(host, &names), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "192.168.8.1.evil.example",
            "",
            "[fe80::1",
            "localhost.evil.example",
            "::1:x",
        ] {
            assert!(!is_ours(host, &names), "{host}");
        }
    }

    #[test]
    fn a_foreign_page_cannot_change_anything() {
        let post = |lines: &[(&'static str, &str)]| {
            let headers = lines
                .iter()
                .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
                .collect();
            check(
                &Method::POST,
                Version::HTTP_11,
                Host::Named("192.168.8.1:8080"),
                &headers,
                &[],
            )
            .is_ok()
        };
        assert!(post(&[]));
        assert!(post(&[("origin", "http://192.168.8.1:8080")]));
        assert!(post(&[("referer", "http://192.168.8.1:8080/desk")]));
        assert!(!post(&[("origin", "http://evil.example")]));
        assert!(!post(&[("origin", "null")]));
        assert!(
            !post(&[("origin", "http://192.168.8.1")]),
            "another port is another site"
        );
        assert!(!post(&[("referer", "http://evil.example/?http://192.168.8.1:8080/")]));
    }

    #[test]
    fn no_host_is_told_from_two_hosts() {
        let of = |lines: &[&str]| {
            let mut request = Request::new(axum::body::Body::empty());
            for line in lines {
                request.headers_mut().append(header::HOST, line.parse().unwrap());
            }
            let host = host_of(&request);
            check(&Method::GET, Version::HTTP_10, host, request.headers(), &[]).is_ok()
        };
        assert!(of(&[]), "old televisions");
        assert!(of(&["192.168.8.1"]));
        assert!(!of(&["192.168.8.1", "evil.example"]));
        assert!(!of(&["evil.example", "evil.example"]));
    }

    #[test]
    fn an_address_that_is_no_text_is_refused() {
        assert!(readable("/items/%E8%AF%BE").is_ok());
        for path in ["/items/%ff", "/items/%E8%AF", "/items/%zz", "/items/%"] {
            assert_eq!(readable(path).unwrap_err().status, StatusCode::BAD_REQUEST, "{path}");
        }
    }
}
