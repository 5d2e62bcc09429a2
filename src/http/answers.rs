//! Whoever answers requests. Most are asked through a table of routes; what comes two hundred times a second is known
//! before the table is opened, and goes through no copy of it.

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tower_service::Service;

/// An answer that is being made.
pub type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// Answers every request: what it cannot do it says with a status.
pub trait Answers: Send + Sync {
    /// Answers one.
    fn answer(&self, request: Request) -> Answering;
}

impl Answers for Router {
    fn answer(&self, request: Request) -> Answering {
        let answering = self.clone().call(request);
        Box::pin(async move { answering.await.unwrap_or_else(|never| match never {}) })
    }
}
