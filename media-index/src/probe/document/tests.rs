//! Hand-outs as they come: whole, cut off, protected, in whatever encoding.

use super::*;

fn cut(bytes: &[u8], ending: &str) -> Result<bool, Damage> {
    let content = &bytes;
    probe(&Source::new(content, bytes.len() as u64), ending).map(|reading| reading.cut.is_some())
}

/// One stored part, its entry in the directory, and the end.
fn zip(name: &str, content: &[u8]) -> Vec<u8> {
    let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let sizes = [&[0; 4][..], &length, &length, &name_length, &[0; 2]].concat();
    let local = [
        b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0",
        &sizes[..],
        name.as_bytes(),
        content,
    ]
    .concat();
    let entry = [
        b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0",
        &sizes[..],
        &[0; 14],
        name.as_bytes(),
    ]
    .concat();
    let lengths = [
        u32::try_from(entry.len()).unwrap().to_le_bytes(),
        u32::try_from(local.len()).unwrap().to_le_bytes(),
    ];
    [
        &local[..],
        &entry,
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
        &lengths.concat(),
        &[0; 2],
    ]
    .concat()
}

#[test]
fn an_office_file_without_its_directory_is_cut_and_one_of_another_kind_is_refused() {
    let pptx = zip("ppt/presentation.xml", &[b'x'; 3000]);
    assert_eq!(cut(&pptx, "pptx"), Ok(false));
    assert_eq!(cut(&pptx[..pptx.len() / 2], "pptx"), Ok(true));
    assert_eq!(cut(&pptx, "docx"), Err(Damage::NotWhatItsNameSays));
    assert_eq!(cut(b"PK but no archive", "pptx"), Err(Damage::NotWhatItsNameSays));
}

#[test]
fn an_old_office_file_ends_where_its_tables_say() {
    let mut doc = vec![0; 512 * 9];
    doc[..8].copy_from_slice(COMPOUND);
    doc[30] = 9;
    doc[44] = 1;
    doc[48] = 7;
    doc[76] = 2;
    assert_eq!(
        cut(&doc, "doc"),
        Ok(false),
        "the directory is sector 7, behind the header the ninth"
    );
    assert_eq!(cut(&doc[..512 * 5], "doc"), Ok(true));
    assert_eq!(cut(&doc, "txt"), Err(Damage::NotWhatItsNameSays));
}

#[test]
fn a_pdf_ends_with_its_mark() {
    let pdf = [b"%PDF-1.4\n", &[b' '; 5000][..], b"\nstartxref\n9\n%%EOF\r\n"].concat();
    assert_eq!(cut(&pdf, "pdf"), Ok(false));
    assert_eq!(cut(&pdf[..4000], "pdf"), Ok(true));
}

#[test]
fn a_pdf_for_the_web_that_broke_off_behind_its_first_page_is_cut() {
    let first_page = b"<< /Type /Page >>\nendobj\nstartxref\n0\n%%EOF\n";
    let pdf = |length: &str| {
        let head = format!("%PDF-1.5\n1 0 obj\n<< /Linearized 1 /L {length} /H [ 0 9 ] /N 3 >>\nendobj\n");
        [head.as_bytes(), first_page, &[b' '; 1_200], b"startxref\n120\n%%EOF\n"].concat()
    };
    let length = pdf("0000").len();
    let whole = pdf(&length.to_string());
    assert_eq!((whole.len(), cut(&whole, "pdf")), (length, Ok(false)));
    assert_eq!(
        cut(&whole[..length - 300], "pdf"),
        Ok(true),
        "the first page's mark is near the end"
    );
    let changed_later = [&whole[..], b"4 0 obj null endobj\nstartxref\n1\n%%EOF"].concat();
    assert_eq!(cut(&changed_later, "pdf"), Ok(false));
    assert_eq!(cut(&pdf("many"), "pdf"), Ok(false), "what is no number says nothing");
}

#[test]
fn a_pdf_with_streams_of_objects_a_key_or_a_wrong_table_is_whole_and_says_nothing_else() {
    let body = "%PDF-1.7\n1 0 obj\n<< /Type /ObjStm /N 2 /First 10 /Length 20 >>\nstream\n01234567890123456789\nendstream\nendobj\n";
    for trailer in [
        "7 0 obj\n<< /Type /XRef /Size 8 /W [1 2 1] /Root 2 0 R >>\nstream\nx\nendstream\nendobj\nstartxref\n9\n%%EOF",
        "trailer\n<< /Encrypt 5 0 R /Root 2 0 R >>\nstartxref\n9\n%%EOF\n",
        "xref\n0 999999999\nnonsense\ntrailer\n<< >>\nstartxref\n18446744073709551616\n%%EOF\n",
    ] {
        let pdf = format!("{body}{trailer}").into_bytes();
        let reading = probe(&Source::new(&&pdf[..], pdf.len() as u64), "pdf").unwrap();
        let nothing = Facts {
            index_first: true,
            ..Facts::default()
        };
        assert_eq!((reading.cut, reading.facts), (None, nothing), "{trailer}");
    }
}

#[test]
fn an_archive_with_the_longer_record_is_read_as_well() {
    let zip = zip("ppt/presentation.xml", b"x");
    let (parts, end) = zip.split_at(zip.len() - 22);
    let (length, from) = (u32_at(end, 12).unwrap(), u32_at(end, 16).unwrap());
    let long = |n: u64| n.to_le_bytes();
    let record = [
        b"PK\x06\x06",
        &long(44)[..],
        &[0; 28],
        &long(length.into()),
        &long(from.into()),
    ]
    .concat();
    let locator = [b"PK\x06\x07\0\0\0\0", &long(parts.len() as u64)[..], &[1, 0, 0, 0]].concat();
    let open_end = [&end[..12], &[0xff; 8], &[0; 2]].concat();
    let whole = [parts, &record, &locator, &open_end].concat();
    assert_eq!(cut(&whole, "pptx"), Ok(false));
    assert_eq!(cut(&whole, "docx"), Err(Damage::NotWhatItsNameSays));
    let without = [parts, &open_end].concat();
    assert_eq!(cut(&without, "pptx"), Ok(true));
}

fn type_of(bytes: &[u8]) -> Result<String, Damage> {
    cut(bytes, "txt").map(|_| text_type(&Source::new(&bytes, bytes.len() as u64)))
}

#[test]
fn a_text_is_read_in_whatever_encoding_it_is_and_what_is_none_is_refused() {
    let simple = "第一讲 春耕备耕\n2026 年 3 月，各村党员干部要抓紧备种备肥，做好田间管理。\n".repeat(20);
    let traditional = "第一講：春耕準備。各村黨員幹部要抓緊準備種子與肥料，做好田間管理。\r\n".repeat(20);
    let rare = "𠮷野家 㐂 第一讲 春耕备耕，各村党员干部要抓紧备种备肥。\n".repeat(20);
    let utf16 = |order: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let told = |bytes: &[u8]| type_of(bytes).unwrap().replace("text/plain; charset=", "");
    assert_eq!(told(simple.as_bytes()), "utf-8");
    assert_eq!(told(&encoding_rs::GBK.encode(&simple).0), "gbk");
    assert_eq!(told(&encoding_rs::BIG5.encode(&traditional).0), "big5");
    assert_eq!(told(&utf16(u16::to_le_bytes, &simple)), "utf-16le");
    assert_eq!(told(&utf16(u16::to_be_bytes, &traditional)), "utf-16be");
    assert_eq!(told(&utf16(u16::to_le_bytes, "only Latin letters\n")), "utf-16le");
    // What has four bytes in GB18030 is read as well, whichever of both names it goes by: browsers read them alike.
    let bytes = encoding_rs::GB18030.encode(&rare).0;
    assert!(["gbk", "gb18030"].contains(&told(&bytes).as_str()), "{}", told(&bytes));
    let nonsense: Vec<u8> = (0..1_024_u32)
        .map(|n| n.wrapping_mul(0x9e37_79b9).to_be_bytes()[1])
        .collect();
    assert_eq!(type_of(&nonsense), Err(Damage::NotWhatItsNameSays));
    assert_eq!(type_of(&[0; 1_024]), Err(Damage::NotWhatItsNameSays));
}

/// Counts what is read of a text without end.
struct Endless(std::cell::Cell<usize>);

impl crate::probe::Content for Endless {
    fn read_exact_at(&self, to: &mut [u8], _: u64) -> std::io::Result<()> {
        self.0.set(self.0.get() + to.len());
        to.fill(b'x');
        Ok(())
    }
}

#[test]
fn of_a_text_of_a_hundred_megabytes_no_more_is_read_than_tells_its_encoding() {
    let text = Endless(std::cell::Cell::new(0));
    let source = Source::new(&text, 100 << 20);
    assert_eq!(probe(&source, "txt").unwrap().cut, None);
    assert_eq!(text_type(&source), "text/plain; charset=utf-8");
    assert!(text.0.get() <= 66 * 1024, "{}", text.0.get());
}
