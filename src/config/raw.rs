//! The files as they are written, and the checks that turn them into settings.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::fault::{Fault, syntax};
use super::{Approval, Backup, Classes, District, Listen, Media, Prepare, Program, Server, Station, Viewing, Wifi};
use crate::types::{Millis, Origin};

macro_rules! table {
    ($name:ident { $($field:ident: $kind:ty = $default:expr,)+ }) => {
        #[derive(Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct $name { $($field: $kind,)+ }
        impl Default for $name {
            fn default() -> Self { Self { $($field: $default,)+ } }
        }
    };
}

table!(StationFile {
    station: StationTable = StationTable::default(),
    listen: ListenTable = ListenTable::default(),
    media: MediaTable = MediaTable::default(),
    data: DataTable = DataTable {
        folder: "station-data".into()
    },
    viewing: ViewingTable = ViewingTable::default(),
    wifi: WifiTable = WifiTable::default(),
    policy: PolicyTable = PolicyTable::default(),
    backup: BackupTable = BackupTable::default(),
    log: LogTable = LogTable::default(),
});
table!(StationTable {
    name: String = "远程教育站点".into(),
    place: String = String::new(),
    origin: String = String::new(),
});
table!(ListenTable {
    address: String = "0.0.0.0:8080".into(),
    names: Vec<String> = Vec::new(),
    max_connections: u64 = 1024,
    per_address_connections: u64 = 128,
    films_per_device: u64 = 4,
    header_timeout_s: u64 = 30,
    stalled_reader_s: u64 = 120,
});
table!(MediaTable {
    folder: String = "media".into(),
    sweep_s: u64 = 60,
    settle_ms: u64 = 1200,
    approval: String = "folder".into(),
    ffprobe: String = "auto".into(),
    ffmpeg: String = "auto".into(),
    prepare: String = "auto".into(),
    sticks: Vec<String> = vec!["/media".into(), "/run/media".into(), "/mnt".into()],
});
table!(DataTable {
    folder: String = String::new(),
});
table!(ViewingTable {
    beat_every_s: u64 = 10,
    guests: bool = true,
    commit_within_ms: u64 = 2000,
    pin_tries: u64 = 5,
    pin_pause_s: u64 = 300,
});
table!(BackupTable {
    folder: String = String::new(),
    keep: u64 = 7,
});
table!(WifiTable {
    name: String = String::new(),
    password: String = String::new(),
});
table!(PolicyTable {
    file: String = String::new(),
});
table!(LogTable {
    level: String = "info".into(),
});
table!(DistrictFile {
    district: DistrictTable = DistrictTable::default(),
    listen: ListenTable = ListenTable {
        address: "0.0.0.0:8090".into(),
        ..ListenTable::default()
    },
    data: DistrictDataTable = DistrictDataTable::default(),
    pull: PullTable = PullTable::default(),
    report: ReportTable = ReportTable::default(),
    policy: PolicyTable = PolicyTable::default(),
    log: LogTable = LogTable::default(),
});
table!(DistrictTable {
    origin: String = String::new(),
    name: String = "区县党员远程教育".into(),
    place: String = String::new(),
});
table!(DistrictDataTable {
    folder: String = "district-data".into(),
    store: String = String::new(),
});
table!(PullTable {
    concurrent: u64 = 16,
    connect_timeout_s: u64 = 10,
    deadline_s: u64 = 120,
    every_minutes: u64 = 60,
    silent_after_days: u64 = 7,
    clock_off_s: u64 = 120,
});
table!(ReportTable {
    skill_classes: Vec<String> = ["实用技术", "创业就业", "职业技能", "就业技能"].map(String::from).into(),
    local_classes: Vec<String> = vec!["本土电教片".into()],
});

/// Collects faults, so that all of a file are told at once.
#[derive(Default)]
struct Check(Vec<Fault>);

impl Check {
    /// A PostgreSQL server; empty is none. The address may hold a password, so it is not repeated.
    fn server(&mut self, key: &'static str, address: String) -> Option<Server> {
        let known = ["postgres://", "postgresql://"];
        if !address.is_empty() && !known.iter().any(|scheme| address.starts_with(scheme)) {
            self.fault(
                key,
                "something else",
                "empty, or postgres://USER:PASSWORD@HOST/DATABASE",
            );
        }
        (!address.is_empty()).then_some(Server(address))
    }

    fn fault(&mut self, key: &'static str, found: impl Display, expected: impl Into<String>) {
        self.0.push(Fault::Value {
            key,
            found: found.to_string(),
            expected: expected.into(),
        });
    }

    fn within(&mut self, key: &'static str, value: u64, range: RangeInclusive<u64>) -> u64 {
        if !range.contains(&value) {
            self.fault(key, value, format!("{} to {}", range.start(), range.end()));
        }
        value
    }

    fn seconds(&mut self, key: &'static str, value: u64, range: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.within(key, value, range))
    }

    fn text(&mut self, key: &'static str, value: String, most: usize) -> String {
        if value.chars().count() > most || value.chars().any(char::is_control) {
            self.fault(
                key,
                format!("{} characters long", value.chars().count()),
                format!("a line of at most {most} characters"),
            );
        }
        value
    }

    fn folder(&mut self, key: &'static str, value: String) -> PathBuf {
        if value.is_empty() {
            self.fault(key, "empty", "a folder");
        }
        value.into()
    }

    fn origin(&mut self, key: &'static str, value: &str) -> Option<Origin> {
        if value.is_empty() {
            return None;
        }
        let origin = Origin::new(value);
        if let Err(why) = &origin {
            self.fault(key, format!("{value:?}"), why.to_string());
        }
        origin.ok()
    }

    fn done<T>(self, settings: T) -> Result<T, Vec<Fault>> {
        if self.0.is_empty() { Ok(settings) } else { Err(self.0) }
    }
}

fn count(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn optional_path(text: String) -> Option<PathBuf> {
    (!text.is_empty()).then(|| text.into())
}

/// Reads a station's file.
pub(super) fn station(text: &str) -> Result<Station, Vec<Fault>> {
    let file: StationFile = toml::from_str(text).map_err(|error| vec![syntax(text, &error)])?;
    let mut check = Check::default();
    let settings = Station {
        name: check.text("station.name", file.station.name, 40),
        place: check.text("station.place", file.station.place, 40),
        origin: check.origin("station.origin", &file.station.origin),
        listen: listen(&mut check, file.listen),
        media: media(&mut check, file.media),
        data: check.folder("data.folder", file.data.folder),
        viewing: viewing(&mut check, &file.viewing),
        wifi: Wifi {
            name: check.text("wifi.name", file.wifi.name, 32),
            password: check.text("wifi.password", file.wifi.password, 63),
        },
        policy: optional_path(file.policy.file),
        backup: Backup {
            folder: optional_path(file.backup.folder),
            keep: usize::try_from(check.within("backup.keep", file.backup.keep, 1..=366)).unwrap_or(7),
        },
        log: level(&mut check, &file.log.level),
    };
    check.done(settings)
}

fn listen(check: &mut Check, table: ListenTable) -> Listen {
    let fallback = ([0, 0, 0, 0], 8080).into();
    let address = table.address.parse().unwrap_or_else(|_| {
        check.fault(
            "listen.address",
            format!("{:?}", table.address),
            "an address and a port, e.g. \"0.0.0.0:8080\"",
        );
        fallback
    });
    Listen {
        address,
        names: table
            .names
            .into_iter()
            .map(|name| check.text("listen.names", name, 120))
            .collect(),
        connections: count(check.within("listen.max_connections", table.max_connections, 8..=20_000)),
        per_address: count(check.within(
            "listen.per_address_connections",
            table.per_address_connections,
            4..=20_000,
        )),
        films_per_device: count(check.within("listen.films_per_device", table.films_per_device, 1..=64)),
        header_time: check.seconds("listen.header_timeout_s", table.header_timeout_s, 1..=300),
        stalled_reader: check.seconds("listen.stalled_reader_s", table.stalled_reader_s, 5..=3_600),
    }
}

fn media(check: &mut Check, table: MediaTable) -> Media {
    let approval = match table.approval.as_str() {
        "folder" => Approval::Folder,
        "desk" => Approval::Desk,
        "district" => Approval::District,
        other => {
            check.fault(
                "media.approval",
                format!("{other:?}"),
                "\"folder\", \"desk\" or \"district\"",
            );
            Approval::Folder
        }
    };
    let prepare = match table.prepare.as_str() {
        "auto" => Prepare::Auto,
        "asked" => Prepare::Asked,
        "off" => Prepare::Off,
        other => {
            check.fault("media.prepare", format!("{other:?}"), "\"auto\", \"asked\" or \"off\"");
            Prepare::Auto
        }
    };
    Media {
        folder: check.folder("media.folder", table.folder),
        sweep: check.seconds("media.sweep_s", table.sweep_s, 5..=86_400),
        settle: Duration::from_millis(check.within("media.settle_ms", table.settle_ms, 200..=60_000)),
        approval,
        ffprobe: program(&table.ffprobe),
        ffmpeg: program(&table.ffmpeg),
        prepare,
        sticks: table.sticks.into_iter().map(PathBuf::from).collect(),
    }
}

fn program(word: &str) -> Program {
    match word {
        "auto" => Program::Auto,
        "off" => Program::Off,
        path => Program::At(path.into()),
    }
}

fn viewing(check: &mut Check, table: &ViewingTable) -> Viewing {
    Viewing {
        beat_every: Millis::secs(check.within("viewing.beat_every_s", table.beat_every_s, 2..=60)),
        guests: table.guests,
        commit_within: Millis(check.within("viewing.commit_within_ms", table.commit_within_ms, 0..=5_000)),
        pin_tries: u32::try_from(check.within("viewing.pin_tries", table.pin_tries, 3..=20)).unwrap_or(5),
        pin_pause: Millis::secs(check.within("viewing.pin_pause_s", table.pin_pause_s, 10..=3_600)),
    }
}

fn level(check: &mut Check, word: &str) -> tracing::Level {
    word.parse().unwrap_or_else(|_| {
        check.fault(
            "log.level",
            format!("{word:?}"),
            "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"",
        );
        tracing::Level::INFO
    })
}

/// Reads a district's file.
pub(super) fn district(text: &str) -> Result<District, Vec<Fault>> {
    let file: DistrictFile = toml::from_str(text).map_err(|error| vec![syntax(text, &error)])?;
    let mut check = Check::default();
    let settings = District {
        origin: check.origin("district.origin", &file.district.origin),
        name: check.text("district.name", file.district.name, 40),
        place: check.text("district.place", file.district.place, 40),
        listen: listen(&mut check, file.listen),
        data: check.folder("data.folder", file.data.folder),
        server: check.server("data.store", file.data.store),
        concurrent: count(check.within("pull.concurrent", file.pull.concurrent, 1..=500)),
        connect: check.seconds("pull.connect_timeout_s", file.pull.connect_timeout_s, 1..=120),
        deadline: check.seconds("pull.deadline_s", file.pull.deadline_s, 5..=3_600),
        every: Millis::secs(60 * check.within("pull.every_minutes", file.pull.every_minutes, 1..=10_080)),
        silent_after: Millis::secs(
            86_400 * check.within("pull.silent_after_days", file.pull.silent_after_days, 1..=365),
        ),
        clock_off: Millis::secs(check.within("pull.clock_off_s", file.pull.clock_off_s, 5..=86_400)),
        classes: Classes {
            skill: file.report.skill_classes,
            local: file.report.local_classes,
        },
        log: level(&mut check, &file.log.level),
        policy: optional_path(file.policy.file),
    };
    check.done(settings)
}
