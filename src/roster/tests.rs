use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::http::HeaderMap;
use tempfile::TempDir;

use super::*;
use crate::clock::HandClock;
use crate::spreadsheet;
use crate::store::Options;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 8, 20));
const FILE: &str = "member_no,name,branch,role,status,migrant,pin\n\
    0021,王德明,第一支部,党员,正式,否,2468\n\
    0012,陈桂兰,第一支部,书记,正式,,1357\n\
    0047,罗大山,第二支部,member,full,out,\n";

fn roster(dir: &TempDir) -> Roster {
    let store = Store::open(&dir.path().join("ledger.db"), &[SCHEMA], Options::default()).unwrap();
    let keys = Keys::open_or_make(&dir.path().join("keys")).unwrap();
    Roster::new(
        store,
        keys,
        Arc::new(HandClock::new(1, 1_795_000_000_000)),
        Limits::default(),
    )
}

async fn imported(dir: &TempDir, file: &[u8]) -> Roster {
    let roster = roster(dir);
    let plan = roster.plan(file.to_vec()).await.unwrap();
    roster.apply(plan, &Operator::on_the_console()).await.unwrap().unwrap();
    roster
}

fn with(cookies: &str) -> HeaderMap {
    HeaderMap::from_iter([(axum::http::header::COOKIE, cookies.parse().unwrap())])
}

#[tokio::test]
async fn a_roster_in_utf8_or_gbk_is_read_alike() {
    let gbk = encoding_rs::GBK.encode(FILE).0.into_owned();
    let with_mark = format!("\u{feff}{}", FILE.replace('\n', "\r\n").replace(',', ";")).into_bytes();
    for file in [FILE.as_bytes().to_vec(), gbk, with_mark] {
        let dir = TempDir::new().unwrap();
        let roster = imported(&dir, &file).await;
        let members = roster.members().await.unwrap();
        let names: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names, ["陈桂兰", "王德明", "罗大山"]);
        assert_eq!((members[0].role, members[2].migrant), (Role::Secretary, Migrant::Out));
    }
}

#[tokio::test]
async fn one_bad_line_and_nothing_is_imported() {
    let dir = TempDir::new().unwrap();
    let roster = roster(&dir);
    let file = "党员编号,姓名,党支部,口令\n0021,王德明,第一支部,2468\n00 22,,第一支部,12\n0021,李,第一支部,\n";
    let plan = roster.plan(file.as_bytes().to_vec()).await.unwrap();
    let faults: Vec<(usize, Fault)> = plan.faults.iter().map(|f| (f.line, f.fault.clone())).collect();
    let expected = [
        (3, Fault::Number("00 22".into())),
        (3, Fault::Name),
        (3, Fault::Pin),
        (4, Fault::Twice("0021".into(), 2)),
    ];
    assert_eq!(faults, expected);
    assert!(roster.apply(plan, &Operator::on_the_console()).await.unwrap().is_err());
    assert!(roster.members().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_second_import_says_what_it_changes_and_what_it_leaves() {
    let dir = TempDir::new().unwrap();
    let roster = imported(&dir, FILE.as_bytes()).await;
    let file = "member_no,name,branch,role\n0021,王德明,第二支部,党员\n0099,新来的,第二支部,新党员\n";
    let plan = roster.plan(file.as_bytes().to_vec()).await.unwrap();
    assert_eq!(
        (
            plan.added.len(),
            plan.changed.len(),
            plan.unchanged,
            plan.not_in_file.len()
        ),
        (1, 1, 0, 2)
    );
    roster.apply(plan, &Operator::on_the_console()).await.unwrap().unwrap();
    assert!(
        roster.sign_in("0021", "2468", HERE).await.is_ok(),
        "the PIN that was not in the file stays"
    );
}

#[test]
fn files_that_are_no_rosters_are_refused_with_a_reason() {
    let large = vec![0x50; 3 << 20];
    let no_number = || {
        let names = &["member_no", "党员编号", "编号", "学号", "number"];
        Fault::File(spreadsheet::Fault::Missing(names))
    };
    let cases: [(&[u8], Fault); 4] = [
        (b"", no_number()),
        (b"name,branch\nx,y\n", no_number()),
        (
            b"member_no,name,branch,email\n",
            Fault::File(spreadsheet::Fault::Unknown("email".into())),
        ),
        (&large, Fault::File(spreadsheet::Fault::TooLarge(20_000))),
    ];
    for (file, fault) in cases {
        let faults = plan(file, &[]).faults;
        assert_eq!(faults.first().map(|f| &f.fault), Some(&fault));
    }
}

#[tokio::test]
async fn a_member_signs_in_with_number_and_pin_and_out_again() {
    let dir = TempDir::new().unwrap();
    let roster = imported(&dir, FILE.as_bytes()).await;
    let cookie = roster.sign_in("0021", "2468", HERE).await.unwrap();
    let headers = with(&format!("{MEMBER_COOKIE}={cookie}"));
    let visitor = roster.visitor(&headers, HERE).await.unwrap();
    assert_eq!(visitor.member.map(|m| m.name).as_deref(), Some("王德明"));
    assert!(visitor.operator.is_none());
    roster.sign_out(&cookie).await.unwrap();
    assert!(roster.visitor(&headers, HERE).await.unwrap().member.is_none());
}

#[tokio::test]
async fn a_new_pin_ends_what_was_signed_in_with_the_old_one() {
    let dir = TempDir::new().unwrap();
    let roster = imported(&dir, FILE.as_bytes()).await;
    let cookie = roster.sign_in("0021", "2468", HERE).await.unwrap();
    let headers = with(&format!("{MEMBER_COOKIE}={cookie}"));
    assert!(roster.visitor(&headers, HERE).await.unwrap().member.is_some());
    let member = roster.member(MemberId::new("0021").unwrap()).await.unwrap().unwrap();
    let new = NewMember {
        member,
        pin: Some("8642".into()),
    };
    roster.save(vec![new], &Operator::on_the_console()).await.unwrap();
    assert!(roster.visitor(&headers, HERE).await.unwrap().member.is_none());
    assert!(roster.sign_in("0021", "8642", HERE).await.is_ok());
}

#[tokio::test]
async fn an_unknown_number_and_a_wrong_pin_look_alike_and_five_of_them_cost_a_pause() {
    let dir = TempDir::new().unwrap();
    let roster = imported(&dir, FILE.as_bytes()).await;
    let unknown = roster.sign_in("9999", "2468", HERE).await;
    assert!(
        matches!(unknown, Err(SignInError::Wrong { tries_left: 4 })),
        "{unknown:?}"
    );
    for left in [4, 3, 2, 1, 0] {
        let wrong = roster.sign_in("0021", "0000", HERE).await;
        assert!(
            matches!(wrong, Err(SignInError::Wrong { tries_left }) if tries_left == left),
            "{wrong:?}"
        );
    }
    assert!(matches!(
        roster.sign_in("0021", "2468", HERE).await,
        Err(SignInError::Paused(_))
    ));
    assert!(roster.sign_in("0047", "", HERE).await.is_err(), "no PIN, no sign-in");
}

#[tokio::test]
async fn a_right_pin_forgives_the_wrong_ones_before_it() {
    let dir = TempDir::new().unwrap();
    let roster = imported(&dir, FILE.as_bytes()).await;
    for _ in 0..2 {
        for left in [4, 3, 2, 1] {
            let wrong = roster.sign_in("0021", "0000", HERE).await;
            assert!(
                matches!(wrong, Err(SignInError::Wrong { tries_left }) if tries_left == left),
                "{wrong:?}"
            );
        }
        assert!(roster.sign_in("0021", "2468", HERE).await.is_ok());
    }
}

#[tokio::test]
async fn who_has_left_is_signed_out_and_signs_in_no_more() {
    let dir = TempDir::new().unwrap();
    let roster = imported(&dir, FILE.as_bytes()).await;
    let cookie = roster.sign_in("0021", "2468", HERE).await.unwrap();
    let headers = with(&format!("{MEMBER_COOKIE}={cookie}"));
    assert!(roster.visitor(&headers, HERE).await.unwrap().member.is_some());
    let mut member = roster.member(MemberId::new("0021").unwrap()).await.unwrap().unwrap();
    member.status = Status::Left;
    let left = NewMember { member, pin: None };
    roster.save(vec![left], &Operator::on_the_console()).await.unwrap();
    assert!(roster.visitor(&headers, HERE).await.unwrap().member.is_none());
    let again = roster.sign_in("0021", "2468", HERE).await;
    assert!(matches!(again, Err(SignInError::Wrong { .. })), "{again:?}");
}

#[tokio::test]
async fn the_operator_sets_a_passphrase_once_with_the_code() {
    let dir = TempDir::new().unwrap();
    let roster = roster(&dir);
    assert!(!roster.has_operator().unwrap());
    let code = roster.one_time_code(&Operator::on_the_console()).unwrap();
    assert!(matches!(
        roster.set_passphrase(&code, "short", HERE).await,
        Err(SignInError::WeakPassphrase)
    ));
    assert!(matches!(
        roster.set_passphrase("0000-0000", "a long one", HERE).await,
        Err(SignInError::Wrong { .. })
    ));
    let spoken = code.replace('-', " ");
    let cookie = roster.set_passphrase(&spoken, "a long one", HERE).await.unwrap();
    let visitor = roster
        .visitor(&with(&format!("{OPERATOR_COOKIE}={cookie}")), HERE)
        .await
        .unwrap();
    assert!(visitor.operator.is_some());
    assert!(
        roster.set_passphrase(&code, "another one", HERE).await.is_err(),
        "a code works once"
    );
    assert!(roster.operator_sign_in("a long one", HERE).await.is_ok());
}

#[tokio::test]
async fn devices_cannot_be_invented_and_form_tokens_are_the_visitors_own() {
    let dir = TempDir::new().unwrap();
    let roster = roster(&dir);
    let stranger = roster.visitor(&HeaderMap::new(), HERE).await.unwrap();
    let set = stranger.set_device.unwrap();
    let value = set.to_str().unwrap().split(';').next().unwrap().to_owned();
    let known = roster.visitor(&with(&value), HERE).await.unwrap();
    assert!(known.set_device.is_none() && known.device != stranger.device);
    let forged = format!("{DEVICE_COOKIE}={}.{}", "a".repeat(32), "b".repeat(32));
    let forged = roster.visitor(&with(&forged), HERE).await.unwrap();
    assert_eq!(
        forged.device, stranger.device,
        "known by its address, like any stranger"
    );
    assert!(known.csrf_is(&known.csrf) && !known.csrf_is("") && !known.csrf_is(&"0".repeat(32)));
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 168, 8, 99));
    let other = roster.visitor(&HeaderMap::new(), elsewhere).await.unwrap();
    assert!(!known.csrf_is(&other.csrf));
}

#[tokio::test]
async fn every_change_is_told_with_numbers_and_without_names() {
    let dir = TempDir::new().unwrap();
    let roster = roster(&dir);
    let told: Arc<Mutex<Vec<RosterChange>>> = Arc::default();
    let ours = Arc::clone(&told);
    roster.on_change(Box::new(move |_, change| {
        ours.lock().unwrap().push(change.clone());
        Ok(())
    }));
    let plan = roster.plan(FILE.as_bytes().to_vec()).await.unwrap();
    roster.apply(plan, &Operator::on_the_console()).await.unwrap().unwrap();
    let told = told.lock().unwrap();
    assert_eq!((told.len(), told[0].members, told[0].changed.len()), (1, 3, 3));
    assert!(!format!("{:?}", told[0]).contains("王德明"));
}

#[tokio::test]
async fn the_first_form_on_a_fresh_phone_is_accepted() {
    let dir = TempDir::new().unwrap();
    let roster = roster(&dir);
    let fresh = roster.visitor(&HeaderMap::new(), HERE).await.unwrap();
    let set = fresh.set_device.clone().unwrap();
    let value = set.to_str().unwrap().split(';').next().unwrap().to_owned();
    let again = roster.visitor(&with(&value), HERE).await.unwrap();
    assert!(again.csrf_is(&fresh.csrf));
}

#[tokio::test]
async fn importing_the_same_file_twice_changes_nothing_and_signs_nobody_out() {
    let dir = TempDir::new().unwrap();
    let roster = imported(&dir, FILE.as_bytes()).await;
    let cookie = roster.sign_in("0021", "2468", HERE).await.unwrap();
    let plan = roster.plan(FILE.as_bytes().to_vec()).await.unwrap();
    let done = roster.apply(plan, &Operator::on_the_console()).await.unwrap().unwrap();
    assert_eq!(done, Imported { added: 0, changed: 0 });
    let visitor = roster
        .visitor(&with(&format!("{MEMBER_COOKIE}={cookie}")), HERE)
        .await
        .unwrap();
    assert!(visitor.member.is_some());
}

#[tokio::test]
async fn a_file_without_a_role_column_leaves_the_secretary_a_secretary() {
    let dir = TempDir::new().unwrap();
    let roster = imported(&dir, FILE.as_bytes()).await;
    let plan = roster
        .plan("编号,姓名,支部\n0012,陈桂兰,第三支部\n".into())
        .await
        .unwrap();
    roster.apply(plan, &Operator::on_the_console()).await.unwrap().unwrap();
    let secretary = roster.member(MemberId::new("0012").unwrap()).await.unwrap().unwrap();
    assert_eq!(
        (secretary.role, secretary.branch.as_str()),
        (Role::Secretary, "第三支部")
    );
}

#[tokio::test]
async fn nobody_on_the_wifi_can_lock_the_operator_out() {
    let dir = TempDir::new().unwrap();
    let roster = roster(&dir);
    let code = roster.one_time_code(&Operator::on_the_console()).unwrap();
    roster.set_passphrase(&code, "a long one", HERE).await.unwrap();
    let there = IpAddr::V4(Ipv4Addr::new(192, 168, 8, 66));
    for _ in 0..6 {
        assert!(roster.operator_sign_in("a wrong one", there).await.is_err());
    }
    assert!(roster.operator_sign_in("a long one", HERE).await.is_ok());
}
