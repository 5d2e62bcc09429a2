//! Where a file lies: a path relative to the root, in the bytes that the file system has, readable to people.

use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::hash::{Hash, Hasher};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A path below the root, cheap to clone: it is in the index, in every snapshot, and in lists. Kept as bytes: names written by old systems are GBK, and must be found again as they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Vec<u8>", into = "Vec<u8>")]
pub struct Place(Arc<Path>);

impl Place {
    /// Wraps a relative path; the caller got it by walking below the root.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path.into())
    }

    /// The path as the file system has it, relative to the root.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path as the file system has it, in bytes.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_os_str().as_bytes()
    }

    /// The path for people: UTF-8 or GBK is decoded, control characters are shown as `␀` and the like.
    pub fn readable(&self) -> String {
        readable(self.0.as_os_str())
    }

    /// The file's name without folder and ending, for people.
    pub fn stem(&self) -> String {
        stem(&self.0)
    }

    /// The ending in lower case, empty if there is none.
    pub fn ending(&self) -> String {
        self.0
            .extension()
            .map(|e| readable(e).to_lowercase())
            .unwrap_or_default()
    }

    /// The first folder below the root, which names the class 类别.
    pub fn top_folder(&self) -> Option<String> {
        let mut parts = self.0.components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(first)), Some(_)) => Some(readable(first)),
            _ => None,
        }
    }
}

// Compared by their bytes: names are walked, never typed, so each path is written in one way, and going through its
// components each time was a fifth of what a start cost.
impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Place {}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new(PathBuf::new())
    }
}

impl From<Vec<u8>> for Place {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(PathBuf::from(OsString::from_vec(bytes)))
    }
}

impl From<Place> for Vec<u8> {
    fn from(place: Place) -> Self {
        place.bytes().to_vec()
    }
}

/// The file's name without folder and ending, for people.
pub(crate) fn stem(path: &Path) -> String {
    readable(path.file_stem().unwrap_or_default())
}

fn readable(name: &OsStr) -> String {
    let text = match name.to_str() {
        Some(text) => text.to_owned(),
        None => encoding_rs::GB18030
            .decode_without_bom_handling(name.as_bytes())
            .0
            .into_owned(),
    };
    text.chars().map(visible).collect()
}

/// Control characters have pictures of their own in Unicode; direction marks, which could turn a name around, have none.
fn visible(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('?'),
        '\x7f' => '␡',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '?',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_gbk_are_read_and_kept_as_they_are() {
        let bytes = b"\xd1\xf8\xb7\xe4/\xc9\xbd\xc6\xc2.mp4".to_vec();
        let place = Place::from(bytes.clone());
        assert_eq!(
            (place.readable(), place.stem()),
            ("养蜂/山坡.mp4".into(), "山坡".into())
        );
        assert_eq!(place.top_folder().as_deref(), Some("养蜂"));
        assert_eq!(Vec::from(place), bytes);
    }

    #[test]
    fn control_and_direction_marks_cannot_hide_what_a_file_is() {
        assert_eq!(
            Place::from(b"a\nb\xe2\x80\xae4pm.exe".to_vec()).readable(),
            "a␊b?4pm.exe"
        );
    }
}
