//! A request as a visit: who, in which language, and the frame that every page needs.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;

use super::Pages;
use crate::http::{Peer, Problem, cookie, lang};
use crate::look::{Frame, Tab, format, texts};
use crate::roster::{COPY_COOKIE, Operator, Visitor};
use crate::types::Lang;

/// One visit.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Who.
    pub visitor: Visitor,
    /// In which language.
    pub lang: Lang,
    /// From where.
    pub peer: Peer,
    path: String,
    /// The copy of a checkpoint that this phone keeps.
    copy: Option<String>,
}

impl FromRequestParts<Pages> for Visit {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Problem> {
        let peer = Peer::from_request_parts(parts, pages).await?;
        let visitor = pages.roster.visitor(&parts.headers, peer.ip()).await?;
        let path = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        Ok(Self {
            visitor,
            lang: lang::of(&parts.headers),
            peer,
            path,
            copy: cookie::value(&parts.headers, COPY_COOKIE).map(str::to_owned),
        })
    }
}

impl Visit {
    /// The same visit, of somebody who was recognised only now.
    pub(super) fn as_visitor(&self, visitor: Visitor) -> Self {
        Self {
            visitor,
            ..self.clone()
        }
    }

    /// The frame of a page with this title.
    pub(super) fn frame(&self, pages: &Pages, title: &str, tab: Tab) -> Frame {
        let now = pages.clock.now();
        let date = format::date(now.wall_ms, self.lang);
        let clock = if date.is_empty() {
            String::new()
        } else {
            format!(
                "{} {}",
                format::weekday(now.wall_ms, self.lang),
                format::time(now.wall_ms)
            )
        };
        Frame {
            lang: self.lang,
            t: texts(self.lang),
            station: pages.settings.station.clone(),
            title: format!("{title} - {}", pages.settings.station.name),
            tab,
            member: self.visitor.member.as_ref().map(|m| m.name.clone()),
            operator: self.visitor.operator.is_some(),
            csrf: self.visitor.csrf.clone(),
            path: self.path.clone(),
            date,
            clock,
        }
    }

    /// Takes the copy of a checkpoint that a member's phone brought, and gives the answer the newest one to keep. The
    /// member sees nothing of it, and trouble with it is none of his.
    pub(super) async fn swap_copies(&self, pages: &Pages, mut answer: Response) -> Response {
        let (now, brought) = (pages.clock.now(), self.copy.clone());
        match pages.ledger.swap_copies(now, brought).await {
            Ok(Some(copy)) => {
                let cookie = cookie::set(COPY_COOKIE, &copy, 2 * cookie::HALF_A_YEAR);
                answer.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a phone's copy of the checkpoint could not be compared"),
        }
        answer
    }

    /// The operator's power, or the way to his sign-in.
    pub(super) fn operator(&self) -> Result<&Operator, Problem> {
        self.visitor.operator.as_ref().ok_or_else(Problem::sign_in_first)
    }

    /// A form's token must be this visitor's own.
    pub(super) fn check(&self, csrf: &str) -> Result<(), Problem> {
        if self.visitor.csrf_is(csrf) {
            return Ok(());
        }
        Err(Problem::forbidden(
            texts(Lang::Zh).form_stale,
            texts(Lang::En).form_stale,
        ))
    }
}
