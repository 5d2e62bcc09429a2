//! A refusal or a failure as a value: a status, one sentence per language, and what a script needs (RFC 9457).

use std::borrow::Cow;
use std::error::Error;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::types::Lang;

/// What went wrong, for one reader. Pages show it as a page, scripts get `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status code.
    pub status: StatusCode,
    /// What happened and what to do, in Chinese.
    pub zh: Cow<'static, str>,
    /// The same in English.
    pub en: Cow<'static, str>,
    /// A word for scripts.
    pub reason: Option<&'static str>,
    /// Come back after so many seconds.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A refusal with its sentences.
    pub fn new(status: StatusCode, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            zh: zh.into(),
            en: en.into(),
            reason: None,
            retry_after: None,
        }
    }

    /// 404.
    pub fn not_found() -> Self {
        let zh = "没有找到这一页。可能这部课件撤下了，您的学时都还在。";
        Self::new(
            StatusCode::NOT_FOUND,
            zh,
            "There is no such page. The item may have been taken off; your hours are all there.",
        )
    }

    /// 400: what the reader sent makes no sense, and why.
    pub fn bad_request(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, zh, en)
    }

    /// 422: well formed, and not acceptable.
    pub fn unprocessable(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, zh, en)
    }

    /// 401: sign in first.
    pub fn sign_in_first() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "请先登录，再接着操作。",
            "Please sign in first.",
        )
    }

    /// 403.
    pub fn forbidden(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, zh, en)
    }

    /// 409, with a word for the script.
    pub fn conflict(reason: &'static str, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reason: Some(reason),
            ..Self::new(StatusCode::CONFLICT, zh, en)
        }
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let kib = limit / 1024;
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("送来的内容太大了，最多 {kib} KB。"),
            format!("What was sent is too large; the limit is {kib} KB."),
        )
    }

    /// 503: it would work, but not now.
    pub fn unavailable(seconds: u32, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, zh, en)
        }
    }

    /// 503: too many at once.
    pub fn busy() -> Self {
        Self::unavailable(
            5,
            "现在人多，请稍等几秒再试。",
            "The station is busy; please try again in a few seconds.",
        )
    }

    /// 500: our fault. The whole chain goes to the log, once; the reader gets one calm line.
    pub fn internal(error: &(dyn Error + 'static)) -> Self {
        let mut chain = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            chain = format!("{chain}: {inner}");
            cause = inner.source();
        }
        tracing::error!(error = %chain, "a request failed");
        let zh = "站点出了点问题，没有做成，已经记下来了。请过一会儿再试，或者告诉管理员。";
        let en = "Something went wrong at the station and was noted. Please try again later, or tell the operator.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, zh, en)
    }

    /// The sentence in the reader's language.
    pub fn sentence(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    /// As `application/problem+json`.
    pub fn to_json(&self, lang: Lang) -> Response {
        let mut body = serde_json::json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.sentence(lang),
        });
        if let Some(reason) = self.reason {
            body["reason"] = reason.into();
        }
        let kind = (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        let mut response = (self.status, [kind], body.to_string()).into_response();
        self.add_headers(&mut response);
        response
    }

    /// Whether whoever asked for this path is a script rather than a person at a page.
    pub fn is_for_script(path: &str) -> bool {
        ["/api/", "/media/", "/log/", "/desk/uploads"]
            .iter()
            .any(|door| path.starts_with(door))
    }

    /// The headers that belong to the status, whatever the body is.
    pub fn add_headers(&self, response: &mut Response) {
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

/// Carries the problem to the outermost layer, which knows the reader's language and whether he wants a page.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        self.add_headers(&mut response);
        response.extensions_mut().insert(self);
        response
    }
}

/// A database that cannot answer: later perhaps, if it is the disk; else our fault.
impl From<crate::store::StoreError> for Problem {
    fn from(error: crate::store::StoreError) -> Self {
        if error.trouble().is_none() {
            return Self::internal(&error);
        }
        tracing::warn!(%error, "the database could not answer");
        Self::unavailable(
            30,
            "站点的硬盘暂时写不进去，请过一会儿再试。已经记下的都在。",
            "The station's disk does not take anything at the moment; please try again later. What was recorded is safe.",
        )
    }
}
