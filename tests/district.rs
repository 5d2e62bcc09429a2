//! The district as a clerk uses it: the real program, stations and district each a process of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/office.rs"]
mod office;
#[path = "common/program.rs"]
mod program;

use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use office::{Office, PASSPHRASE, Village, between, code, district, form, village};
use program::WaitTimeout;
use tempfile::TempDir;
use yuanjiao::store::{Sql, StoreError, ToValue};

/// Watches a second and a half of the first film; what was credited so far, in milliseconds.
fn watch(village: &mut Village) -> u64 {
    let (session, ..) = program::open(&village.0.address);
    assert!(village.0.child.wait_timeout_ms(1_600).is_none());
    let beat = r#"{"n":1,"segments":[[0,1500]],"state":"paused"}"#;
    let beats = format!("/api/sessions/{session}/beats");
    program::ask(&village.0.address, "POST", &beats, "", beat).unwrap();
    let proof = format!("/api/sessions/{session}/proof");
    let (_, _, proven) = program::ask(&village.0.address, "POST", &proof, "", "{}").unwrap();
    program::number(&proven, "credited_ms")
}

#[test]
fn who_may_only_look_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let office = Office::open(folder.path());
    let (status, head, _) = office.ask("GET", "/annual", "", "", "");
    assert_eq!(
        (status, between(&head, "location: ", "\r\n").as_str()),
        (303, "/signin")
    );
    assert!(office.sign_in("主任", "not the passphrase").is_none());
    assert!(office.sign_in("nobody", PASSPHRASE).is_none());

    let looker = office.with_a_looker();
    for path in [
        "/",
        "/stations",
        "/alerts",
        "/annual",
        "/annual/print",
        "/annual/branches",
        "/annual/sessions",
    ] {
        assert_eq!(office.ask("GET", path, &looker, "", "").0, 200, "{path}");
    }
    assert_eq!(office.ask("GET", "/accounts", &looker, "", "").0, 403);
    let enrol = [("url", "127.0.0.1:9"), ("code", "AAAA-AAAA-AAAA")];
    assert_eq!(office.post("/stations", "/stations", &looker, &enrol).0, 403);
    let typed = [("year", "2026"), ("funds", "12")];
    assert_eq!(office.post("/annual", "/annual", &looker, &typed).0, 403);
}

#[test]
fn a_form_must_come_from_our_page_and_whoever_changes_something_stands_in_the_log() {
    let folder = TempDir::new().unwrap();
    let office = Office::open(folder.path());
    let looker = office.with_a_looker();
    let typed = [("year", "2026"), ("funds", "12")];
    // The right cookie is not enough: the form must be ours, from a page of ours.
    assert_eq!(
        office.ask("POST", "/annual", &office.cookie, "", &form("00", &typed)).0,
        403
    );
    let token = between(&office.get("/annual"), "name=\"csrf\" value=\"", "\"");
    let strange = "Origin: http://elsewhere.example\r\n";
    assert_eq!(
        office
            .ask("POST", "/annual", &office.cookie, strange, &form(&token, &typed))
            .0,
        403
    );
    assert_eq!(
        office
            .ask("POST", "/annual", &office.cookie, "", &form(&token, &typed))
            .0,
        303
    );
    assert!(office.get("/annual").contains("value=\"12\""));

    let close = |name| {
        office.post(
            "/accounts",
            "/accounts",
            &office.cookie,
            &[("act", "close"), ("name", name)],
        )
    };
    assert!(
        close("主任").2.contains("最后一个能签发"),
        "nobody would be left to open the door"
    );
    assert_eq!(close("小王").0, 303);
    assert_eq!(
        office.ask("GET", "/", &looker, "", "").0,
        303,
        "the sign-in ended with the account"
    );
    let log = office.get("/accounts");
    for line in [
        "账号 小王：see",
        "账号 小王：closed",
        "填写 2026 funds：12",
        "登录，来自 127.0.0.1",
    ] {
        assert!(log.contains(line), "{line}");
    }
    let hashes = |conn: &dyn Sql| conn.query_map("SELECT hash FROM account", [], |row| row.get::<String>(0));
    let hashes = office.books().read_blocking::<_, StoreError, _>(hashes).unwrap();
    assert!(
        hashes.len() == 2 && hashes.iter().all(|hash| hash.starts_with("$argon2id$")),
        "{hashes:?}"
    );
}

#[test]
fn two_stations_are_pulled_by_themselves_and_every_figure_opens_down_to_its_leaves() {
    let (one, two, home) = (
        TempDir::new().unwrap(),
        TempDir::new().unwrap(),
        TempDir::new().unwrap(),
    );
    let ((mut first, first_code), (mut second, second_code)) = (village(one.path()), village(two.path()));
    let credited = [watch(&mut first), watch(&mut second)];
    assert!(credited.iter().all(|ms| *ms >= 1_000), "{credited:?}");
    let mut office = Office::open(home.path());
    let wrong = [("url", first.0.address.as_str()), ("code", "AAAA-AAAA-AAAA")];
    let (_, _, refused) = office.post("/stations", "/stations", &office.cookie, &wrong);
    assert!(refused.contains("登记码不对"), "{refused}");

    let stations = [
        office.enrol(&first, &first_code, "青石桥村"),
        office.enrol(&second, &second_code, "后坪村"),
    ];
    for station in &stations {
        // The log is there a moment before the visit is written down.
        office.wait_for(station, |page| {
            page.contains("接得上，已会签") && page.contains("程序版本")
        });
    }
    let dashboard = office.get("/");
    assert!(dashboard.contains("2 个站点，2 个一周内取到了日志"), "{dashboard}");
    assert!(dashboard.contains("松林镇"));
    let station = office.get(&stations[0]);
    for said in ["青石桥村", "时间和县里相差", "存台账的硬盘还空", "程序版本"] {
        assert!(station.contains(said), "{said}: {station}");
    }

    // The same member number at both stations: two person-times, one person, each second as the stations credited it.
    let table = office.get("/reports/annual.csv");
    assert!(table.contains("农村党员远程教育,2,1,实测"), "{table}");
    assert!(
        table.contains("合计,2,1,实测") && table.contains("远程教育站点,2,,实测"),
        "{table}"
    );
    let sessions = office.get("/annual/sessions.csv");
    let seconds: u64 = sessions
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(6).unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(seconds, credited.iter().map(|ms| ms / 1000).sum::<u64>());
    the_workbooks_say_the_same(&office, credited);
    let opened = office.get("/annual/sessions?category=rural");
    let leaves = office.get(
        &between(&opened, "href=\"/leaves", "\"")
            .replace("&#38;", "&")
            .replacen("", "/leaves", 1),
    );
    for kind in ["&#34;kind&#34;:&#34;open&#34;", "&#34;kind&#34;:&#34;span&#34;"] {
        assert!(leaves.contains(kind), "{kind}: {leaves}");
    }
}

/// A picture of one point, as a browser draws it.
const POINT: &[u8] = include_bytes!("cases/point.png");

#[test]
fn a_photo_stands_beside_the_leaves_of_its_evening_for_whoever_is_signed_in() {
    let (folder, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    program::prepare(folder.path());
    // As if an operator had taken it with his phone, before the station started.
    let digest = {
        let mut settings = yuanjiao::config::Station::load(None).unwrap();
        settings.data = folder.path().join("data");
        let base = yuanjiao::app::Base::open(&settings).unwrap();
        let by = yuanjiao::roster::Operator::on_the_console();
        let evening = yuanjiao::types::SessionId::from_bytes([7; 16]);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let when = yuanjiao::ledger::Moment::Middle;
        runtime
            .block_on(base.records.add_photo(evening, when, POINT.to_vec(), &by))
            .unwrap();
        runtime.block_on(base.records.photos(evening)).unwrap().remove(0).digest
    };
    let village = Village(program::start(folder.path()));
    let mut office = Office::open(home.path());
    let station = office.enrol(&village, &code(folder.path()), "青石桥村");
    office.wait_for(&station, |page| page.contains("接得上，已会签"));
    let leaves = station.replacen("/station", "/leaves", 1) + "&from=0";
    let page = office.get(&leaves);
    assert!(page.contains("照片还没有取来") && !page.contains("<img"), "{page}");
    assert!(district(home.path(), &["photos"], ""));
    let page = office.get(&leaves);
    assert!(page.contains(&format!("<img src=\"/photo/{digest}\"")), "{page}");
    assert!(office.bytes(&format!("/photo/{digest}")).starts_with(b"\x89PNG"));
    assert_eq!(
        office.ask("GET", &format!("/photo/{digest}"), "", "", "").0,
        303,
        "not for strangers"
    );
    let outside = "/photo/..%2f..%2fkeys%2fsigning";
    assert_eq!(office.ask("GET", outside, &office.cookie, "", "").0, 404);
}

/// Opened by a reader that is not ours: numbers are numbers, the head stays in sight, and the sheets agree with the tables.
fn the_workbooks_say_the_same(office: &Office, credited: [u64; 2]) {
    let mut all: Xlsx<_> = Xlsx::new(Cursor::new(office.bytes("/reports/all.xlsx"))).unwrap();
    let titles = ["年度数字", "乡镇学时", "站点学时", "党支部学时", "党员学时"];
    assert_eq!(all.sheet_names()[..titles.len()], titles);
    let mut sheet = |name: &str| {
        all.worksheet_range(name)
            .unwrap()
            .rows()
            .map(<[Data]>::to_vec)
            .collect::<Vec<_>>()
    };
    let annual = sheet("年度数字");
    assert_eq!(annual[2][0], Data::String("项目".into()));
    let line = |name: &str| annual.iter().find(|row| row[0] == Data::String(name.into())).unwrap();
    assert_eq!(line("农村党员远程教育")[1..3], [Data::Float(2.0), Data::Float(1.0)]);
    assert_eq!(line("远程教育站点")[1], Data::Float(2.0));
    assert_eq!(line("党员覆盖率")[1], Data::Float(1.0));
    let stations = sheet("站点学时");
    assert_eq!(
        stations[2][..2],
        [Data::String("站点".into()), Data::String("所在".into())]
    );
    let times: Vec<&Data> = stations[3..5].iter().map(|row| &row[5]).collect();
    assert_eq!(times, [&Data::Float(1.0); 2], "{stations:?}");

    let mut sessions: Xlsx<_> = Xlsx::new(Cursor::new(office.bytes("/annual/sessions.xlsx"))).unwrap();
    let rows = sessions.worksheet_range_at(0).unwrap().unwrap();
    let seconds = rows.rows().skip(3).filter_map(|row| match row[6] {
        Data::Float(seconds) => Some(seconds),
        _ => None,
    });
    assert_eq!(
        seconds.sum::<f64>().to_string(),
        credited.iter().map(|ms| ms / 1000).sum::<u64>().to_string()
    );
    for code in ["annual", "townships", "stations", "branches", "members"] {
        let page = office.get(&format!("/reports/{code}"));
        assert!(page.contains(&format!("/reports/{code}.xlsx")), "{page}");
    }
    assert_eq!(
        office.ask("GET", "/reports/members.docx", &office.cookie, "", "").0,
        404
    );
    assert_eq!(
        office.ask("GET", "/reports/all.xlsx", "", "", "").0,
        303,
        "for those who signed in"
    );
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_log_that_went_back_is_an_alert_until_somebody_says_why() {
    let (folder, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (mut station, code) = village(folder.path());
    let mut office = Office::open(home.path());
    let page = office.enrol(&station, &code, "枫树坪村");
    office.wait_for(&page, |page| page.contains("接得上，已会签"));
    // Somebody takes an image of the disk, and puts it back after an evening.
    drop(station);
    copy(&folder.path().join("data"), &folder.path().join("image"));
    station = Village(program::start(folder.path()));
    watch(&mut station);
    move_to(&office, &station.0.address);
    office.pull_now(&page);
    office.wait_for(&page, |page| page.matches("接得上，已会签").count() > 1);
    drop(station);
    std::fs::remove_dir_all(folder.path().join("data")).unwrap();
    copy(&folder.path().join("image"), &folder.path().join("data"));
    station = Village(program::start(folder.path()));
    move_to(&office, &station.0.address);
    office.pull_now(&page);

    let alarmed = office.wait_for(&page, |page| page.contains("台账退回去过"));
    assert!(office.get("/").contains("枫树坪村：台账退回去过"));
    let key = between(&alarmed, "name=\"key\" value=\"", "\"");
    let (status, ..) = office.post("/alerts", "/alerts", &office.cookie, &[("key", &key), ("reason", " ")]);
    assert_eq!(status, 422, "a reason is asked for");
    let reason = "问过管理员，换了硬盘，用旧备份装回去的";
    let fields = [("key", key.as_str()), ("reason", reason)];
    assert_eq!(office.post("/alerts", "/alerts", &office.cookie, &fields).0, 303);
    let alerts = office.get("/alerts");
    assert!(
        alerts.contains("没有要核实的预警") && alerts.contains(reason),
        "{alerts}"
    );
    assert!(alerts.contains("主任 于"), "by name");
    assert!(!office.get("/").contains("枫树坪村：台账退回去过"));
    assert!(office.get("/accounts").contains(reason));
    drop(station);
}

/// The station came back under another port, which a real one does not.
fn move_to(office: &Office, address: &str) {
    let url = format!("http://{address}");
    let act = move |tx: &dyn Sql| tx.execute("UPDATE station SET url = ?1", vec![url.to_value()]);
    office.books().write_blocking(act).unwrap().unwrap();
}
