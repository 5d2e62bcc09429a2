//! The road of films: a film is asked for in hundreds of ranges, and the table of all routes with the layers around it costs
//! as much as everything else about one. So a film is known by its address before the routes are asked. The rest goes on.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::Method;

use super::{DOOR, Media};
use crate::http::guard::{self, Names};
use crate::http::{Answering, Answers, Peer};
use crate::types::ItemId;

/// Films, before all other routes.
#[derive(Debug, Clone)]
pub struct Films<O> {
    media: Arc<Media>,
    names: Names,
    others: O,
}

impl<O: Answers> Films<O> {
    /// Sends films itself and leaves the rest to `others`; `names` are those of the guard.
    pub fn before(others: O, media: Media, names: Names) -> Self {
        Self {
            media: Arc::new(media),
            names,
            others,
        }
    }
}

/// The item in `/media/{item}`.
fn item_in(path: &str) -> Option<ItemId> {
    ItemId::parse(path.strip_prefix(DOOR)?).ok()
}

impl<O: Answers> Answers for Films<O> {
    fn answer(&self, request: Request) -> Answering {
        let item = item_in(request.uri().path()).filter(|_| matches!(*request.method(), Method::GET | Method::HEAD));
        let Some(item) = item else {
            return self.others.answer(request);
        };
        let (media, names) = (Arc::clone(&self.media), self.names.clone());
        let answer = async move |request: Request| {
            let (mut parts, _) = request.into_parts();
            let peer = Peer::from_request_parts(&mut parts, &()).await?;
            media.deliver(item, &parts.method, &parts.headers, peer).await
        };
        Box::pin(async move { guard::guarded(request, &names, answer).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_a_film_leaves_the_common_road() {
        let item = ItemId::from_digest(&[7; 32]);
        assert_eq!(item_in(&format!("/media/{item}")), Some(item));
        for path in [
            "/media/".to_owned(),
            "/media/0123".to_owned(),
            format!("/media/{item}/"),
            format!("/media/{item}/poster"),
            format!("/media//{item}"),
            format!("/{item}"),
        ] {
            assert_eq!(item_in(&path), None, "{path}");
        }
    }
}
