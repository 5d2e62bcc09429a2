use super::*;
use crate::spreadsheet::Fault as OfFile;

fn item(n: u8) -> crate::types::ItemId {
    crate::types::ItemId::from_digest(&[n; 32])
}

fn known() -> Known {
    let line = |n: u8, title: &str| {
        (
            item(n),
            title.to_owned(),
            Some("党史".to_owned()),
            crate::types::Millis::secs(60),
        )
    };
    Known::new(vec![
        line(1, "一条水渠三代人"),
        line(2, "春耕"),
        line(3, "重名"),
        line(4, "重名"),
    ])
}

#[test]
fn a_scope_reads_back_and_nothing_else_is_one() {
    let scopes = [
        Scope::All,
        Scope::Town("清溪镇".into()),
        Scope::Station(Origin::new("yuanjiao/17").unwrap()),
    ];
    for scope in scopes {
        assert_eq!(Scope::read(&scope.word()), Some(scope));
    }
    for odd in ["", "everybody", "town:", "town: ", "station:", "station:a b", "room:1"] {
        assert_eq!(Scope::read(odd), None, "{odd}");
    }
}

#[test]
fn a_programme_is_read_line_by_line_and_every_fault_is_named() {
    let file =
        "日期,时间,课件,方式,党支部,对象,地点,主持人\n2026-12-03,19:30,一条水渠三代人；春耕,,第一支部,新党员,会议室,\n";
    let pieces = plan(file.as_bytes(), &known()).unwrap();
    let read: crate::programme::Plan = serde_json::from_str(&pieces[0].text).unwrap();
    assert_eq!(
        (read.when.to_string(), read.items.len(), read.who, read.items[1].item),
        ("2026-12-03 19:30".into(), 2, crate::programme::Who::New, item(2))
    );
    let again = plan(file.replace("新党员", "全体").as_bytes(), &known()).unwrap();
    assert_eq!(
        again[0].reference, pieces[0].reference,
        "the same evening keeps its place"
    );

    let bad = "日期,时间,课件,对象\n12月3日,19:30,春耕,\n2026-12-03,19:30,没有的,\n2026-12-03,19:30,重名,\n2026-12-03,19:30,春耕,群众\n";
    let faults = plan(bad.as_bytes(), &known()).unwrap_err();
    let expected = [
        (2, Fault::When("12月3日 19:30".into())),
        (3, Fault::NoItem("没有的".into())),
        (4, Fault::Several("重名".into())),
        (5, Fault::Who("群众".into())),
    ];
    let found: Vec<_> = faults.into_iter().map(|f| (f.line, f.fault)).collect();
    assert_eq!(found, expected);
    let windows = plan(bad.replace('\n', "\r\n").as_bytes(), &known()).unwrap_err();
    assert_eq!(windows[0].line, 2, "lines of a Windows file are counted alike");
    let heads = plan("日期,课件,票价\n".as_bytes(), &known()).unwrap_err();
    let heads: Vec<_> = heads.into_iter().map(|f| f.fault).collect();
    assert_eq!(
        heads,
        [
            Fault::File(OfFile::Unknown("票价".into())),
            Fault::File(OfFile::Missing(&["时间", "time"]))
        ]
    );
}

#[test]
fn an_item_is_approved_by_title_or_id_from_a_day_on() {
    let file = format!("课件\t起\n《春耕》\t\n{}\t2027-01-01\n", item(9));
    let pieces = approved(file.as_bytes(), &known(), "2026-11-26").unwrap();
    let days: Vec<_> = pieces
        .iter()
        .map(|piece| (piece.reference.clone(), piece.from.as_str()))
        .collect();
    assert_eq!(
        days,
        [(item(2).to_string(), "2026-11-26"), (item(9).to_string(), "2027-01-01")]
    );
}
