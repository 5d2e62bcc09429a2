//! What was sent by the form, and what waits for a signature.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Multipart;

use crate::dispatch::Kind;
use crate::district::down::{self, Piece, Scope};
use crate::http::{Problem, Upload};
use crate::keys;
use crate::types::RandomId;

/// What would hold from the signature on.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) scope: Scope,
    pub(super) pieces: Vec<Piece>,
}

/// Drafts that wait. A few people look at one each; older ones are forgotten.
#[derive(Debug, Clone, Default)]
pub struct Drafts(Arc<Mutex<VecDeque<(RandomId, Draft)>>>);

const WAITING: usize = 16;
/// The file, and a text of the same length.
const FILE_LIMIT: usize = 2 << 20;

impl Drafts {
    pub(super) fn keep(&self, draft: Draft) -> RandomId {
        let ticket = keys::random_id();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back((ticket, draft));
        while waiting.len() > WAITING {
            waiting.pop_front();
        }
        ticket
    }

    pub(super) fn take(&self, ticket: RandomId) -> Option<Draft> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().position(|(t, _)| *t == ticket)?;
        waiting.remove(at).map(|(_, draft)| draft)
    }
}

/// The fields of the form; a file that is chosen goes before the text.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) csrf: String,
    pub(super) kind: String,
    pub(super) scope: String,
    pub(super) from: String,
    text: Vec<u8>,
    file: Vec<u8>,
}

impl Sent {
    /// Reads the form, each field bounded.
    pub(super) async fn read(form: Multipart) -> Result<Self, Problem> {
        let mut sent = Upload::read(form, FILE_LIMIT).await?;
        Ok(Self {
            csrf: sent.text("csrf"),
            kind: sent.text("kind"),
            scope: sent.text("scope"),
            from: sent.text("from"),
            text: sent.file("text"),
            file: sent.file("file"),
        })
    }

    /// What is to be read.
    pub(super) fn sheet(&self) -> &[u8] {
        if self.file.is_empty() { &self.text } else { &self.file }
    }

    /// The same for the form that is shown again; `None` if it cannot be shown whole.
    pub(super) fn shown(&self, kind: Kind) -> Option<String> {
        down::as_text(kind, self.sheet())
    }
}
