//! The rule of every code: what is accepted and how it is shown, what is refused and why, and the laws that hold for all of them.

use proptest::prelude::*;
use vocab::codes::{
    self, FiscalYear, Gs1ElementString, Hibc, KINDS, MedicalInstitutionCode, Prefecture, normalise,
};
use vocab::{Lang, Period};

/// Kind, as typed, normal form.
const GOOD: &[(&str, &str, &str)] = &[
    ("corporate-number", "3011001015116", "3011001015116"),
    (
        "corporate-number",
        "　５０１１００１００５２２２ ",
        "5011001005222",
    ),
    ("corporate-number", "3-0110-0101-5116", "3011001015116"),
    ("medical-institution-code", "0110112489", "0110112489"),
    ("medical-institution-code", "1318616104", "1318616104"),
    ("medical-institution-code", "2719900249", "2719900249"),
    ("medical-institution-code", "01-1-01,1248,9", "0110112489"),
    ("gtin", "09501101020917", "09501101020917"),
    ("gtin", "04912345678904", "04912345678904"),
    ("gtin", "4912345678904", "04912345678904"),
    ("gtin", "４９ 12345 67890 4", "04912345678904"),
    ("gtin", "036000291452", "00036000291452"),
    ("gtin", "96385074", "00000096385074"),
    (
        "gs1",
        "(01)04912345678904(17)270331(10)ABC123",
        "(01)04912345678904(17)270331(10)ABC123",
    ),
    (
        "gs1",
        "（０１）04912345678904 (17)270331 (10)ABC123",
        "(01)04912345678904(17)270331(10)ABC123",
    ),
    (
        "gs1",
        "010491234567890417270331\u{31}0ABC123",
        "(01)04912345678904(17)270331(10)ABC123",
    ),
    (
        "gs1",
        "]d201049123456789041127030010ABC123\u{1d}21S-1\u{1d}",
        "(01)04912345678904(11)270300(10)ABC123(21)S-1",
    ),
    (
        "gs1",
        "]C1\u{1d}10A\u{1d}0104912345678904",
        "(10)A(01)04912345678904",
    ),
    (
        "gs1",
        "]Q30104912345678904<GS>240REF/1",
        "(01)04912345678904(240)REF/1",
    ),
    ("gs1", "^0104912345678904^10L", "(01)04912345678904(10)L"),
    (
        "gs1",
        "(00)106141412345678908(02)04912345678904(37)12",
        "(00)106141412345678908(02)04912345678904(37)12",
    ),
    (
        "gs1",
        "(01)04912345678904(3103)000750",
        "(01)04912345678904(3103)000750",
    ),
    (
        "gs1",
        "01049123456789043103000750\u{31}0A(B)",
        "(01)04912345678904(3103)000750(10)A\\(B)",
    ),
    ("gs1", "(8006)049123456789040102", "(8006)049123456789040102"),
    (
        "gs1",
        "(8013)1987654Ad4X4bL5ttr2310c2K",
        "(8013)1987654Ad4X4bL5ttr2310c2K",
    ),
    ("gs1", "(7003)2702281530(10)A", "(7003)2702281530(10)A"),
    (
        "gs1",
        "(01)04912345678904(17)280229(21)1",
        "(01)04912345678904(17)280229(21)1",
    ),
    ("gs1", "(01)04912345678904(10)A(10)A", "(01)04912345678904(10)A"),
    ("hibc", "+A123BJC5D6E71G", "+A123BJC5D6E71G"),
    ("hibc", "*+A123BJC5D6E71G*", "+A123BJC5D6E71G"),
    ("hibc", "+A123BJCMD6E79+", "+A123BJCMD6E79+"),
    ("hibc", "+$$52001510X3GD", "+$$52001510X3GD"),
    ("hibc", "+$$52001510X3+ ", "+$$52001510X3+_"),
    ("hibc", "+$$+52001510X3GB", "+$$+52001510X3GB"),
    ("hibc", "+$$710X3G7", "+$$710X3G7"),
    ("hibc", "+25330BC34567T2", "+25330BC34567T2"),
    ("hibc", "+A99912345/$$52001510X33", "+A99912345/$$52001510X33"),
    (
        "hibc",
        "+A99912349/$10X3/16D20111231/14D20200131/Q500Z",
        "+A99912349/$10X3/16D20111231/14D20200131/Q500Z",
    ),
    (
        "hibc",
        "+E203PB414109/$$8243280112R00089525J",
        "+E203PB414109/$$8243280112R00089525J",
    ),
    ("hibc", "+EHWD3551419/$$900100F", "+EHWD3551419/$$900100F"),
    ("hibc", "+EHWD3551419/$/Q100X", "+EHWD3551419/$/Q100X"),
    (
        "hibc",
        "]d1+EFOR78712011/$26485266/16D20240626/Q10S",
        "+EFOR78712011/$26485266/16D20240626/Q10S",
    ),
    (
        "hibc",
        "+J123AQ3451/$$1125BC34567/S4012L",
        "+J123AQ3451/$$1125BC34567/S4012L",
    ),
    (
        "hibc",
        "+A99912345/$$812710X3/$$+320090677DEFG45/16D20111212.",
        "+A99912345/$$812710X3/$$+320090677DEFG45/16D20111212.",
    ),
    (
        "hibc",
        "+A123ABCDEFGHI1234567891/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202$",
        "+A123ABCDEFGHI1234567891/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202$",
    ),
    ("approval-number", "22200BZX00790000", "22200BZX00790000"),
    ("approval-number", "30800BZX00176000", "30800BZX00176000"),
    ("approval-number", "第22500ＢＺＸ00021Ａ03号", "22500BZX00021A03"),
    ("approval-number", "20600bzz00666a01", "20600BZZ00666A01"),
    ("approval-number", "22700BZI00025000", "22700BZI00025000"),
    ("approval-number", "16300BZY00123000", "16300BZY00123000"),
    ("certification-number", "229AFBZX00027000", "229AFBZX00027000"),
    ("certification-number", "308AABZX00017000", "308AABZX00017000"),
    ("certification-number", "229ABBZX00080Z00", "229ABBZX00080Z00"),
    ("notification-number", "13B1X10166001027", "13B1X10166001027"),
    ("notification-number", "27B3X00150ME0001", "27B3X00150ME0001"),
    ("mah-licence", "27B2X00150", "27B2X00150"),
    ("mah-licence", "10B1X10003", "10B1X10003"),
    ("jmdn", "37618010", "37618010"),
    ("jmdn", "４０８８７００３", "40887003"),
    ("emdn", "A", "A"),
    ("emdn", "a0101", "A0101"),
    ("emdn", "Z120101010101", "Z120101010101"),
    ("hs", "901812", "901812"),
    ("hs", "9021.50", "902150"),
    ("hs", "9018.90.090", "901890090"),
    ("hs", "9018 12-000", "901812000"),
    ("functional-category", "B00101", "B00101"),
    ("specified-material", "710010172", "710010172"),
    ("edinet-code", "E02272", "E02272"),
    ("edinet-code", "ｇ０１００１", "G01001"),
    ("edinet-document", "S100W1NC", "S100W1NC"),
    ("securities-code", "409A0", "409A0"),
    ("securities-code", "130A", "130A0"),
    ("securities-code", "13760", "13760"),
    ("securities-code", "7203", "72030"),
    ("securities-code", "1A3A0", "1A3A0"),
    ("prefecture", "13", "13"),
    ("prefecture", "０１", "01"),
    ("prefecture", "京都府", "26"),
    ("prefecture", "京都", "26"),
    ("prefecture", "東京", "13"),
    ("prefecture", "okinawa", "47"),
    ("fiscal-year", "R8", "FY2026"),
    ("fiscal-year", "r08", "FY2026"),
    ("fiscal-year", "令和8年", "FY2026"),
    ("fiscal-year", "令和　８ 年度", "FY2026"),
    ("fiscal-year", "令和八年度", "FY2026"),
    ("fiscal-year", "㋿8年度", "FY2026"),
    ("fiscal-year", "令和元年", "FY2019"),
    ("fiscal-year", "平成31年度", "FY2019"),
    ("fiscal-year", "平成30年度", "FY2018"),
    ("fiscal-year", "H30", "FY2018"),
    ("fiscal-year", "昭和六十三年度", "FY1988"),
    ("fiscal-year", "2026", "FY2026"),
    ("fiscal-year", "２０２６年度", "FY2026"),
    ("fiscal-year", "FY 2026", "FY2026"),
    ("date", "2026-03-18", "2026-03-18"),
    ("date", "2026/3/18", "2026-03-18"),
    ("date", "20260318", "2026-03-18"),
    ("date", "令和8年3月18日", "2026-03-18"),
    ("date", "令和 8 年 3 月 18 日", "2026-03-18"),
    ("date", "令和八年三月十八日", "2026-03-18"),
    ("date", "Ｒ８．３．１８", "2026-03-18"),
    ("date", "平成31年4月30日", "2019-04-30"),
    ("date", "令和元年5月1日", "2019-05-01"),
    ("date", "H1.1.8", "1989-01-08"),
    ("date", "2024年2月29日", "2024-02-29"),
];

/// Kind, as typed, stable code of the refusal, something that its sentence says.
const BAD: &[(&str, &str, &str, &str)] = &[
    ("corporate-number", "", "empty", "13桁"),
    ("corporate-number", "301100101511", "format", "12文字"),
    ("corporate-number", "30110010151160", "format", "14文字"),
    ("corporate-number", "3011001O15116", "format", "13桁の数字"),
    ("corporate-number", "-3011001015116", "format", "13桁"),
    (
        "corporate-number",
        "4011001015116",
        "check_digit",
        "「3」になりますが「4」",
    ),
    ("corporate-number", "0000000000000", "placeholder", "本当の番号"),
    ("corporate-number", "9000000000000", "placeholder", "本当の番号"),
    ("corporate-number", "٣٠١١٠٠١٠١٥١١٦", "format", "13桁"),
    ("medical-institution-code", "0110112488", "check_digit", "「9」"),
    ("medical-institution-code", "4810112489", "format", "47"),
    ("medical-institution-code", "0140112489", "fee_table", "医科は1"),
    ("medical-institution-code", "0112489", "format", "10桁"),
    ("gtin", "4512345678903", "check_digit", "「6」になりますが「3」"),
    ("gtin", "49123456789", "format", "8・12・13・14桁"),
    ("gtin", "00000000000000", "placeholder", "実在"),
    ("gs1", "", "empty", "GS1"),
    ("gs1", "(01)04512345678903(10)A", "check_digit", "「6」"),
    ("gs1", "(01)00000000000000", "placeholder", "実在"),
    ("gs1", "(01)4912345678904", "element", "14文字"),
    ("gs1", "(00)106141412345678907", "check_digit", "「8」"),
    ("gs1", "(17)271301", "no_such_day", "271301"),
    ("gs1", "(17)270229", "no_such_day", "270229"),
    ("gs1", "(7006)270300", "no_such_day", "270300"),
    ("gs1", "(10)ABCDEFGHIJKLMNOPQRSTU", "element", "1–20文字"),
    ("gs1", "(10)", "element", "1–20文字"),
    ("gs1", "(10)A B", "element", "A B"),
    ("gs1", "(10)ロット1", "element", "ロット1"),
    ("gs1", "(18)270331", "unknown_ai", "18"),
    ("gs1", "(3106)000750", "unknown_ai", "3106"),
    ("gs1", "0104912345678904\u{1d}\u{1d}10A", "unknown_ai", "FNC1"),
    ("gs1", "0104912345678904ABC", "unknown_ai", "ABC"),
    ("gs1", "01049123456789", "element", "14文字"),
    ("gs1", "(01)04912345678904(10)A(10)B", "conflict", "二度"),
    (
        "gs1",
        "(01)04912345678904(02)04912345678904(37)2",
        "conflict",
        "一緒に使えません",
    ),
    ("gs1", "(8006)049123456789040301", "element_value", "0301"),
    (
        "gs1",
        "(8013)1987654Ad4X4bL5ttr2310c2X",
        "check_digit",
        "検査文字",
    ),
    ("gs1", "(7003)2702282530", "element_value", "25"),
    ("gs1", "(4300)%G1", "element_value", "%G1"),
    ("hibc", "", "empty", "HIBC"),
    ("hibc", "+A123BJC5D6E71H", "check_digit", "「G」になりますが「H」"),
    ("hibc", "+a123bjc5d6e71g", "format", "ラベラー"),
    ("hibc", "A123BJC5D6E71G", "format", "「+」"),
    ("hibc", "+A123BJC5D6E7XG", "format", "単位"),
    (
        "hibc",
        "+A99912345/$$52001510X3/16D20111212/S77DEFG45/",
        "check_digit",
        "「7」",
    ),
    ("hibc", "+$$52036710X3GD", "format", "二次データ"),
    ("hibc", "+$$31313153C001L+", "format", "二次データ"),
    (
        "hibc",
        "+A99912349/$10X3/16D20110231/Q500Z",
        "format",
        "二次データ",
    ),
    ("hibc", "+", "format", "HIBC"),
    (
        "approval-number",
        "30000BZX00001000",
        "era_year",
        "令和に0年はありません",
    ),
    ("approval-number", "23200BZX00001000", "era_year", "令和2年"),
    ("approval-number", "42200BZX00790000", "era", "1（昭和）"),
    ("approval-number", "22200BZA00790000", "format", "BZX"),
    ("approval-number", "22200BZX0079000", "format", "15文字"),
    (
        "approval-number",
        "229AFBZX00027000",
        "other_kind",
        "認証番号の形",
    ),
    (
        "certification-number",
        "22200BZX00790000",
        "other_kind",
        "承認番号の形",
    ),
    ("certification-number", "229A1BZX00027000", "format", "認証機関"),
    ("notification-number", "13B1X1016600102", "format", "15文字"),
    ("notification-number", "99B1X10166001027", "format", "47"),
    ("mah-licence", "27B4X00150", "format", "1〜3"),
    ("mah-licence", "48B1X00150", "format", "47"),
    ("jmdn", "3761801", "format", "8桁"),
    ("jmdn", "00000000", "placeholder", "本当の番号"),
    ("emdn", "E01", "format", "E・I・O"),
    ("emdn", "A010", "format", "2桁の数字"),
    ("emdn", "A01010101010101", "format", "6組まで"),
    ("hs", "9018", "format", "6桁"),
    ("hs", "001812", "chapter", "01から97"),
    ("hs", "981812", "chapter", "01から97"),
    ("functional-category", "B00", "format", "Bと3桁"),
    ("specified-material", "610010172", "format", "7で始まる"),
    ("edinet-code", "F02272", "format", "EまたはG"),
    ("edinet-document", "S200W1NC", "format", "S1"),
    ("securities-code", "A1300", "format", "2文字目と4文字目"),
    ("securities-code", "409B0", "format", "B・E・I"),
    ("securities-code", "0130", "format", "証券コード"),
    ("prefecture", "48", "format", "47"),
    ("prefecture", "1", "format", "2桁"),
    ("prefecture", "00", "format", "01"),
    ("fiscal-year", "令和0年", "era_year", "令和に0年はありません"),
    ("fiscal-year", "平成32年", "era_year", "令和2年"),
    ("fiscal-year", "S65", "era_year", "平成2年"),
    ("fiscal-year", "26年度", "format", "令和8年度"),
    ("fiscal-year", "CY2026", "format", "FY2026"),
    ("fiscal-year", "令和百年", "format", "令和8年度"),
    ("fiscal-year", "2026年3月18日", "format", "年度"),
    ("date", "2026-02-30", "no_such_day", "2026年2月30日"),
    ("date", "2025/2/29", "no_such_day", "2025年2月29日"),
    ("date", "3/18/2026", "format", "年・月・日の順"),
    ("date", "26/3/18", "format", "年・月・日の順"),
    ("date", "2026-3/18", "format", "年・月・日"),
    ("date", "令和8年3月", "format", "年・月・日"),
    ("date", "平成31年5月1日", "era_day", "平成の期間にありません"),
    ("date", "令和元年4月30日", "era_day", "令和の期間にありません"),
    ("date", "平成32年3月18日", "era_year", "令和2年"),
    ("date", "令和0年1月1日", "era_year", "令和に0年"),
];

#[test]
fn good_codes_are_shown_in_their_normal_form() {
    for &(kind, typed, normal) in GOOD {
        let read = normalise(kind, typed).unwrap();
        assert_eq!(
            read.as_deref().map_err(ToString::to_string),
            Ok(normal),
            "{kind}: {typed:?}"
        );
    }
}

#[test]
fn bad_codes_are_refused_with_a_reason_in_both_languages() {
    for &(kind, typed, reason, says) in BAD {
        let refusal = normalise(kind, typed).unwrap().expect_err(typed);
        assert_eq!(refusal.kind, reason, "{kind}: {typed:?}: {refusal}");
        assert!(refusal.ja.contains(says), "{kind}: {typed:?}: {refusal}");
        assert!(
            refusal
                .ja
                .ends_with(|c: char| c == '。' || c.is_ascii_alphanumeric()),
            "{refusal}"
        );
        assert_eq!(refusal.text(Lang::En), refusal.en);
        assert!(refusal.en.chars().any(char::is_whitespace), "{refusal}");
    }
}

#[test]
fn every_kind_is_shown_by_the_tables_and_no_other_exists() {
    for kind in KINDS {
        assert!(
            GOOD.iter().any(|row| row.0 == kind) && BAD.iter().any(|row| row.0 == kind),
            "{kind}"
        );
    }
    assert_eq!(normalise("isbn", "9784000000000"), None);
}

#[test]
fn codes_are_plain_strings_in_json() {
    let code: MedicalInstitutionCode = serde_json::from_str("\"０１１０１１２４８９\"").unwrap();
    assert_eq!(serde_json::to_string(&code).unwrap(), "\"0110112489\"");
    assert_eq!(code.prefecture().unwrap().name(Lang::Ja), "北海道");
    assert_eq!(
        serde_json::to_string(&Period::fiscal(2024)).unwrap(),
        "\"FY2024\""
    );
    assert_eq!(
        serde_json::from_str::<Period>("\"CY2025\"").unwrap(),
        Period::calendar(2025)
    );
    let refused = serde_json::from_str::<Period>("\"2025\"")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("FY2024（年度）か CY2025（暦年）"), "{refused}");
}

#[test]
fn a_gs1_string_opens_to_its_elements() {
    let read: Gs1ElementString = "]d2010491234567890417270300\u{31}0AB\u{1d}21S1".parse().unwrap();
    assert_eq!(read.gtin().unwrap().as_str(), "04912345678904");
    assert_eq!(read.get("10"), Some("AB"));
    assert_eq!(read.raw(), "01049123456789041727030010AB\u{1d}21S1");
    assert_eq!(read.day("17", 2026).unwrap().to_string(), "2027-03-31");
    assert_eq!(read.day("11", 2026), None);
    // The century is the one nearest to the year in which the barcode is read.
    for (yy, this_year, day) in [
        ("77", 2026, "1977-01-31"),
        ("76", 2026, "2076-01-31"),
        ("02", 1999, "2002-01-31"),
    ] {
        let read: Gs1ElementString = format!("(17){yy}0100").parse().unwrap();
        assert_eq!(read.day("17", this_year).unwrap().to_string(), day);
    }
}

#[test]
fn an_hibc_opens_to_its_fields() {
    let read: Hibc = "+A99912345/$$52025010X3/16D20111212/S77DEFG458".parse().unwrap();
    assert_eq!(
        (read.labeler(), read.product(), read.unit()),
        (Some("A999"), Some("1234"), Some(5))
    );
    assert_eq!(
        read.secondary().collect::<Vec<_>>(),
        ["$$52025010X3", "16D20111212", "S77DEFG45"]
    );
    let primary: Hibc = "+A123BJC5D6E71G".parse().unwrap();
    assert_eq!(
        (primary.product(), primary.secondary().count()),
        (Some("BJC5D6E7"), 0)
    );
    let secondary: Hibc = "+$$52001510X3GD".parse().unwrap();
    assert_eq!(
        (secondary.labeler(), secondary.secondary().collect::<Vec<_>>()),
        (None, vec!["$$52001510X3"])
    );
}

#[test]
fn periods_know_their_days_and_names() {
    let fy = Period::fiscal(2024);
    assert_eq!(
        (fy.start().to_string(), fy.end().to_string()),
        ("2024-04-01".into(), "2025-03-31".into())
    );
    assert_eq!(Period::containing(fy.end()), fy);
    assert_eq!(Period::containing(fy.start()), fy);
    let cy = Period::calendar(2025);
    assert_eq!(
        (cy.start().to_string(), cy.end().to_string()),
        ("2025-01-01".into(), "2025-12-31".into())
    );
    assert_eq!(
        (fy.label(Lang::Ja), fy.label(Lang::En)),
        ("2024年度".into(), "FY2024".into())
    );
    assert_eq!(
        (cy.label(Lang::Ja), cy.label(Lang::En)),
        ("2025年".into(), "2025".into())
    );
    assert_eq!(
        (fy.era_label(), cy.era_label()),
        ("令和6年度".into(), "令和7年".into())
    );
    assert_eq!(Period::fiscal(2019).era_label(), "令和元年度");
    assert_eq!(Period::fiscal(1988).era_label(), "昭和63年度");
    assert_eq!(Period::fiscal(1600).era_label(), "1600年度");
    assert_eq!(fy.years_until(Period::fiscal(2040)), Some(16));
    assert_eq!(fy.years_until(cy), None);
    assert_eq!(fy.shift(16), Period::fiscal(2040));
    assert_eq!(
        "FY2026".parse::<FiscalYear>().unwrap().period(),
        Period::fiscal(2026)
    );
}

#[test]
fn the_forty_seven_prefectures_have_distinct_names() {
    assert_eq!(Prefecture::all().count(), 47);
    for prefecture in Prefecture::all() {
        for name in [
            prefecture.to_string(),
            prefecture.name(Lang::Ja).into(),
            prefecture.name(Lang::En).into(),
        ] {
            assert_eq!(name.parse(), Ok(prefecture));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_panics_and_a_normal_form_is_its_own(kind in prop::sample::select(&KINDS[..]), text in ".{0,40}") {
        proves_itself(kind, &text)?;
    }

    /// As above, on damaged codes, which reach further into each rule than random text does.
    #[test]
    fn damaged_codes_do_not_panic_either(
        row in prop::sample::select(GOOD),
        at in any::<prop::sample::Index>(),
        put in prop_oneof![Just(String::new()), "[0-9A-Z+$/(). \u{1d}０年度元-]{1,2}", ".{1,2}"],
    ) {
        let mut chars: Vec<String> = row.1.chars().map(String::from).collect();
        let at = at.index(chars.len());
        chars[at] = put;
        for kind in KINDS {
            proves_itself(kind, &chars.concat())?;
        }
    }

    #[test]
    fn a_period_reads_what_it_shows(fiscal: bool, year in 1..=9999i32) {
        let period = if fiscal { Period::fiscal(year) } else { Period::calendar(year) };
        prop_assert_eq!(period.to_string().parse(), Ok(period));
        prop_assert!(period.start() < period.end());
    }

    #[test]
    fn a_period_never_panics(fiscal: bool, year: i32, shift: i32) {
        let period = if fiscal { Period::fiscal(year) } else { Period::calendar(year) }.shift(shift);
        let _ = (period.start(), period.end(), period.era_label(), period.years_until(Period::fiscal(shift)));
    }

    #[test]
    fn every_spelling_of_a_day_is_that_day(days in 0..60_000i64) {
        let day = jiff::civil::date(1873, 1, 1) + jiff::Span::new().days(days);
        let (y, m, d) = (day.year(), day.month(), day.day());
        let (name, letter, first) = match (y, m, d) {
            (..=1911, ..) | (1912, ..=6, _) | (1912, 7, ..=29) => ("明治", "M", 1868),
            (..=1925, ..) | (1926, ..=11, _) | (1926, 12, ..=24) => ("大正", "T", 1912),
            (..=1988, ..) | (1989, 1, ..=7) => ("昭和", "S", 1926),
            (..=2018, ..) | (2019, ..=4, _) => ("平成", "H", 1989),
            _ => ("令和", "R", 2019),
        };
        let n = y - first + 1;
        // Two digits of an era reach to its 99th year.
        prop_assume!(n < 100);
        for spelling in [
            format!("{y}/{m}/{d}"), format!("{y}年{m}月{d}日"), format!("{y}{m:02}{d:02}"),
            format!("{name}{n}年{m}月{d}日"), format!("{letter}{n}.{m}.{d}"),
        ] {
            prop_assert_eq!(codes::parse_date(&spelling), Ok(day), "{}", spelling);
        }
    }

    #[test]
    fn a_gs1_string_survives_the_barcode(lot in "[!-\"%-?A-Z_a-z]{1,20}", serial in "[!-\"%-?A-Z_a-z]{1,20}", day in 0..=31) {
        let raw = format!("0104912345678904\u{31}7270{}{day:02}10{lot}\u{1d}21{serial}", 1);
        // A lot that spells a separator in print would be taken for one.
        prop_assume!(!raw.contains("<GS>") && !raw.contains("<FNC1>"));
        let read: Gs1ElementString = raw.parse().unwrap();
        prop_assert_eq!(read.get("10"), Some(lot.as_str()));
        prop_assert_eq!(read.raw(), raw);
        prop_assert_eq!(read.to_string().parse(), Ok(read));
    }
}

fn proves_itself(kind: &str, text: &str) -> Result<(), TestCaseError> {
    if let Some(Ok(normal)) = normalise(kind, text) {
        prop_assert_eq!(
            normalise(kind, &normal).map(Result::ok),
            Some(Some(normal.clone())),
            "{}",
            kind
        );
    }
    Ok(())
}
