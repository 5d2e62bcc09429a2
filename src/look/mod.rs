//! How pages look and speak: the frame around every page, the style sheet and the scripts, the texts in both languages,
//! drawings, and how numbers are written.
//!
//! Pages work as plain HTML on a browser of 2016; the style sheet and the scripts come under addresses that name their
//! content, so a phone fetches them once.

pub mod art;
pub mod format;
mod frame;
pub mod qr;
pub mod texts;

use std::borrow::Cow;
use std::sync::OnceLock;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

pub use frame::{Frame, Station, Tab};
pub use texts::{Texts, texts};

#[derive(RustEmbed)]
#[folder = "src/look/assets/"]
struct Assets;

/// A style sheet or script, ready to send.
#[derive(Debug)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub mime: &'static str,
}

/// A tag over all assets together: one changed byte gives every one of them a new address.
fn tag() -> &'static str {
    static TAG: OnceLock<String> = OnceLock::new();
    TAG.get_or_init(|| {
        let mut names: Vec<_> = Assets::iter().collect();
        names.sort();
        let mut hash = Sha256::new();
        for file in names.iter().filter_map(|name| Assets::get(name)) {
            hash.update(&file.data);
        }
        data_encoding::HEXLOWER.encode(&hash.finalize()[..6])
    })
}

/// The address of an asset: `/assets/<tag>/<name>`.
pub fn href(name: &str) -> String {
    format!("/assets/{}/{name}", tag())
}

/// The asset of that name, if there is one.
pub fn asset(name: &str) -> Option<Asset> {
    let file = Assets::get(name)?;
    let mime = match name.rsplit('.').next()? {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        _ => return None,
    };
    Some(Asset { bytes: file.data, mime })
}
