//! The viewing room with a real store plays the same cases as the pure rule: `tests/cases/credit`.

use std::collections::HashMap;

use tokio::runtime::Runtime;

use super::*;
use crate::credit::cases::{self, Case, Given, Only, Outcome, Player};
use crate::ledger::{Leaf, What};

/// A station, and what the phones know: their sessions and the numbers of their beats.
struct Village {
    station: Station,
    events: Runtime,
    given: Given,
    /// By member and film: the session, the number and the answer of its last beat.
    sessions: HashMap<(String, String), (SessionId, u32)>,
    latest: HashMap<String, String>,
}

impl Village {
    fn new(given: &Given) -> Self {
        let events = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self {
            station: Station::with(cases::policy()),
            events,
            given: given.clone(),
            sessions: HashMap::new(),
            latest: HashMap::new(),
        }
    }

    fn item(&self, film: &str) -> ItemId {
        let place = self.given.films.keys().position(|name| name == film).unwrap();
        ItemId::from_digest(&[u8::try_from(place + 1).unwrap(); 32])
    }

    fn key(&self, member: &str, film: Option<&str>) -> (String, String) {
        let film = film.map_or_else(|| self.latest[member].clone(), str::to_owned);
        (member.to_owned(), film)
    }
}

fn word_of(refused: &ViewingError) -> &'static str {
    match refused {
        ViewingError::Ended(Closing::Superseded) => "superseded",
        ViewingError::Ended(Closing::StationFailure) => "station_failure",
        ViewingError::WrongN(_) => "wrong_number",
        ViewingError::ChangedBody => "changed_body",
        _ => "refused",
    }
}

impl Player for Village {
    fn open(&mut self, member: &str, film: &str, device: &str) {
        let item = self.item(film);
        let length = self.given.films[film].millis();
        let mut bytes = [0; 16];
        bytes[..device.len()].copy_from_slice(device.as_bytes());
        let device = DeviceId::from_bytes(bytes);
        let sent = self.given.sent.map_or(length, cases::Span::millis);
        self.station.viewing.sent().note(device, item, 0..sent.0);
        let facts = ItemFacts {
            item,
            title: film.to_owned(),
            class: None,
            length,
            made_here: false,
        };
        let who = MemberId::new(member).unwrap();
        let opened = self
            .events
            .block_on(self.station.viewing.open(who, device, facts, Mode::Alone));
        let key = (member.to_owned(), film.to_owned());
        self.sessions.insert(key, (opened.unwrap().session, 0));
        self.latest.insert(member.to_owned(), film.to_owned());
    }

    fn wait(&mut self, time: Millis) {
        self.station.clock.advance(time);
    }

    fn beat(&mut self, member: &str, film: Option<&str>, n: Option<u32>, segments: &[(i64, i64)]) -> String {
        let key = self.key(member, film);
        let (session, last) = self.sessions[&key];
        let n = n.unwrap_or(last + 1);
        let mix = |sum: u64, (from, to): &(i64, i64)| {
            sum.rotate_left(13) ^ from.cast_unsigned() ^ to.cast_unsigned().rotate_left(32)
        };
        let beat = BeatIn {
            n,
            segments: segments.to_vec(),
            ended: false,
            urgent: true,
            digest: segments.iter().fold(1, mix).to_le_bytes(),
        };
        let word = match self.events.block_on(self.station.viewing.beat(session, beat)) {
            Ok(_) if n == last => "repeated",
            Ok(_) => {
                self.sessions.insert(key, (session, n));
                "taken"
            }
            Err(refused) => word_of(&refused),
        };
        word.to_owned()
    }

    fn tap(&mut self, member: &str) {
        let (session, _) = self.sessions[&self.key(member, None)];
        self.events.block_on(self.station.viewing.prove(session)).unwrap();
    }

    fn close(&mut self, member: &str) {
        let (session, _) = self.sessions[&self.key(member, None)];
        self.events.block_on(self.station.viewing.close(session)).unwrap();
    }

    fn power_cut(&mut self) {
        self.station.power_cut();
    }

    fn set_clock(&mut self, wall_ms: i64) {
        self.station.clock.set_wall(wall_ms);
    }

    fn clock_back(&mut self, _: Millis) {
        panic!("no machine's monotonic clock goes back: `only = \"rule\"`");
    }

    fn outcome(&mut self) -> Outcome {
        let mut found = Outcome::default();
        for (session, _) in self.sessions.values() {
            drop(self.events.block_on(self.station.viewing.close(*session)));
        }
        for member in ["m1", "m2", "m3"] {
            for credited in self.station.credited(member) {
                let sum = found.by_year.entry(credited.year).or_default();
                *sum = sum.plus(credited.media.total());
            }
        }
        let store = self.station.viewing.ledger.store();
        let leaves = store.read_blocking(|conn| ledger::leaves(conn, 0, 100_000)).unwrap();
        for leaf in leaves.iter().filter_map(|bytes| Leaf::read(bytes)) {
            if let What::Close { flags, .. } = leaf.is {
                found.flags.extend(flags);
            }
        }
        found
    }
}

#[test]
fn the_station_gives_each_case_its_exact_result() {
    let mut wrong = Vec::new();
    for (file, case) in cases::all().into_iter().filter(|(_, case)| case.only != Only::Rule) {
        let Case { row, name, given, .. } = &case;
        if let Err(why) = cases::play(&case, &mut Village::new(given)) {
            wrong.push(format!("{file}, row {row}, {name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
