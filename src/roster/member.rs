//! A member, and the roster's words for what he is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::{BranchId, MemberId, SearchKeys};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal, $zh:literal, [$($also:literal),*]);+ $(;)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All of them, in the roster's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in data and in English files.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The Chinese word.
            pub fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh),+ }
            }

            /// Reads either word, or one that files in the field use for it.
            pub fn read(text: &str) -> Option<Self> {
                let text = text.trim().to_lowercase();
                match text.as_str() {
                    $($word | $zh $(| $also)* => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words!(
    /// Role 身份类别: decides how many hours are due.
    Role {
        /// 党员.
        #[default]
        Member = "member", "党员", ["普通党员", "群众党员", ""];
        /// 党支部书记.
        Secretary = "secretary", "书记", ["支部书记", "党支部书记", "党组织书记"];
        /// 支部委员.
        Committee = "committee", "委员", ["支委", "支部委员", "班子成员"];
        /// 新党员, in the first year.
        New = "new", "新党员", ["发展对象"];
    }
);

words!(
    /// Status 类别.
    Status {
        /// 正式党员.
        #[default]
        Full = "full", "正式", ["正式党员", ""];
        /// 预备党员.
        Probationary = "probationary", "预备", ["预备党员"];
        /// No longer here; kept because the ledger refers to him.
        Left = "left", "转出", ["离开", "已转出"];
    }
);

words!(
    /// Migrant 流动党员: away from home for half a year or more.
    Migrant {
        /// 否.
        #[default]
        No = "no", "否", ["", "0", "不是", "无"];
        /// 流出: belongs here, lives elsewhere.
        Out = "out", "流出", ["是", "yes", "1", "流动"];
        /// 流入: lives here, belongs elsewhere.
        In = "in", "流入", [];
    }
);

/// What the roster book 花名册 asks beside what the station needs itself. Texts of at most 60 characters, empty if unknown.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// 性别.
    pub sex: String,
    /// 出生年.
    pub born: String,
    /// 入党时间.
    pub joined: String,
    /// 流入流出地: where a migrant comes from or went.
    pub place: String,
    /// 流动起始: since when, or from when to when.
    pub since: String,
    /// 联系电话.
    pub phone: String,
    /// 流动党员活动证号.
    pub certificate: String,
    /// 联系人.
    pub contact: String,
    /// 送学: too old or too weak to come.
    pub brought: bool,
}

/// A member 党员.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Number.
    pub id: MemberId,
    /// Name. Shown on pages, never logged.
    pub name: String,
    /// Branch.
    pub branch: BranchId,
    /// Role.
    pub role: Role,
    /// Status.
    pub status: Status,
    /// Migrant.
    pub migrant: Migrant,
    /// What the book asks beside.
    #[serde(default)]
    pub details: Details,
}

impl Member {
    /// Whether everything in it can stand in a roster: what came from elsewhere was not read from a file here.
    pub fn is_sound(&self) -> bool {
        let fits = |text: &String| text.chars().count() <= NAME_LIMIT && !text.chars().any(char::is_control);
        let d = &self.details;
        let texts = [
            &d.sex,
            &d.born,
            &d.joined,
            &d.place,
            &d.since,
            &d.phone,
            &d.certificate,
            &d.contact,
            &self.name,
        ];
        !self.name.is_empty() && texts.into_iter().all(fits)
    }

    /// What he is found by on the desk.
    pub fn keys(&self) -> SearchKeys {
        SearchKeys::of(&format!("{} {}", self.name, self.id))
    }
}

/// Without the name: debug output ends up in logs.
impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A member to be saved, with a new PIN if one is given.
#[derive(Clone, PartialEq, Eq)]
pub struct NewMember {
    /// Who.
    pub member: Member,
    /// 4 to 8 digits.
    pub pin: Option<String>,
}

impl fmt::Debug for NewMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewMember")
            .field("member", &self.member)
            .finish_non_exhaustive()
    }
}

/// Names have at most so many characters.
pub(super) const NAME_LIMIT: usize = 60;

/// Whether a text can be a PIN 口令: 4 to 8 digits.
pub(super) fn is_pin(text: &str) -> bool {
    (4..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}
