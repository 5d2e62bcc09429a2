//! A request as a visit: which account, in which language, with which form token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Web;
use crate::clock::{Clock, day_of};
use crate::credit::Policy;
use crate::district::accounts::{Account, token_of};
use crate::district::{Manager, Signer};
use crate::http::{Peer, Problem, cookie, lang};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::types::Lang;

/// The cookie of a sign-in at the district.
pub(super) const COOKIE: &str = "yjq";

/// One visit.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Whose account, if anybody is signed in.
    account: Option<Account>,
    /// In which language.
    pub lang: Lang,
    /// From where.
    pub peer: Peer,
    /// The token that this visitor's forms carry.
    csrf: String,
    path: String,
    /// The policy that holds today.
    policy: Arc<Policy>,
}

impl FromRequestParts<Web> for Visit {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let peer = Peer::from_request_parts(parts, web).await?;
        let found = cookie::value(&parts.headers, COOKIE);
        let account = match found {
            Some(value) => web.district.accounts.who(value).await?,
            None => None,
        };
        // Bound to the sign-in, or to the address before there is one; the guard has looked at the origin already.
        let token = found.and_then(token_of).filter(|_| account.is_some());
        let bound = token.map_or_else(|| peer.ip().to_string().into_bytes(), |token| token.to_vec());
        let csrf = data_encoding::HEXLOWER.encode(&web.district.keys.tag("district form", &bound));
        Ok(Self {
            account,
            policy: web
                .policies()
                .await?
                .on(day_of(web.district.clock.now().wall_ms))
                .clone(),
            lang: lang::of(&parts.headers),
            peer,
            csrf,
            path: parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
        })
    }
}

impl Visit {
    /// The account, or the way to the sign-in.
    pub fn account(&self) -> Result<&Account, Problem> {
        self.account.as_ref().ok_or_else(Problem::sign_in_first)
    }

    /// The power to manage, for a form that carries the right token.
    pub fn manager(&self, csrf: &str) -> Result<Manager, Problem> {
        let power = self.account()?.manager()?;
        self.check(csrf)?;
        Ok(power)
    }

    /// The power to sign, for a form that carries the right token.
    pub fn signer(&self, csrf: &str) -> Result<Signer, Problem> {
        let power = self.account()?.signer()?;
        self.check(csrf)?;
        Ok(power)
    }

    /// A form's token must be this visitor's own.
    pub fn check(&self, claimed: &str) -> Result<(), Problem> {
        if bool::from(subtle::ConstantTimeEq::ct_eq(self.csrf.as_bytes(), claimed.as_bytes())) {
            return Ok(());
        }
        Err(Problem::forbidden(
            texts(Lang::Zh).form_stale,
            texts(Lang::En).form_stale,
        ))
    }

    /// The texts of the reader's language.
    pub fn t(&self) -> &'static Texts {
        texts(self.lang)
    }

    /// The frame of a page with this title, under this tab of the district.
    pub fn frame(&self, web: &Web, title: &str, tab: &'static str) -> View {
        let now = web.district.clock.now();
        let f = Frame {
            lang: self.lang,
            t: texts(self.lang),
            station: web.settings.office.clone(),
            title: format!("{title} - {}", web.settings.office.name),
            tab: Tab::None,
            member: None,
            operator: false,
            csrf: self.csrf.clone(),
            path: self.path.clone(),
            date: format::date(now.wall_ms, self.lang),
            clock: format!(
                "{} {}",
                format::weekday(now.wall_ms, self.lang),
                format::time(now.wall_ms)
            ),
        };
        View {
            policy: format::fill(
                f.t.district.policy_foot,
                &[&self.policy.name, &(self.policy.hour.as_secs() / 60)],
            ),
            who: self
                .account
                .as_ref()
                .map(|account| account.name.clone())
                .unwrap_or_default(),
            manages: self.account.as_ref().is_some_and(|account| account.manager().is_ok()),
            signs: self.account.as_ref().is_some_and(|account| account.signer().is_ok()),
            tab,
            f,
        }
    }
}

/// What every page of the district shows around its own part.
#[derive(Debug, Clone)]
pub struct View {
    /// The frame that all pages of the program share.
    pub f: Frame,
    /// Who is signed in; empty if nobody is.
    pub who: String,
    /// Whether he may manage.
    pub manages: bool,
    /// Whether he may sign.
    pub signs: bool,
    /// Which tab is the present one.
    pub tab: &'static str,
    /// The policy, by name.
    pub policy: String,
}

impl View {
    /// Around a page for nobody in particular.
    pub(super) fn of_nobody(f: Frame) -> Self {
        Self {
            f,
            who: String::new(),
            manages: false,
            signs: false,
            tab: "",
            policy: String::new(),
        }
    }

    /// `aria-current` for a tab that is the present one.
    pub fn here(&self, tab: &str) -> &'static str {
        if self.tab == tab { "aria-current=page" } else { "" }
    }
}
