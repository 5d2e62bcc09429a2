//! Rows of the report, and what branches are.

/// What a branch is, as far as the report asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BranchKind {
    /// 农村（社区）.
    Rural,
    /// 机关.
    Office,
    /// 非公有制经济.
    Private,
    /// Anything else: schools, hospitals.
    Other,
}

impl BranchKind {
    /// All.
    pub const ALL: [Self; 4] = [Self::Rural, Self::Office, Self::Private, Self::Other];

    /// The word in data.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rural => "rural",
            Self::Office => "office",
            Self::Private => "private",
            Self::Other => "other",
        }
    }

    /// Reads that word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What a name lets one suppose, until a person says otherwise. Stations of remote education stand in villages, so a
    /// name that says nothing is a village's.
    pub fn guess(branch: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| branch.contains(word));
        if has(&["村", "社区", "居委"]) {
            Self::Rural
        } else if has(&["公司", "企业", "厂", "合作社", "商会", "非公", "集团"]) {
            Self::Private
        } else if has(&["机关", "局", "委办", "政府", "法院", "检察院"]) {
            Self::Office
        } else if has(&["学校", "小学", "中学", "医院", "卫生院", "幼儿园"]) {
            Self::Other
        } else {
            Self::Rural
        }
    }
}

/// A row of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// 机关党组织书记.
    OfficeSecretary,
    /// 农村（社区）党组织书记.
    RuralSecretary,
    /// 非公有制经济党组织书记.
    PrivateSecretary,
    /// 农村党员远程教育.
    Rural,
    /// 新党员.
    New,
    /// 流动党员.
    Migrant,
    /// 党员创业就业技能, by class of item.
    Skill,
}

impl Category {
    /// All, in the report's order.
    pub const ALL: [Self; 7] = [
        Self::OfficeSecretary,
        Self::RuralSecretary,
        Self::PrivateSecretary,
        Self::Rural,
        Self::New,
        Self::Migrant,
        Self::Skill,
    ];

    /// The words of the form.
    pub fn zh(self) -> &'static str {
        match self {
            Self::OfficeSecretary => "机关党组织书记",
            Self::RuralSecretary => "农村（社区）党组织书记",
            Self::PrivateSecretary => "非公有制经济党组织书记",
            Self::Rural => "农村党员远程教育",
            Self::New => "新党员",
            Self::Migrant => "流动党员",
            Self::Skill => "党员创业就业技能",
        }
    }

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::OfficeSecretary => "office_secretary",
            Self::RuralSecretary => "rural_secretary",
            Self::PrivateSecretary => "private_secretary",
            Self::Rural => "rural",
            Self::New => "new",
            Self::Migrant => "migrant",
            Self::Skill => "skill",
        }
    }

    /// Reads that word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.word() == word)
    }
}
