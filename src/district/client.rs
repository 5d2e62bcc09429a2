//! Asking a station over HTTP: one connection per request, bounded answers, no redirects.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

use crate::exchange::{CONDITION, Condition};

/// Why a station could not be asked. The reader is the clerk.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not `http://host:port`.
    #[error("{0} is no address of a station; it should look like http://192.168.8.1:8080")]
    BadAddress(String),
    /// Nobody there.
    #[error("{address} cannot be reached: {source}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// It took longer than its time.
    #[error("the station took too long; what was fetched is kept for the next time")]
    TooSlow,
    /// The connection broke, or what came was not HTTP.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer is longer than it can honestly be.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The station refused.
    #[error("the station answered {status}: {detail}")]
    Refused {
        /// Its status.
        status: StatusCode,
        /// Its sentence.
        detail: String,
    },
    /// The bytes are not what they should be.
    #[error("the station sent no {0}")]
    Nonsense(&'static str),
}

/// JSON answers are short.
const JSON_LIMIT: usize = 16 * 1024;

/// One station's address.
#[derive(Debug, Clone)]
pub(super) struct Client {
    host: String,
    connect: Duration,
}

impl Client {
    pub(super) fn new(url: &str, connect: Duration) -> Result<Self, ClientError> {
        let bad = || ClientError::BadAddress(url.to_owned());
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| bad())?;
        let authority = uri
            .authority()
            .filter(|_| uri.scheme_str() == Some("http"))
            .ok_or_else(bad)?;
        let host = match authority.port_u16() {
            Some(_) => authority.to_string(),
            None => format!("{authority}:80"),
        };
        Ok(Self { host, connect })
    }

    pub(super) async fn post_json<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|_| ClientError::Nonsense("request"))?;
        let (answer, _) = self.ask("POST", path, None, body, JSON_LIMIT).await?;
        serde_json::from_slice(&answer).map_err(|_| ClientError::Nonsense("readable answer"))
    }

    /// One request and its whole answer, at most `limit` bytes, with what the station says of itself.
    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        authorization: Option<&str>,
        body: Vec<u8>,
        limit: usize,
    ) -> Result<(Vec<u8>, Option<Condition>), ClientError> {
        let broken = |error: hyper::Error| ClientError::Broken(error.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.reach().await?))
            .await
            .map_err(broken)?;
        let driver = tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host);
        request = request
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONNECTION, "close");
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| ClientError::Broken(error.to_string()))?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status();
        let told = answer.headers().get(CONDITION).and_then(|value| value.to_str().ok());
        let condition = told.and_then(Condition::parse);
        let read = Limited::new(answer.into_body(), limit).collect().await;
        driver.abort();
        let bytes = match read {
            Ok(read) => read.to_bytes().to_vec(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => return Err(ClientError::TooLong(limit)),
            Err(error) => return Err(ClientError::Broken(error.to_string())),
        };
        if status.is_success() {
            Ok((bytes, condition))
        } else {
            Err(refused(status, &bytes))
        }
    }

    async fn reach(&self) -> Result<TcpStream, ClientError> {
        let unreachable = |source| ClientError::Unreachable {
            address: self.host.clone(),
            source,
        };
        match tokio::time::timeout(self.connect, TcpStream::connect(&self.host)).await {
            Ok(connected) => connected.map_err(unreachable),
            Err(_) => Err(unreachable(std::io::ErrorKind::TimedOut.into())),
        }
    }
}

fn refused(status: StatusCode, bytes: &[u8]) -> ClientError {
    let told: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
    let detail = told.and_then(|t| t.get("detail")?.as_str().map(|d| d.chars().take(200).collect()));
    ClientError::Refused {
        status,
        detail: detail.unwrap_or_default(),
    }
}
