//! The fields of a member's form: from the roster, and as the one line of an import.

use serde::Deserialize;

use crate::http::Problem;
use crate::look::Texts;
use crate::roster::Member;

#[derive(Deserialize, Default)]
pub(in crate::pages::desk) struct Save {
    pub(super) csrf: String,
    pub(super) member_no: String,
    pub(super) name: String,
    pub(super) branch: String,
    pub(super) role: String,
    pub(super) status: String,
    pub(super) migrant: String,
    #[serde(default)]
    pub(super) pin: String,
    #[serde(default)]
    pub(super) sex: String,
    #[serde(default)]
    pub(super) born: String,
    #[serde(default)]
    pub(super) joined: String,
    #[serde(default)]
    pub(super) place: String,
    #[serde(default)]
    pub(super) since: String,
    #[serde(default)]
    pub(super) phone: String,
    #[serde(default)]
    pub(super) certificate: String,
    #[serde(default)]
    pub(super) contact: String,
    #[serde(default)]
    pub(super) brought: String,
}

impl Save {
    /// What only the book asks for: name of the field, its label, its value.
    pub(super) fn details(&self, t: &'static Texts) -> Vec<(&'static str, &'static str, String)> {
        let all = [
            ("sex", t.books.details_sex, &self.sex),
            ("born", t.books.details_born, &self.born),
            ("joined", t.books.details_joined, &self.joined),
            ("place", t.books.details_place, &self.place),
            ("since", t.books.details_since, &self.since),
            ("phone", t.books.details_phone, &self.phone),
            ("certificate", t.books.details_certificate, &self.certificate),
            ("contact", t.books.details_contact, &self.contact),
        ];
        all.map(|(name, label, value)| (name, label, value.clone())).to_vec()
    }
}

pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
    pub(super) chosen: bool,
}

pub(super) struct Select {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) options: Vec<Choice>,
}

/// What the form shows of a member.
pub(super) fn as_saved(member: &Member) -> Save {
    let details = member.details.clone();
    Save {
        csrf: String::new(),
        member_no: member.id.to_string(),
        branch: member.branch.to_string(),
        role: member.role.word().into(),
        status: member.status.word().into(),
        migrant: member.migrant.word().into(),
        pin: String::new(),
        name: member.name.clone(),
        sex: details.sex,
        born: details.born,
        joined: details.joined,
        place: details.place,
        since: details.since,
        phone: details.phone,
        certificate: details.certificate,
        contact: details.contact,
        brought: if details.brought { "yes" } else { "" }.into(),
    }
}

/// The form as an import of one line.
pub(super) fn as_file(sent: &Save) -> Result<Vec<u8>, Problem> {
    let mut file = csv::Writer::from_writer(Vec::new());
    let row = [
        &sent.member_no,
        &sent.name,
        &sent.branch,
        &sent.role,
        &sent.status,
        &sent.migrant,
        &sent.pin,
        &sent.sex,
        &sent.born,
        &sent.joined,
        &sent.place,
        &sent.since,
        &sent.phone,
        &sent.certificate,
        &sent.contact,
        &sent.brought,
    ];
    let head = [
        "member_no",
        "name",
        "branch",
        "role",
        "status",
        "migrant",
        "pin",
        "sex",
        "born",
        "joined",
        "place",
        "since",
        "phone",
        "certificate",
        "contact",
        "brought",
    ];
    file.write_record(head)
        .and_then(|()| file.write_record(row))
        .map_err(|error| Problem::internal(&error))?;
    file.into_inner().map_err(|error| Problem::internal(error.error()))
}
