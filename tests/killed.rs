//! The plug is pulled again and again under load: many viewers beat and confirm, an evening goes on and people check in,
//! wishes, notes and photos come, a district pulls. `kill -9` at random moments, also during a start. Whatever was
//! acknowledged is there afterwards, and the log continues every checkpoint that was handed out.
//!
//! Ten rounds in each run; `YUANJIAO_KILLS=40` plays more, at most 50: then the film is over.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/chance.rs"]
mod chance;
#[path = "common/phone.rs"]
mod phone;
#[path = "common/program.rs"]
mod program;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use chance::Chance;
use data_encoding::HEXLOWER;
use phone::{Phone, between, digits};
use program::{Running, WaitTimeout, command, number};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use yuanjiao::app::Base;
use yuanjiao::config;
use yuanjiao::district::{District, Settings};
use yuanjiao::exchange;
use yuanjiao::ledger::{self, Leaf, What, voice};
use yuanjiao::roster::{OPERATOR_COOKIE, Operator};
use yuanjiao::store::StoreError;

const VIEWERS: usize = 12;
/// So many check in during each round.
const GUESTS: usize = 6;
const POINT: &[u8] = include_bytes!("cases/point.png");

/// What the station said yes to, and must hold.
#[derive(Default)]
struct Promised {
    /// The most that a viewer was told: credited and pending, in milliseconds.
    credit: BTreeMap<String, u64>,
    attended: Vec<String>,
    /// Digests of what was said and of pictures, in hexadecimal.
    said: Vec<String>,
    pictures: Vec<String>,
    /// Notes that were taken down: how many.
    noted: usize,
    /// Shown on the screen, in milliseconds.
    shown: u64,
    beats: usize,
    /// The largest log that the district cosigned.
    cosigned: u64,
    pulls: usize,
}

impl Promised {
    fn and(mut self, more: Self) -> Self {
        for (who, credit) in more.credit {
            let most = self.credit.entry(who).or_default();
            *most = credit.max(*most);
        }
        self.attended.extend(more.attended);
        self.said.extend(more.said);
        self.pictures.extend(more.pictures);
        self.noted += more.noted;
        self.shown = self.shown.max(more.shown);
        self.beats += more.beats;
        self.cosigned = self.cosigned.max(more.cosigned);
        self.pulls += more.pulls;
        self
    }
}

/// The village: a folder, an address of its own that stays, and everybody's phone.
struct Village {
    folder: TempDir,
    at: String,
    film: String,
    viewers: Vec<Phone>,
    operator: Phone,
    screen: Phone,
    /// The evening's id, once it has begun.
    evening: String,
    district: std::sync::Arc<District>,
    events: std::sync::Arc<Runtime>,
    _books: TempDir,
}

fn viewer(n: usize) -> String {
    format!("v{n:03}")
}

fn settings(dir: &Path) -> config::Station {
    let mut settings = config::Station::load(Some(&dir.join("station.toml"))).unwrap();
    settings.data = dir.join("data");
    settings.media.folder = dir.join("media");
    settings
}

/// So many members with the PIN 2468, and settings in which beats wait for company.
fn prepare(dir: &Path, guests: usize) {
    let text = "[viewing]\ncommit_within_ms = 60\n[media]\nsettle_ms = 200\nprepare = \"off\"\n";
    std::fs::write(dir.join("station.toml"), text).unwrap();
    let all = (0..VIEWERS).map(viewer).chain((0..guests).map(|n| format!("g{n:03}")));
    let rows = all
        .map(|number| format!("{number},学员,第一支部,2468\n"))
        .collect::<Vec<_>>()
        .concat();
    std::fs::write(dir.join("roster.csv"), format!("member_no,name,branch,pin\n{rows}")).unwrap();
    let roster = dir.join("roster.csv");
    assert!(command(dir, &["member", "import", roster.to_str().unwrap()]));
}

/// The operator's sign-in, and a code with which a district enrols, asked for at the console.
fn operator(dir: &Path, at: &str, events: &Runtime) -> (Phone, String) {
    let base = Base::open(&settings(dir)).unwrap();
    let code = base.roster.one_time_code(&Operator::on_the_console()).unwrap();
    let here = std::net::Ipv4Addr::LOCALHOST.into();
    let set = base.roster.set_passphrase(&code, "a village on the river", here);
    let token = events.block_on(set).unwrap();
    let enrol = base.exchange.enrol_code().unwrap();
    (Phone::new(at).with_cookie(OPERATOR_COOKIE, &token), enrol)
}

impl Village {
    /// Everybody signs in, the district enrols, an evening begins.
    fn new(guests: usize) -> Self {
        let (folder, books) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        prepare(folder.path(), guests);
        let events = Runtime::new().unwrap();
        // An address of its own on the loopback network: it stays the same over all rounds.
        let [.., a, b] = std::process::id().to_be_bytes();
        let at = format!("127.77.{a}.{b}:8377");
        let (operator, code) = operator(folder.path(), &at, &events);
        let Running { mut child, .. } = program::start_at(folder.path(), &at);
        let district = District::open(Settings::in_folder(books.path().to_owned())).unwrap();
        events.block_on(district.enrol(&format!("http://{at}"), &code)).unwrap();
        let mut village = Self {
            film: program::film(&at),
            viewers: Vec::new(),
            screen: Phone::new(&at),
            evening: String::new(),
            district: district.into(),
            events: events.into(),
            _books: books,
            operator,
            folder,
            at,
        };
        for n in 0..VIEWERS {
            let mut phone = Phone::new(&village.at);
            phone.get("/signin").unwrap();
            let login = format!(r#"{{"member":"{}","pin":"2468"}}"#, viewer(n));
            assert_eq!(phone.json("/api/login", &login).unwrap().status, 204);
            village.viewers.push(phone);
        }
        village.begin_an_evening();
        child.kill().unwrap();
        child.wait().unwrap();
        village
    }

    fn begin_an_evening(&mut self) {
        self.screen.get("/tv").unwrap();
        let waiting = self.screen.get("/tv?again=true").unwrap().body;
        let code = digits(&between(&waiting, "code-xl\">", "</"));
        let desk = |operator: &mut Phone, fields: &str| {
            let done = operator.form("/desk/live", "/desk/live", fields).unwrap();
            assert_eq!(done.status, 303, "{}", done.body);
        };
        desk(&mut self.operator, &format!("act=let_in&text={code}&chair=hall"));
        let live = self.operator.get("/desk/live").unwrap().body;
        let place = between(&between(&live, "id=\"screen\"", "</select>"), "value=\"", "\"");
        desk(
            &mut self.operator,
            &format!("act=begin&item={}&screen={place}", self.film),
        );
        let live = self.operator.get("/desk/live").unwrap().body;
        self.evening = between(&live, "name=\"id\" value=\"", "\"");
        let started = self.screen.form("/tv", "/tv/start", "").unwrap();
        assert_eq!(started.status, 303, "{}", started.body);
        self.screen.get(&format!("/media/{}", self.film)).unwrap();
    }

    /// Everybody acts until nobody answers any more.
    fn act(&mut self, round: usize) -> Vec<JoinHandle<Promised>> {
        let mut acting: Vec<JoinHandle<Promised>> = Vec::new();
        for (n, phone) in self.viewers.iter().enumerate() {
            let (phone, film) = (phone.clone(), self.film.clone());
            acting.push(std::thread::spawn(move || watch(phone, &viewer(n), &film).1));
        }
        let (screen, film) = (self.screen.clone(), self.film.clone());
        acting.push(std::thread::spawn(move || show(screen, &film)));
        let (mut screen, at) = (self.screen.clone(), self.at.clone());
        let mut guests = move || {
            let code = digits(screen.get("/api/tv")?.json()["code"].as_str()?);
            let mut all = Promised::default();
            for n in round * GUESTS..(round + 1) * GUESTS {
                match check_in(&at, &format!("g{n:03}"), &code) {
                    Some(who) => all.attended.push(who),
                    None => break,
                }
            }
            Some(all)
        };
        acting.push(std::thread::spawn(move || guests().unwrap_or_default()));
        let wishing = self.viewers[round % VIEWERS].clone();
        acting.push(std::thread::spawn(move || say(wishing, round)));
        let (operator, evening) = (self.operator.clone(), self.evening.clone());
        acting.push(std::thread::spawn(move || write_down(operator, &evening, round)));
        let (district, events) = (self.district.clone(), self.events.clone());
        acting.push(std::thread::spawn(move || pull(&district, &events)));
        acting
    }

    /// The log as it lies there: every leaf, and nothing that the district finds wrong with it.
    fn leaves(&self, promised: &Promised) -> Vec<What> {
        let base = Base::open(&settings(self.folder.path())).unwrap();
        let stick = TempDir::new().unwrap();
        exchange::export(&base.ledger, stick.path()).unwrap();
        let (_, pulled) = self.events.block_on(self.district.import(stick.path())).unwrap();
        assert_eq!(pulled.alerts, [], "the log continues what the district saw");
        assert!(
            pulled.size >= promised.cosigned,
            "{} of {}",
            pulled.size,
            promised.cosigned
        );
        let read = |conn: &_| ledger::leaves(conn, 0, u64::from(u32::MAX));
        let all = base.ledger.store().read_blocking::<_, StoreError, _>(read).unwrap();
        all.iter().filter_map(|bytes| Some(Leaf::read(bytes)?.is)).collect()
    }

    fn blob(&self, digest: &str) -> PathBuf {
        self.folder.path().join("data/blobs").join(&digest[..2]).join(digest)
    }

    /// Whether everything that was promised is there, while the program is dead.
    fn judge(&self, promised: &Promised, when: &str) {
        assert!(command(self.folder.path(), &["ledger", "verify"]), "{when}");
        let leaves = self.leaves(promised);
        let mut there: HashSet<String> = HashSet::new();
        let (mut noted, mut suspected) = (0, 0);
        for leaf in leaves {
            match leaf {
                What::Attend {
                    member, present: true, ..
                } => drop(there.insert(member.to_string())),
                What::Feedback(voice::Feedback { digest, .. }) | What::Photo { digest, .. } => {
                    there.insert(digest);
                }
                What::Noted { .. } => noted += 1,
                What::RollbackSuspected { .. } => suspected += 1,
                _ => {}
            }
        }
        let all = promised.attended.iter().chain(&promised.said).chain(&promised.pictures);
        let missing: Vec<_> = all.filter(|one| !there.contains(*one)).collect();
        assert!(missing.is_empty(), "{when}: {missing:?}");
        assert!(noted >= promised.noted, "{when}: {noted} of {} notes", promised.noted);
        assert_eq!(
            suspected, 0,
            "{when}: no phone holds a checkpoint that the log does not continue"
        );
        for digest in &promised.pictures {
            let bytes = std::fs::read(self.blob(digest)).unwrap();
            assert_eq!(
                HEXLOWER.encode(&Sha256::digest(bytes)),
                *digest,
                "{when}: the picture is whole"
            );
        }
    }

    /// Whether every viewer finds what he was told, after the next start.
    fn ask_everybody(&mut self, promised: &Promised, when: &str) {
        for (n, phone) in self.viewers.iter_mut().enumerate() {
            let body = format!(r#"{{"item":"{}"}}"#, self.film);
            let opened = phone.json("/api/sessions", &body).unwrap();
            assert_eq!(opened.status, 201, "{when}: {}", opened.body);
            let (has, told) = (number(&opened.body, "credited_ms"), promised.credit.get(&viewer(n)));
            assert!(
                Some(&has) >= told,
                "{when}: {} was told {told:?} and has {has}",
                viewer(n)
            );
        }
        let shown = number(&self.screen.get("/api/tv").unwrap().body, "shown_ms");
        assert!(
            shown >= promised.shown,
            "{when}: {shown} ms of {} were shown",
            promised.shown
        );
    }
}

/// Opens the film and beats as fast as he is answered, with a tap now and then.
fn watch(mut phone: Phone, who: &str, film: &str) -> (Phone, Promised) {
    let mut promised = Promised::default();
    let mut go_on = || {
        let opened = phone.json("/api/sessions", &format!(r#"{{"item":"{film}"}}"#))?;
        let session = opened.json()["session"].as_str()?.to_owned();
        phone.get(opened.json()["media"].as_str()?)?;
        for n in 1.. {
            let beat = format!(r#"{{"n":{n},"segments":[[0,63000]],"state":"playing"}}"#);
            let mut heard = phone.json(&format!("/api/sessions/{session}/beats"), &beat)?;
            if n % 5 == 0 {
                heard = phone.json(&format!("/api/sessions/{session}/proof"), "{}")?;
                // The page of hours hands out a copy of the newest checkpoint, and takes back the one before.
                phone.get("/me")?;
            }
            assert_eq!(heard.status, 200, "{}", heard.body);
            let told = number(&heard.body, "credited_ms") + number(&heard.body, "pending_ms");
            promised.credit.insert(who.to_owned(), told);
            promised.beats += 1;
        }
        Some(())
    };
    go_on();
    (phone, promised)
}

/// The screen plays the film and reports it.
fn show(mut screen: Phone, film: &str) -> Promised {
    let mut promised = Promised::default();
    let mut go_on = || {
        screen.get(&format!("/media/{film}"))?;
        let mut state = screen.get("/api/tv")?;
        loop {
            promised.shown = number(&state.body, "shown_ms");
            let n = number(&state.body, "n") + 1;
            let beat = format!(r#"{{"n":{n},"segments":[[0,63000]],"state":"playing"}}"#);
            state = screen.json("/api/tv/beats", &beat)?;
            assert_eq!(state.status, 200, "{}", state.body);
            promised.beats += 1;
        }
    };
    let _: Option<()> = go_on();
    promised
}

/// Somebody new, with a phone of his own.
fn check_in(at: &str, who: &str, code: &str) -> Option<String> {
    let mut phone = Phone::new(at);
    phone.get("/checkin")?;
    let done = phone.form("/checkin", "/checkin", &format!("code={code}&member={who}&pin=2468"))?;
    assert!(
        done.status == 200 && done.body.contains("class=\"done\""),
        "{who}: {}",
        done.body
    );
    Some(who.to_owned())
}

/// A wish after the other.
fn say(mut phone: Phone, round: usize) -> Promised {
    let mut promised = Promised::default();
    for n in 0..3 {
        let text = format!("wish-{round}-{n}");
        let Some(said) = phone.form("/me", "/me/feedback", &format!("about=wish&text={text}")) else {
            break;
        };
        if said.status == 422 {
            // Enough for one day: also that is remembered over a kill.
            break;
        }
        assert_eq!(said.status, 303, "{}", said.body);
        promised.said.push(HEXLOWER.encode(&Sha256::digest(&text)));
    }
    promised
}

/// The operator adds a picture and writes down the discussion, in turn.
fn write_down(mut operator: Phone, evening: &str, round: usize) -> Promised {
    let mut promised = Promised::default();
    let page = format!("/desk/books/{evening}");
    let mut go_on = || {
        let token = operator.token(&page)?;
        for n in 0..4 {
            let mut picture = POINT.to_vec();
            let data = picture.windows(4).position(|four| four == b"IDAT").unwrap() + 6;
            picture[data..data + 2].copy_from_slice(&[u8::try_from(round % 250).unwrap(), n]);
            let sent = operator.ask(
                "POST",
                &format!("{page}/photos"),
                "multipart/form-data; boundary=xyz",
                &parts(&token, &picture),
            )?;
            if sent.status == 422 {
                // As many as an evening may have.
                break;
            }
            assert_eq!(sent.status, 303, "{}", sent.body);
            promised.pictures.push(HEXLOWER.encode(&Sha256::digest(&picture)));
            let noted = operator.form(&page, &page, &format!("discussion=said-{round}-{n}"))?;
            assert_eq!(noted.status, 303, "{}", noted.body);
            promised.noted += 1;
        }
        Some(())
    };
    go_on();
    promised
}

fn parts(token: &str, picture: &[u8]) -> Vec<u8> {
    let head = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--xyz\r\nContent-Disposition: form-data; \
         name=\"when\"\r\n\r\nstart\r\n--xyz\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"p.png\"\r\n\r\n"
    );
    [head.as_bytes(), picture, b"\r\n--xyz--\r\n"].concat()
}

/// The district pulls and cosigns until the station is gone.
fn pull(district: &District, events: &Runtime) -> Promised {
    let mut promised = Promised::default();
    while let Ok(mut outcomes) = events.block_on(district.pull(None)) {
        let Ok(pulled) = outcomes.remove(0).1 else { break };
        assert_eq!(pulled.alerts, []);
        if pulled.cosigned.is_some() {
            promised.cosigned = pulled.size;
        }
        promised.pulls += 1;
    }
    promised
}

#[test]
fn whatever_was_acknowledged_under_load_survives_kill_9_again_and_again() {
    let rounds = std::env::var("YUANJIAO_KILLS").map_or(10, |n| n.parse().unwrap());
    let mut village = Village::new(rounds * GUESTS);
    let (mut promised, mut chance) = (Promised::default(), Chance(2026));
    for round in 0..rounds {
        let when = format!("round {round}");
        if round % 3 == 2 {
            // The power comes back and goes again, in the middle of the start.
            let mut child = program::begin_to_start(village.folder.path(), &village.at);
            let _: Option<()> = child.wait_timeout_ms(chance.below(400));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let Running { mut child, .. } = program::start_at(village.folder.path(), &village.at);
        village.ask_everybody(&promised, &when);
        let acting = village.act(round);
        assert!(
            child.wait_timeout_ms(200 + chance.below(1_500)).is_none(),
            "{when}: it ended by itself"
        );
        child.kill().unwrap();
        child.wait().unwrap();
        promised = acting
            .into_iter()
            .map(|one| one.join().unwrap())
            .fold(promised, Promised::and);
        village.judge(&promised, &when);
    }
    eprintln!(
        "{rounds} rounds: {} beats, {} check-ins, {} wishes, {} pictures, {} notes, {} pulls acknowledged",
        promised.beats,
        promised.attended.len(),
        promised.said.len(),
        promised.pictures.len(),
        promised.noted,
        promised.pulls
    );
    let counted = village.district.recount().unwrap();
    assert!(
        counted.iter().all(|(_, count)| count.anomalies.is_empty()),
        "the district counts the same"
    );
    assert!(
        promised.beats > rounds * VIEWERS && promised.attended.len() > rounds,
        "there was load"
    );
    assert!(
        !promised.said.is_empty() && !promised.pictures.is_empty() && promised.pulls > 0,
        "of every kind"
    );
}
