//! From the SQL that rooms write to the SQL of PostgreSQL. Pure.
//!
//! Rooms write what SQLite reads, and little of it, so that a few words are all that must be exchanged. Every statement of
//! every room runs on a real server in the tests; what cannot be translated is found there.

/// Whole words of a step of a schema, and what they are there. SQLite keeps every whole number in up to eight bytes.
const WORDS: [(&str, &str); 2] = [("INTEGER", "BIGINT"), ("BLOB", "BYTEA")];

/// A step of a schema: types, and no word about how SQLite lays out its tables.
pub(super) fn step(sql: &str) -> String {
    let sql = sql.replace(" STRICT, WITHOUT ROWID", "").replace(" STRICT", "");
    let sql = json_arrays(&sql);
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let (before, from) = rest.split_at(at);
        let end = from
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        out.push_str(before);
        out.push_str(
            WORDS
                .iter()
                .find(|(ours, _)| *ours == word)
                .map_or(word, |(_, theirs)| theirs),
        );
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `json_array(x)` is `json_build_array(x)` there, and no text until it is told to be.
fn json_arrays(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find("json_array(") {
        let (before, from) = rest.split_at(at);
        let end = from.find(')').map_or(from.len(), |end| end + 1);
        let (call, after) = from.split_at(end);
        out.push_str(before);
        out.push_str(&call.replacen("json_array", "json_build_array", 1));
        out.push_str("::text");
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The places of a statement's values: `?1` is `$1` there.
pub(super) fn places(sql: &str) -> String {
    sql.replace('?', "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_its_keys_and_changes_its_types() {
        let ours = "CREATE TABLE leaf (station TEXT NOT NULL, idx INTEGER NOT NULL, bytes BLOB NOT NULL,
            PRIMARY KEY (station, idx)) STRICT, WITHOUT ROWID;";
        let theirs = "CREATE TABLE leaf (station TEXT NOT NULL, idx BIGINT NOT NULL, bytes BYTEA NOT NULL,
            PRIMARY KEY (station, idx));";
        assert_eq!(step(ours), theirs);
    }

    #[test]
    fn only_whole_words_are_exchanged() {
        assert_eq!(
            step("SELECT a_BLOB, BLOBS, json_array(what) FROM t"),
            "SELECT a_BLOB, BLOBS, json_build_array(what)::text FROM t"
        );
        assert_eq!(places("a = ?1 AND b = ?12"), "a = $1 AND b = $12");
    }
}
