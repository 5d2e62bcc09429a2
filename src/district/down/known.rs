//! The items that stations told of, by which a sheet may name them: by title or by id.

use std::collections::BTreeMap;

use super::sheet::Fault;
use crate::programme::Planned;
use crate::types::{ItemId, Millis};

/// An item as stations know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    title: String,
    class: Option<String>,
    length: Millis,
}

/// What stations know.
#[derive(Debug, Clone, Default)]
pub struct Known(BTreeMap<ItemId, Item>);

impl Known {
    /// The last title of an id counts.
    pub fn new(items: Vec<(ItemId, String, Option<String>, Millis)>) -> Self {
        let item = |(id, title, class, length)| (id, Item { title, class, length });
        Self(items.into_iter().map(item).collect())
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Id, title and class of each, by title.
    pub fn by_title(&self) -> Vec<(ItemId, &str, &str)> {
        let mut all: Vec<(ItemId, &str, &str)> = self
            .0
            .iter()
            .map(|(id, item)| (*id, item.title.as_str(), item.class.as_deref().unwrap_or("")))
            .collect();
        all.sort_by(|a, b| (a.2, a.1, a.0).cmp(&(b.2, b.1, b.0)));
        all
    }

    /// The one item that a cell names.
    pub(super) fn find(&self, text: &str) -> Result<Planned, Fault> {
        let text = text.trim().trim_matches(['《', '》', '\'']);
        let planned = |id: ItemId, item: Option<&Item>| Planned {
            item: id,
            title: item.map_or_else(|| text.to_owned(), |item| item.title.clone()),
            class: item.and_then(|item| item.class.clone()),
            length: item.map_or(Millis::ZERO, |item| item.length),
        };
        // An id may have its title behind it: that is how a sheet is written here.
        let (first, rest) = text.split_once(' ').unwrap_or((text, text));
        if let Ok(id) = ItemId::parse(first) {
            let known = planned(id, self.0.get(&id));
            let title = if self.0.contains_key(&id) {
                known.title.clone()
            } else {
                rest.trim().to_owned()
            };
            return Ok(Planned { title, ..known });
        }
        let mut named = self.0.iter().filter(|(_, item)| item.title == text);
        match (named.next(), named.next()) {
            (Some((id, item)), None) => Ok(planned(*id, Some(item))),
            (None, _) => Err(Fault::NoItem(text.chars().take(40).collect())),
            (Some(_), Some(_)) => Err(Fault::Several(text.chars().take(40).collect())),
        }
    }
}
