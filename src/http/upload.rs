//! The fields of a form that brings a file.

use axum::extract::Multipart;

use super::Problem;

/// Fields by name, each as long as was allowed.
#[derive(Debug)]
pub struct Upload(Vec<(String, Vec<u8>)>);

impl Upload {
    /// Reads all fields; one of more than `most` bytes is refused. How many there are is bounded by the body's own limit.
    pub async fn read(mut form: Multipart, most: usize) -> Result<Self, Problem> {
        let broken = |_| {
            Problem::bad_request(
                "文件没有收全，请再选一次。",
                "The file did not arrive whole; please choose it again.",
            )
        };
        let mut fields = Vec::new();
        while let Some(mut field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or("").to_owned();
            let mut bytes = Vec::new();
            while let Some(chunk) = field.chunk().await.map_err(broken)? {
                if bytes.len() + chunk.len() > most {
                    return Err(Problem::too_large(most));
                }
                bytes.extend_from_slice(&chunk);
            }
            fields.push((name, bytes));
        }
        Ok(Self(fields))
    }

    /// Takes a field as it was sent, the last of that name; empty if there is none.
    pub fn file(&mut self, name: &str) -> Vec<u8> {
        let found = self.0.iter_mut().rev().find(|(known, _)| known == name);
        found.map(|(_, bytes)| std::mem::take(bytes)).unwrap_or_default()
    }

    /// Takes a field that was typed; empty if there is none, or if it is not text.
    pub fn text(&mut self, name: &str) -> String {
        String::from_utf8(self.file(name)).unwrap_or_default()
    }
}
