//! The outermost layer: a problem becomes a page for people and JSON for scripts, in the reader's language.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::{Problem, lang};
use crate::look::{Frame, Station};
use crate::types::Lang;

#[derive(Template)]
#[template(path = "error.html")]
struct Page {
    f: Frame,
    sentence: String,
    line: String,
}

/// How a role speaks of what went wrong.
#[derive(Debug, Clone)]
pub struct Voice {
    /// Whose pages.
    pub station: Station,
    /// Pages below this path ask for a sign-in …
    pub guarded: &'static str,
    /// … which is here.
    pub sign_in: &'static str,
    /// Makes the page of a frame, a sentence, and the line to read out.
    pub page: fn(Frame, String, String) -> String,
}

impl Voice {
    /// A station's: the desk is guarded.
    pub fn of_station(station: Station) -> Self {
        Self {
            station,
            guarded: "/desk",
            sign_in: "/desk/signin",
            page: |f, sentence, line| Page { f, sentence, line }.render().unwrap_or_default(),
        }
    }
}

/// Gives a voice to problems, and to bare refusals of the router (unknown path, wrong method).
pub async fn speak(State(voice): State<Voice>, request: Request, next: Next) -> Response {
    let reader = lang::of(request.headers());
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => match bare(&response) {
            Some(problem) => problem,
            None => return response,
        },
    };
    let to_sign_in = problem.status == StatusCode::UNAUTHORIZED && path.starts_with(voice.guarded);
    let mut spoken = if Problem::is_for_script(&path) {
        problem.to_json(reader)
    } else if to_sign_in {
        axum::response::Redirect::to(voice.sign_in).into_response()
    } else {
        as_page(&problem, reader, &voice, &path)
    };
    // RFC 9110 §15.5.6: a 405 says which methods there are; the router knows.
    if let Some(allowed) = response.headers_mut().remove(header::ALLOW) {
        spoken.headers_mut().insert(header::ALLOW, allowed);
    }
    // What the inner layers say about every answer holds for this one too.
    for (name, value) in response.headers() {
        if [
            header::CONTENT_SECURITY_POLICY,
            header::X_CONTENT_TYPE_OPTIONS,
            header::REFERRER_POLICY,
            header::CACHE_CONTROL,
        ]
        .contains(name)
        {
            spoken.headers_mut().insert(name, value.clone());
        }
    }
    spoken
}

/// The router's own refusals come without a body.
fn bare(response: &Response) -> Option<Problem> {
    let typed = response.headers().contains_key(header::CONTENT_TYPE);
    match response.status() {
        StatusCode::NOT_FOUND if !typed => Some(Problem::not_found()),
        StatusCode::METHOD_NOT_ALLOWED if !typed => Some(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "这个地址不能这样用。",
            "This address cannot be used in this way.",
        )),
        _ => None,
    }
}

fn as_page(problem: &Problem, reader: Lang, voice: &Voice, path: &str) -> Response {
    let sentence = problem.sentence(reader).to_owned();
    let f = Frame::bare(reader, voice.station.clone(), &sentence);
    let short: String = path.chars().take(18).collect();
    let line = format!("{}, {short}", problem.status.as_u16());
    let html = (voice.page)(f, sentence, line);
    let kind = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    let mut response = (problem.status, [kind], html).into_response();
    problem.add_headers(&mut response);
    response
}
