//! What members say: how they liked an item, what they know of it, what they would like to see, and what they wrote. A
//! leaf holds no text of anybody's.

use serde::{Deserialize, Serialize};

use super::words::About;
use crate::types::{ItemId, MemberId, SessionId};

/// How somebody liked an item 满意度; the latest one counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// In which screening, if it was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub screening: Option<SessionId>,
    /// 1 to 5.
    pub stars: u8,
}

/// Somebody answered the questions 测验 that follow an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiz {
    /// Who.
    pub member: MemberId,
    /// About what.
    pub item: ItemId,
    /// In which screening, if it was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub screening: Option<SessionId>,
    /// So many answers were right …
    pub right: u32,
    /// … of so many questions.
    pub questions: u32,
    /// It proved his presence at a check that was open.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub proof: bool,
}

/// So many members would like to see an item together 想看, from here on; the latest number counts. Who they are stays at
/// the station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wished {
    /// What.
    pub item: ItemId,
    /// How many; none once it was shown to all.
    pub members: u32,
}

/// An opinion, a wish or a need 信息反馈 was written down: the text stays at the station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Its id.
    pub feedback: SessionId,
    /// Who said it; nobody for a guest or an anonymous voice.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub member: Option<MemberId>,
    /// About what.
    pub about: About,
    /// SHA-256 of the text, in hexadecimal.
    pub digest: String,
}

/// It was answered 答复.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Which.
    pub feedback: SessionId,
    /// SHA-256 of the answer, in hexadecimal.
    pub digest: String,
    /// Nothing more is to be done about it 办结.
    pub closed: bool,
}

#[cfg(test)]
mod tests {
    use super::super::{About, What};
    use super::{Answered, Feedback, Quiz, Rating, Wished};
    use crate::types::{ItemId, MemberId, SessionId};

    /// Districts hold leaves that were written when these were fields of [`What`] itself.
    #[test]
    fn they_are_written_as_they_always_were() {
        let (member, item) = (MemberId::new("0021").unwrap(), ItemId::from_digest(&[1; 32]));
        let (id, digest) = (SessionId::from_bytes([2; 16]), "ab".to_owned());
        let (it, its) = (
            serde_json::to_string(&item).unwrap(),
            serde_json::to_string(&id).unwrap(),
        );
        let said = [
            What::Rating(Rating {
                member: member.clone(),
                item,
                screening: None,
                stars: 5,
            }),
            What::Quiz(Quiz {
                member: member.clone(),
                item,
                screening: Some(id),
                right: 1,
                questions: 2,
                proof: true,
            }),
            What::Wished(Wished { item, members: 3 }),
            What::Feedback(Feedback {
                feedback: id,
                member: None,
                about: About::Wish,
                digest: digest.clone(),
            }),
            What::Answered(Answered {
                feedback: id,
                digest,
                closed: false,
            }),
        ];
        let written = [
            format!(r#"{{"kind":"rating","member":"0021","item":{it},"stars":5}}"#),
            format!(
                r#"{{"kind":"quiz","member":"0021","item":{it},"screening":{its},"right":1,"questions":2,"proof":true}}"#
            ),
            format!(r#"{{"kind":"wished","item":{it},"members":3}}"#),
            format!(r#"{{"kind":"feedback","feedback":{its},"about":"wish","digest":"ab"}}"#),
            format!(r#"{{"kind":"answered","feedback":{its},"digest":"ab","closed":false}}"#),
        ];
        for (what, text) in said.iter().zip(written) {
            assert_eq!(serde_json::to_string(what).unwrap(), text);
            assert_eq!(serde_json::from_str::<What>(&text).unwrap(), *what);
        }
    }
}
