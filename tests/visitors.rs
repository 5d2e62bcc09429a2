//! A member of one station at another one's evening, from his phone to the reports of the district: two stations and the
//! district are the real program, each a process of its own, and everybody uses its pages.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/office.rs"]
mod office;
#[path = "common/phone.rs"]
mod phone;
#[path = "common/program.rs"]
mod program;

use std::path::Path;

use office::{Office, Village, between, code, district};
use phone::{Phone, digits};
use program::{WaitTimeout, command};
use tempfile::TempDir;

const HEAD: &str = "编号,姓名,党支部,身份类别,类别,流动,口令";
/// Who stays, who is on his way and comes to the evening, and who is on his way and never seen.
const AT_HOME: [&str; 3] = [
    "0021,王德明,青石桥村第一支部,党员,正式,否,2468",
    "0033,赵新,青石桥村第二支部,党员,正式,流出,1357",
    "0034,钱远,青石桥村第二支部,党员,正式,流出,1358",
];
const ELSEWHERE: [&str; 1] = ["0501,周平,后坪村支部,书记,正式,否,8642"];

/// A station with these people, that can be pulled.
fn station(folder: &Path, people: &[&str]) -> (Village, String) {
    std::fs::write(
        folder.join("station.toml"),
        "[viewing]\ncommit_within_ms = 0\n[media]\nsettle_ms = 200\nprepare = \"off\"\n",
    )
    .unwrap();
    let roster = folder.join("roster.csv");
    std::fs::write(&roster, format!("{HEAD}\n{}\n", people.join("\n"))).unwrap();
    assert!(command(folder, &["member", "import", roster.to_str().unwrap()]));
    (Village(program::start(folder)), code(folder))
}

/// The operator sets his passphrase with the code that the console prints.
fn takes_office(folder: &Path, at: &str) -> Phone {
    let made = std::process::Command::new(env!("CARGO_BIN_EXE_yuanjiao"))
        .args(["operator", "code", "--data"])
        .arg(folder.join("data"))
        .output()
        .unwrap();
    let code = digits(&String::from_utf8(made.stdout).unwrap());
    let mut desk = Phone::new(at);
    let words = format!("code={code}&passphrase=a+village+on+the+river&repeat=a+village+on+the+river");
    let done = desk.form("/desk/first", "/desk/first", &words).unwrap();
    assert_eq!(done.status, 303, "{}", done.body);
    desk
}

/// An evening on a screen of its own.
struct Evening {
    desk: Phone,
    screen: Phone,
    film: String,
    id: String,
}

impl Evening {
    fn begin(mut desk: Phone) -> Self {
        let (mut screen, film) = (Phone::new(&desk.at), program::film(&desk.at));
        screen.get("/tv").unwrap();
        let code = digits(&between(
            &screen.get("/tv?again=true").unwrap().body,
            "code-xl\">",
            "</",
        ));
        let act = |desk: &mut Phone, fields: &str| {
            let done = desk.form("/desk/live", "/desk/live", fields).unwrap();
            assert_eq!(done.status, 303, "{}", done.body);
            desk.get("/desk/live").unwrap().body
        };
        let live = act(&mut desk, &format!("act=let_in&text={code}&chair=hall"));
        let place = between(&between(&live, "id=\"screen\"", "</select>"), "value=\"", "\"");
        let live = act(&mut desk, &format!("act=begin&item={film}&screen={place}"));
        let id = between(&live, "name=\"id\" value=\"", "\"");
        Self { desk, screen, film, id }
    }

    fn code(&mut self) -> String {
        digits(self.screen.get("/api/tv").unwrap().json()["code"].as_str().unwrap())
    }

    /// Shows the film until so much of it was shown, at its own pace.
    fn show(&mut self, station: &mut Village, ms: u64) {
        let started = self.screen.form("/tv", "/tv/start", "").unwrap();
        assert_eq!(started.status, 303, "{}", started.body);
        self.screen.get(&format!("/media/{}", self.film)).unwrap();
        let mut state = self.screen.get("/api/tv").unwrap();
        while program::number(&state.body, "shown_ms") < ms {
            assert!(station.0.child.wait_timeout_ms(300).is_none());
            let n = program::number(&state.body, "n") + 1;
            let beat = format!(r#"{{"n":{n},"segments":[[0,60000]],"state":"playing"}}"#);
            state = self.screen.json("/api/tv/beats", &beat).unwrap();
            assert_eq!(state.status, 200, "{}", state.body);
        }
    }

    /// The last check is put, and the evening is over.
    fn end(mut self) {
        for _ in 0..2 {
            let fields = format!("act=end&id={}", self.id);
            let done = self.desk.form("/desk/live", "/desk/live", &fields).unwrap();
            assert_eq!(done.status, 303, "{}", done.body);
        }
    }
}

/// What a line of a table says below this heading.
fn of(table: &str, line: &str, heading: &str) -> String {
    let mut lines = table.lines().skip_while(|line| !line.contains(heading));
    let head = lines.next().unwrap_or_else(|| panic!("no {heading} in {table}"));
    let at = head
        .split(',')
        .position(|one| one.trim_start_matches('\u{feff}') == heading);
    let found = lines.find(|one| one.starts_with(line));
    let found = found.unwrap_or_else(|| panic!("no {line} in {table}"));
    found.split(',').nth(at.unwrap()).unwrap().to_owned()
}

/// The signed roster of the home station: by it the other one learns whose branch is where.
fn send_roster(office: &Office, station: &str) {
    let file = office.folder.join("roster.csv");
    let all = AT_HOME.map(|line| line.rsplit_once(',').unwrap().0);
    let head = HEAD.rsplit_once(',').unwrap().0;
    std::fs::write(&file, format!("{head}\n{}\n", all.join("\n"))).unwrap();
    let origin = station
        .split("of=")
        .nth(1)
        .unwrap()
        .replace("%2F", "/")
        .replace("%2f", "/");
    let words = ["down", "roster", &origin, file.to_str().unwrap()];
    assert!(district(&office.folder, &words, ""));
}

/// What the station's own page tells a visitor on his phone.
fn checks_in(phone: &mut Phone, code: &str, branch: &str) {
    phone.get("/checkin").unwrap();
    let fields = format!("code={code}&v_number=0033&v_name=%E8%B5%B5%E6%96%B0&v_branch={branch}");
    let done = phone.form("/checkin", "/checkin", &fields).unwrap();
    assert!(
        done.status == 200 && done.body.contains("class=\"done\""),
        "{}",
        done.body
    );
}

#[test]
fn who_checks_in_elsewhere_by_his_phone_has_his_hours_in_his_home_branch_and_in_the_report_of_migrants() {
    let folders: [TempDir; 3] = std::array::from_fn(|_| TempDir::new().unwrap());
    let (home, home_code) = station(folders[0].path(), &AT_HOME);
    let (mut host, host_code) = station(folders[1].path(), &ELSEWHERE);
    let mut office = Office::open(folders[2].path());
    let at_home = office.enrol(&home, &home_code, "青石桥村");
    let at_host = office.enrol(&host, &host_code, "后坪村");
    for page in [&at_home, &at_host] {
        office.wait_for(page, |page| page.contains("接得上，已会签"));
    }
    send_roster(&office, &at_home);
    office.pull_now(&at_host);
    office.wait_for("/down", |page| {
        let of_host = page
            .split("后坪村</a>")
            .nth(1)
            .and_then(|rest| rest.split("</li>").next());
        of_host.is_some_and(|says| says.contains("外站党员") && says.contains("收到"))
    });

    // He says a branch that is not his; the station knows better by the district's list.
    let desk = takes_office(folders[1].path(), &host.0.address);
    let mut evening = Evening::begin(desk);
    let mut phone = Phone::new(&host.0.address);
    let code = evening.code();
    checks_in(&mut phone, &code, "another+branch");
    evening.show(&mut host, 2_500);
    let code = evening.code();
    let left = phone.form("/checkin", "/checkin/out", &format!("code={code}")).unwrap();
    assert!(left.status == 200 && left.body.contains("赵新"), "{}", left.body);
    evening.end();
    let own = phone.get("/me").unwrap().body;
    assert!(own.contains("长征的几个数字"), "he sees what he attended here: {own}");

    let seen = office.get(&at_host).matches("接得上，已会签").count();
    office.pull_now(&at_host);
    office.wait_for(&at_host, |page| page.matches("接得上，已会签").count() > seen);
    the_reports_say_so(&office, &at_host);
    drop(home);
}

fn the_reports_say_so(office: &Office, host: &str) {
    let line = "0033";
    let own = office.get("/reports/migrant-members.csv");
    for (heading, expected) in [
        ("党支部", "青石桥村第二支部"),
        ("站点", "青石桥村"),
        ("人次", "1"),
        ("其中外站", "1"),
        ("情况", "学过，没满"),
    ] {
        assert_eq!(of(&own, line, heading), expected, "{own}");
    }
    assert_eq!(of(&own, "0034", "情况"), "一次没来", "{own}");
    let migrants = office.get("/reports/migrants.csv");
    let branch = "青石桥村第二支部,青石桥村";
    for (heading, expected) in [
        ("流动党员", "2"),
        ("参加学习", "1"),
        ("在外站学过", "1"),
        ("一次没来", "1"),
        ("不在册的", "0"),
    ] {
        assert_eq!(of(&migrants, branch, heading), expected, "{migrants}");
    }
    // His branch has the hours; the other branch, and the branch that he named, have none.
    let branches = office.get("/reports/branches.csv");
    assert_eq!(of(&branches, "青石桥村第二支部", "人次"), "1", "{branches}");
    assert_eq!(of(&branches, "青石桥村第一支部", "人次"), "0", "{branches}");
    assert!(!branches.contains("another"), "{branches}");
    // The same by command, which tells seconds.
    let figures = office.folder.join("figures");
    assert!(district(
        &office.folder,
        &["report", "--csv", figures.to_str().unwrap()],
        ""
    ));
    let tables = std::fs::read_dir(&figures).unwrap().map(|entry| entry.unwrap().path());
    let hours = tables
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("hours-"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .find(|table| table.contains("0033"));
    let hours = hours.expect("a year in which he learnt");
    let his = hours.lines().find(|line| line.contains(",0033,")).unwrap();
    let his: Vec<&str> = his.split(',').collect();
    let learnt: u64 = his[7].parse().unwrap();
    assert_eq!((his[2], his[4]), ("青石桥村第二支部", "out"), "{hours}");
    assert!((2..60).contains(&learnt), "{hours}");
    // Down to the leaves: the session lies at the station that he visited, to the second that was shown.
    let sessions = office.get("/annual/sessions.csv");
    let of_him: Vec<&str> = sessions.lines().filter(|line| line.contains("0033")).collect();
    let [session] = of_him[..] else { panic!("{sessions}") };
    let seconds: u64 = session.split(',').nth(6).unwrap().parse().unwrap();
    assert_eq!(seconds, learnt, "{session}");
    let leaves = office.get(&(host.replacen("/station", "/leaves", 1) + "&from=0"));
    assert!(
        leaves.contains("青石桥村第二支部") && !leaves.contains("赵新"),
        "{leaves}"
    );
}
