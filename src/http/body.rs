//! Bodies within limits, read whole, with a refusal that says what is wrong.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

use super::Problem;

/// No form or JSON body of ours comes near this.
pub const LIMIT: usize = 64 * 1024;
/// A beat that was kept for a whole evening without network has some 4 KiB.
const LENIENT_LIMIT: usize = 16 * 1024;
/// So much of what a parser complains about is shown: its words may quote what was sent.
const COMPLAINT: usize = 160;
/// A phone on a weak Wi-Fi sends 64 KiB within this; a client that trickles is let go.
const PATIENCE: Duration = Duration::from_secs(20);

/// A JSON body. Requires `application/json`, which no foreign page can send without asking first.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// A JSON body that may come as `text/plain`, as `sendBeacon` sends it, with the bytes as they came. Only for requests
/// whose address is itself a secret.
#[derive(Debug)]
pub struct Lenient<T>(pub T, pub Bytes);

/// A form as browsers post it.
#[derive(Debug)]
pub struct Form<T>(pub T);

/// Reads a body whole, up to `limit` bytes.
pub async fn read(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let collected = tokio::time::timeout(PATIENCE, Limited::new(request.into_body(), limit).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Problem::too_large(limit)),
        Ok(Err(_)) => Err(Problem::bad_request(
            "内容没有收全，请再试一次。",
            "The content did not arrive whole; please try again.",
        )),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "网络太慢，没有收全，请再试一次。",
            "The network was too slow; please try again.",
        )),
    }
}

fn has_type(request: &Request, wanted: &[&str]) -> Result<(), Problem> {
    let sent = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let essence = sent.split(';').next().unwrap_or("").trim();
    if wanted.iter().any(|w| essence.eq_ignore_ascii_case(w)) {
        return Ok(());
    }
    let wanted = wanted[0];
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        format!("内容的格式不对，应为 {wanted}。"),
        format!("The content type must be {wanted}."),
    ))
}

fn cut(complaint: &str) -> String {
    complaint.chars().take(COMPLAINT).collect()
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let at = cut(&error.to_string());
        let zh = format!("内容读不懂：{at}。");
        let en = format!("The content cannot be read: {at}.");
        if error.is_data() {
            Problem::unprocessable(zh, en)
        } else {
            Problem::bad_request(zh, en)
        }
    })
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        has_type(&request, &["application/json"])?;
        Ok(Self(parse(&read(request, LIMIT).await?)?))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Lenient<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        has_type(&request, &["application/json", "text/plain"])?;
        let bytes = read(request, LENIENT_LIMIT).await?;
        Ok(Self(parse(&bytes)?, bytes))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        has_type(&request, &["application/x-www-form-urlencoded"])?;
        let headers = request.headers().clone();
        let bytes = read(request, LIMIT).await?;
        let mut whole = Request::new(axum::body::Body::from(bytes));
        *whole.method_mut() = axum::http::Method::POST;
        *whole.headers_mut() = headers;
        let form = axum::extract::Form::<T>::from_request(whole, state).await;
        form.map(|form| Self(form.0)).map_err(|error| {
            let why = cut(&error.to_string());
            Problem::unprocessable(
                format!("表单没有填全：{why}。"),
                format!("The form is not complete: {why}."),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_does_not_give_back_all_that_was_sent() {
        let sent = format!("\"{}\"", "x".repeat(10_000));
        let problem = parse::<u32>(sent.as_bytes()).unwrap_err();
        assert!(problem.en.len() < 300, "{}", problem.en.len());
    }
}
