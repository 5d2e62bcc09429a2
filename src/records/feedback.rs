//! Feedback 信息反馈: what members think, need and would like to see; what was answered.

use super::rows::{self, Feedback};
use super::{LINE, Records, RecordsError, TEXT, digest};
use crate::clock::Reading;
use crate::keys;
use crate::ledger::{About, What, voice};
use crate::roster::Operator;
use crate::store::{StoreError, Tx};
use crate::types::{MemberId, SessionId, Year};

/// Texts of one member in a day: more is a script, or somebody who should be spoken to.
const A_DAY: usize = 10;
const DAY_MS: i64 = 86_400_000;

/// Something that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeedback {
    /// About what.
    pub about: About,
    /// In his own words.
    pub text: String,
    /// Who, if he signed in.
    pub member: Option<MemberId>,
    /// Who, if the operator wrote it down for somebody else.
    pub said_by: String,
}

fn checked(text: &str, most: usize) -> Result<String, RecordsError> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(RecordsError::Empty),
        n if n > most => Err(RecordsError::TooLong(most)),
        _ => Ok(text.replace("\r\n", "\n")),
    }
}

impl Records {
    /// Writes down what a member says.
    pub async fn say(&self, new: NewFeedback) -> Result<(), RecordsError> {
        let text = checked(&new.text, TEXT)?;
        if new.said_by.chars().count() > LINE {
            return Err(RecordsError::TooLong(LINE));
        }
        self.act(move |room, tx, now| room.keep(tx, now, &NewFeedback { text, ..new }))
            .await
    }

    fn keep(&self, tx: &Tx<'_>, now: Reading, new: &NewFeedback) -> Result<(), RecordsError> {
        if let Some(member) = &new.member
            && rows::said_since(tx, member, now.wall_ms - DAY_MS)? >= A_DAY
        {
            return Err(RecordsError::TooOften);
        }
        let id: SessionId = keys::random_id();
        rows::add_feedback(tx, id, new, (now.wall_ms, now.year() != Year::UNDECIDED))?;
        let leaf = What::Feedback(voice::Feedback {
            feedback: id,
            member: new.member.clone(),
            about: new.about,
            digest: digest(new.text.as_bytes()),
        });
        self.ledger.append(tx, now, leaf)?;
        Ok(())
    }

    /// Answers, and perhaps closes. An answer may be written anew.
    pub async fn answer(&self, id: SessionId, answer: &str, closed: bool, _by: &Operator) -> Result<(), RecordsError> {
        let answer = checked(answer, TEXT)?;
        self.act(move |room, tx, now| {
            if !rows::answer(tx, id, &answer, now.wall_ms, closed)? {
                return Err(RecordsError::Unknown);
            }
            let leaf = What::Answered(voice::Answered {
                feedback: id,
                digest: digest(answer.as_bytes()),
                closed,
            });
            room.ledger.append(tx, now, leaf)?;
            Ok(())
        })
        .await
    }

    /// What was said in a time, the newest first; what has no date is in every time.
    pub async fn feedback(&self, from_ms: i64, until_ms: i64) -> Result<Vec<Feedback>, StoreError> {
        self.look(move |conn| rows::feedback(conn, from_ms, until_ms)).await
    }

    /// What a member said himself, the newest first, with the answers.
    pub async fn feedback_of(&self, member: MemberId) -> Result<Vec<Feedback>, StoreError> {
        self.look(move |conn| rows::feedback_of(conn, &member)).await
    }

    /// What waits for an answer of one kind, the oldest first.
    pub async fn open_about(&self, about: About) -> Result<Vec<Feedback>, StoreError> {
        self.look(move |conn| rows::open_about(conn, about)).await
    }

    /// How much waits for an answer.
    pub async fn unanswered(&self) -> Result<usize, StoreError> {
        self.look(rows::unanswered).await
    }
}
