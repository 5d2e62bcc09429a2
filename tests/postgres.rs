//! The tests of the district once more, with its books on a real PostgreSQL server, and what only a server can suffer.

#![cfg(feature = "postgres")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]
#![allow(clippy::duplicate_mod, reason = "each file of tests brings the fixture itself")]

mod common;
#[path = "copies.rs"]
mod copies;
#[path = "corrections.rs"]
mod corrections;
#[path = "district.rs"]
mod district;
#[path = "down.rs"]
mod down;
#[path = "epochs.rs"]
mod epochs;
#[path = "exchange.rs"]
mod exchange;
#[path = "hostile.rs"]
mod hostile;
#[path = "permits.rs"]
mod permits;
#[path = "policy.rs"]
mod policy;
#[path = "pullers.rs"]
mod pullers;
#[path = "pulling.rs"]
mod pulling;
#[path = "rows.rs"]
mod rows;
#[path = "rulings.rs"]
mod rulings;
#[path = "suspicions.rs"]
mod suspicions;
#[path = "undated.rs"]
mod undated;
#[path = "visitors.rs"]
mod visitors;

use common::Station;
use common::server::Server;
use tempfile::TempDir;
use yuanjiao::district::{District, DistrictError, Settings};
use yuanjiao::store::{Options, Place, Schema, Shared, Sql, StoreError, Urgency, Value};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_restarted_is_used_again_and_nothing_is_lost_or_doubled() {
    let Some(server) = Server::start() else { return };
    let (station, folder) = (Station::start().await, TempDir::new().unwrap());
    let district = District::open(Settings {
        store: Place::Server(server.database("books")),
        ..Settings::in_folder(folder.path().to_owned())
    })
    .unwrap();
    station.enrols_at(&district).await;
    // However far it has come, it waits for the server and goes on.
    let pulling = tokio::spawn({
        let district = district.clone();
        async move { district.pull(None).await.unwrap().remove(0).1.unwrap() }
    });
    let server = tokio::task::spawn_blocking(move || {
        server.restart();
        server
    })
    .await
    .unwrap();
    assert!(pulling.await.unwrap().alerts.is_empty());
    let pulled = district.pull(None).await.unwrap().remove(0).1.unwrap();
    assert!(pulled.alerts.is_empty() && pulled.size > 0, "{:?}", pulled.alerts);
    let (origin, kept) = (district.stations().unwrap().remove(0).origin, pulled.size);
    let leaves = district.leaves(&origin, 0, kept + 10).await.unwrap();
    assert_eq!(
        leaves.iter().map(|(index, _)| *index).collect::<Vec<_>>(),
        (0..kept).collect::<Vec<_>>()
    );
    drop(server);
}

/// Tables that belong to no station: they are small, and stay on the coordinator.
const OF_NO_STATION: [&str; 9] = [
    "account",
    "audit",
    "down_piece",
    "own_key",
    "down_turn",
    "policy",
    "schema_step",
    "sign_in",
    "typed_in",
];

#[test]
fn every_table_can_be_spread_over_machines_by_its_station() {
    let Some(server) = Server::start() else { return };
    let (address, folder) = (server.database("books"), TempDir::new().unwrap());
    District::open(Settings {
        store: Place::Server(address.clone()),
        ..Settings::in_folder(folder.path().to_owned())
    })
    .unwrap();
    let mut client = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    let mut words = |query: &str| -> Vec<String> {
        let rows = client.query(query, &[]).unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect()
    };
    let ours = "relnamespace = 'public'::regnamespace";
    assert_eq!(
        words(&format!(
            "SELECT relname::text FROM pg_class WHERE relkind = 'S' AND {ours}"
        )),
        [""; 0],
        "no sequence"
    );
    let keys = "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f'";
    assert_eq!(words(keys), [""; 0], "no foreign key");
    let triggers = "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal";
    assert_eq!(words(triggers), [""; 0], "no trigger");
    let tables = words(&format!(
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND {ours} ORDER BY 1"
    ));
    let spread: Vec<String> = tables
        .iter()
        .filter(|table| !OF_NO_STATION.contains(&table.as_str()))
        .cloned()
        .collect();
    assert_eq!(tables.len(), spread.len() + OF_NO_STATION.len());
    for table in &spread {
        // The first column of each key and of each unique index, in the order of the index.
        let firsts = words(&format!(
            "SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             WHERE i.indrelid = '{table}'::regclass AND i.indisunique"
        ));
        let first = if table == "station" { "origin" } else { "station" };
        assert!(
            !firsts.is_empty() && firsts.iter().all(|column| column == first),
            "{table}: {firsts:?}"
        );
    }
    // The calls of docs/district.md are those that are possible, one for each table.
    let documented: std::collections::BTreeSet<String> = include_str!("../docs/district.md")
        .lines()
        .filter_map(|line| line.strip_prefix("SELECT create_distributed_table('"))
        .filter_map(|rest| rest.split('\'').next().map(str::to_owned))
        .collect();
    assert_eq!(documented, spread.into_iter().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn books_are_carried_over_from_a_file_once_with_everything_in_them() {
    let Some(server) = Server::start() else { return };
    let (station, folder) = (Station::start().await, TempDir::new().unwrap());
    let on_file = District::open(Settings::in_folder(folder.path().to_owned())).unwrap();
    station.enrols_at(&on_file).await;
    station.watch(&station.sign_in().await).await;
    let seen = on_file.pull(None).await.unwrap().remove(0).1.unwrap().size;
    let counted = |district: &District| {
        let counts = district.recount().unwrap();
        counts
            .iter()
            .map(|(_, count)| count.credits.clone())
            .collect::<Vec<_>>()
    };
    let before = counted(&on_file);
    assert!(
        matches!(on_file.carry_over(), Err(DistrictError::NothingToCarry(_))),
        "no server is named"
    );
    drop(on_file);
    let open = || {
        District::open(Settings {
            store: Place::Server(server.database("books")),
            ..Settings::in_folder(folder.path().to_owned())
        })
        .unwrap()
    };
    let on_server = open();
    let carried = on_server.carry_over().unwrap();
    assert!(carried.contains(&("leaf".to_owned(), seen)), "{carried:?}");
    assert_eq!(counted(&on_server), before);
    assert!(matches!(on_server.carry_over(), Err(DistrictError::NotEmpty)), "once");
    // The next pull goes on where the file stopped: only the leaf with our cosignature is new.
    let next = open().pull(None).await.unwrap().remove(0).1.unwrap();
    assert!(
        next.alerts.is_empty() && next.new >= 1 && next.size == seen + next.new,
        "{next:?}"
    );
}

#[test]
fn a_line_to_another_machine_is_encrypted_and_its_certificate_is_checked() {
    let Some(server) = Server::start() else { return };
    let folder = TempDir::new().unwrap();
    drop(server.database("books"));
    let open = |address: String| {
        District::open(Settings {
            store: Place::Server(address),
            ..Settings::in_folder(folder.path().to_owned())
        })
    };
    let refused = |address: String| open(address).unwrap_err().to_string();
    let (port, authority) = server.listen(false);
    let address = |host: &str, port: u16, line: &str| format!("postgres://tests@{host}:{port}/books?{line}");
    let checked = format!("sslmode=verify-full&sslrootcert={}", authority.display());
    let said = refused(address("localhost", port, &checked));
    assert!(said.contains("没有开启加密"), "{said}");
    let (port, authority) = server.listen(true);
    let checked = format!("sslmode=verify-full&sslrootcert={}", authority.display());
    let said = refused(address("localhost", port, "sslmode=require"));
    assert!(
        said.contains("不是可信机构签的"),
        "the system knows no such authority: {said}"
    );
    let said = refused(address("127.0.0.1", port, &checked));
    assert!(said.contains("不是签给"), "{said}");
    let said = refused(address("localhost", port, "sslmode=prefer"));
    assert!(said.contains("sslmode=verify-full"), "{said}");
    // Encrypted, whatever is asked over it; and a plain line to the same server stays plain.
    for (line, is_encrypted) in [(checked.as_str(), true), ("sslmode=disable", false)] {
        let district = open(address("localhost", port, line)).unwrap();
        assert!(district.stations().unwrap().is_empty());
        let mut bystander =
            postgres::Client::connect(&address("localhost", port, "sslmode=disable"), postgres::NoTls).unwrap();
        let of_ours = "SELECT bool_and(ssl), count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
             WHERE application_name = 'yuanjiao'";
        let row = bystander.query_one(of_ours, &[]).unwrap();
        assert_eq!(row.get::<_, Option<bool>>(0), Some(is_encrypted), "{line}");
        drop(district);
        // A connection says good-bye in its own time.
        let gone = "SELECT count(*), pg_sleep(0.05) FROM pg_stat_activity WHERE application_name = 'yuanjiao'";
        let mut asked = (0..1_200).map(|_| bystander.query_one(gone, &[]).unwrap().get::<_, i64>(0));
        assert!(asked.any(|connections| connections == 0), "they hang up");
    }
}

const SCHEMA: Schema = Schema {
    room: "test",
    steps: &[
        "CREATE TABLE mark (station TEXT NOT NULL, idx INTEGER NOT NULL, bytes BLOB, PRIMARY KEY (station, idx))
        STRICT, WITHOUT ROWID;",
    ],
};

fn rows(from: i64, to: i64, bytes: &'static [u8]) -> impl Iterator<Item = Vec<Value>> {
    (from..to).map(|n| vec![Value::Text("s".into()), Value::Int(n), Value::Blob(bytes.to_vec())])
}

fn sum(store: &Shared) -> (i64, i64) {
    let query = "SELECT count(*), CAST(sum(length(bytes)) AS BIGINT) FROM mark WHERE station = ?1";
    store
        .read_blocking::<_, StoreError, _>(|conn| conn.query_row(query, ["s"], |row| Ok((row.get(0)?, row.get(1)?))))
        .unwrap()
}

#[test]
fn many_rows_may_be_added_twice_and_a_refused_act_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let place = common::server::place(folder.path());
    let open = || Shared::open(&place, &folder.path().join("a.db"), &[SCHEMA], Options::default()).unwrap();
    let store = open();
    let add = |from, to, bytes| {
        let columns = ["station", "idx", "bytes"];
        let act = move |tx: &dyn Sql| tx.add("mark", &columns, &mut rows(from, to, bytes));
        store.write_blocking(act).unwrap().unwrap()
    };
    assert_eq!(add(0, 1_000, b"one"), 1_000);
    assert_eq!(add(500, 1_500, b"other"), 500, "those that are there stay as they are");
    assert_eq!(sum(&store), (1_500, 3 * 1_000 + 5 * 500));
    let refused = store.write_blocking(|tx| {
        tx.execute("DELETE FROM mark", [])?;
        Err::<(), StoreError>(StoreError::NoRow)
    });
    assert!(matches!(refused, Ok(Err(StoreError::NoRow))));
    assert_eq!(
        sum(&open()).0,
        1_500,
        "and a second opening finds the tables as they are"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_locks_a_name_is_alone_under_it() {
    let folder = TempDir::new().unwrap();
    let place = common::server::place(folder.path());
    let store = Shared::open(&place, &folder.path().join("a.db"), &[SCHEMA], Options::default()).unwrap();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let store = store.clone();
        all.spawn(async move {
            let next = |tx: &dyn Sql| {
                tx.lock("numbers")?;
                let query = "SELECT coalesce(max(idx), 0) + 1 FROM mark";
                let next: i64 = tx.query_row(query, [], |row| row.get(0))?;
                tx.execute(
                    "INSERT INTO mark (station, idx) VALUES (?1, ?2)",
                    [Value::Text("s".into()), Value::Int(next)].to_vec(),
                )
            };
            store.write(Urgency::Now, next).await.unwrap().unwrap()
        });
    }
    assert_eq!(all.join_all().await.iter().sum::<u64>(), 20);
}
