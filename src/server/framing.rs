//! Where a request ends must be beyond doubt.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::http::Problem;
use crate::types::Lang;

/// hyper reads any coding that ends in `chunked`; somebody between us might read it otherwise, and take the rest of the
/// body for another request (RFC 9112 §11.2). No client of ours sends such a thing.
pub(super) fn is_plain(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(only), None) => only.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// A refusal, after which nothing on this connection is believed any more.
pub(super) fn refusal(reader: Lang) -> Response {
    let problem = Problem::bad_request(
        "请求的传输方式读不懂。",
        "The request's transfer coding is not understood.",
    );
    let mut response = problem.to_json(reader);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}
