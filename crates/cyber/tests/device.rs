//! Advisories against registered devices: made-up devices of real advisories, with the names and versions that registers have.
//!
//! What each advisory means was read by a person (`data/icsma-devices.txt`); devices are written from that by rules of this file alone, which
//! share nothing with the matcher. So the figures say how it stands such spellings, not those of a real register.

#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

mod shared;

use std::collections::{BTreeMap, BTreeSet};

use cyber::device::{Confidence, Device, Devices, Outcome, Sought};
use cyber::document::{Advisory, Limits, read};

const TRUTH: &str = include_str!("data/icsma-devices.txt");

/// How makers of the advisories are registered.
const MAKERS: [(&str, &[&str]); 17] = [
    (
        "Becton, Dickinson and Company (BD)",
        &[
            "BD",
            "Becton Dickinson",
            "Becton, Dickinson & Co.",
            "日本ベクトン・ディッキンソン株式会社",
            "Nippon Becton Dickinson Company, Ltd.",
        ],
    ),
    (
        "BMC Medical, 3B Medical",
        &["3B Medical, Inc.", "BMC Medical Co., Ltd."],
    ),
    (
        "Philips",
        &[
            "Philips",
            "株式会社フィリップス・ジャパン",
            "Philips Medical Systems",
            "ＰＨＩＬＩＰＳ",
            "Koninklijke Philips N.V.",
            "ﾌｨﾘｯﾌﾟｽ",
        ],
    ),
    (
        "Abbott Laboratories",
        &["Abbott", "アボットメディカルジャパン合同会社", "Abbott Japan LLC"],
    ),
    (
        "Medtronic",
        &[
            "日本メドトロニック株式会社",
            "Medtronic, Inc.",
            "MEDTRONIC PLC",
            "メドトロニック",
        ],
    ),
    (
        "Silex Technology and GE Healthcare",
        &[
            "サイレックス・テクノロジー株式会社",
            "GE Healthcare",
            "silex technology, Inc.",
        ],
    ),
    (
        "Carestream",
        &["Carestream Health, Inc.", "ケアストリームヘルス株式会社"],
    ),
    (
        "GE Healthcare",
        &[
            "GEヘルスケア・ジャパン株式会社",
            "GE HealthCare",
            "GE Medical Systems",
        ],
    ),
    (
        "Baxter",
        &[
            "バクスター株式会社",
            "Baxter International Inc.",
            "Baxter Healthcare Corporation",
        ],
    ),
    ("OpenClinic GA", &["OpenClinic", "OpenClinic GA"]),
    ("Capsule Technologies", &["Capsule Technologies, Inc.", "Capsule"]),
    (
        "B. Braun Medical",
        &[
            "B. Braun Medical Inc.",
            "ビー・ブラウンエースクラップ株式会社",
            "B.Braun Melsungen AG",
        ],
    ),
    (
        "SOOIL Developments Co, Ltd.",
        &["SOOIL", "Sooil Development Co., Ltd."],
    ),
    (
        "LifePoint Informatics",
        &["LifePoint Informatics, LLC", "LIFEPOINT"],
    ),
    (
        "Hillrom and ELI, Baxter International Inc.",
        &[
            "Hillrom",
            "Hill-Rom",
            "Baxter International",
            "バクスター株式会社",
        ],
    ),
    ("Illumina", &["Illumina, Inc.", "イルミナ株式会社", "ILLUMINA"]),
    ("AliveCor", &["AliveCor, Inc.", "アライブコア"]),
];

/// Words of product names as they are written in kana.
const KANA: [(&str, &str); 9] = [
    ("IntelliVue", "インテリビュー"),
    ("CareLink", "ケアリンク"),
    ("DreamMapper", "ドリームマッパー"),
    ("IntelliBridge", "インテリブリッジ"),
    ("Brilliance", "ブリリアンス"),
    ("Engage", "エンゲージ"),
    ("Phoenix", "フェニックス"),
    ("Programmer", "プログラマ"),
    ("Valleylab", "バレーラブ"),
];

/// Advisories about the same products: a device of one is not a stranger to the other.
const RELATED: [&[&str]; 4] = [
    &["19-255-01", "20-254-01", "21-322-02"],
    &["24-060-01", "24-163-01"],
    &["19-311-01", "19-311-02"],
    &["20-170-03", "22-251-01", "22-167-01"],
];

struct Meant {
    advisory: &'static str,
    product: &'static str,
    names: Vec<&'static str>,
    affected: Vec<&'static str>,
    unaffected: Vec<&'static str>,
}

fn meant() -> Vec<Meant> {
    let list = |field: &'static str| {
        field
            .split(';')
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
    };
    let lines = TRUTH.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [advisory, product, names, affected, unaffected] =
                line.split('|').collect::<Vec<_>>().try_into().unwrap();
            Meant {
                advisory,
                product,
                names: list(names),
                affected: list(affected),
                unaffected: list(unaffected),
            }
        })
        .collect()
}

const SEED: u64 = 20_260_318;

/// A sequence of numbers that looks random: `SplitMix64`.
struct Draw(u64);

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % count as u64).unwrap()
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

fn wide(text: &str) -> String {
    let wide = |c: char| {
        if c.is_ascii_graphic() {
            char::from_u32(u32::from(c) + 0xfee0).unwrap()
        } else {
            c
        }
    };
    text.chars().map(wide).collect()
}

fn device(vendor: &str, name: &str, version: &str, draw: &mut Draw) -> Device {
    let spelled = MAKERS
        .iter()
        .find(|(own, _)| *own == vendor)
        .map_or(&[] as &[&str], |(_, list)| list);
    let spelled: Vec<&str> = spelled.iter().copied().chain([vendor]).collect();
    let maker = draw.of(&spelled);
    let (mut name, mut model) = (name.to_owned(), String::new());
    match draw.below(11) {
        0 => name = name.to_uppercase(),
        1 => name = wide(&name),
        2 => name = format!("{} {name}", vendor.split(&[',', ' '][..]).next().unwrap()),
        3 => name.push_str(draw.of(&[" Plus", "-J", " (JP)", " Rev2"])),
        4 => name.push_str(draw.of(&["（据置型）", " 用プログラム", " 診断装置"])),
        5 => name = name.replace('-', " "),
        6 => name = name.replace(" System", "").replace(" Software", " S/W"),
        7 | 8 => {
            for (latin, kana) in KANA {
                name = name.replace(latin, kana);
            }
        }
        9 => {
            if let Some((head, last)) = name
                .clone()
                .rsplit_once(' ')
                .filter(|(_, last)| last.contains(|c: char| c.is_ascii_digit()))
            {
                (name, model) = (head.to_owned(), last.to_owned());
            }
        }
        _ => {}
    }
    let version = match draw.below(6) {
        0 => format!("v{version}"),
        1 => format!("Ver. {version}"),
        2 => wide(version),
        _ => version.to_owned(),
    };
    Device {
        maker: maker.to_owned(),
        name,
        model,
        version,
        ..Device::default()
    }
}

/// The name with its first number of two or more digits one higher: another product of the same kind.
fn neighbour(name: &str) -> Option<String> {
    let at = name.find(|c: char| c.is_ascii_digit())?;
    let end = name[at..]
        .find(|c: char| !c.is_ascii_digit())
        .map_or(name.len(), |end| at + end);
    let number: u64 = name[at..end].parse().ok().filter(|_| end - at > 1)?;
    Some(format!("{}{}{}", &name[..at], number + 1, &name[end..]))
}

fn advisories() -> Option<BTreeMap<String, Advisory>> {
    let files = std::fs::read_dir(shared::data("csaf-icsma")?).unwrap();
    let advisories = files.map(|file| {
        let document = read(&std::fs::read(file.unwrap().path()).unwrap(), &Limits::UPLOAD).unwrap();
        let advisory = Advisory::of(&document).unwrap();
        (advisory.id.trim_start_matches("ICSMA-").to_owned(), advisory)
    });
    Some(advisories.collect())
}

#[test]
#[expect(
    clippy::print_stderr,
    reason = "a skipped test says why, and the figures are the point of this one"
)]
#[expect(clippy::too_many_lines, reason = "one evaluation from top to bottom")]
fn medical_advisories_find_their_devices() {
    let Some(advisories) = advisories() else {
        eprintln!("skipped: the advisories are not at hand");
        return;
    };
    let meant = meant();
    let ids: BTreeSet<&str> = meant.iter().map(|meant| meant.advisory).collect();
    assert_eq!(ids, advisories.keys().map(String::as_str).collect());
    let vendor = |row: &Meant| {
        let mut products = advisories[row.advisory].products.iter();
        let product = products.find(|product| product.product.as_deref() == Some(row.product));
        product
            .unwrap_or_else(|| panic!("{}: {}", row.advisory, row.product))
            .vendor
            .clone()
            .unwrap()
    };
    let related = |a: &str, b: &str| {
        a == b
            || RELATED
                .iter()
                .any(|group| group.contains(&a) && group.contains(&b))
    };
    let mut draw = Draw(SEED);
    let (mut relevant, mut found, mut told, mut right, mut asked, mut strangers) = (0, 0, 0, 0, 0, 0);
    let (mut missed, mut wrong) = (Vec::new(), Vec::new());
    for (id, advisory) in &advisories {
        // Each device with whether the advisory concerns it; nothing where only a person can tell.
        let mut devices: Vec<(Device, Option<bool>)> = Vec::new();
        for row in &meant {
            let vendor = vendor(row);
            if row.advisory == id {
                let unknown = row.affected == ["?"];
                // A family that the advisory names as a whole holds the neighbours too.
                let family = meant.iter().any(|other| {
                    let whole = other.advisory == id && !other.product.contains(|c: char| c.is_ascii_digit());
                    whole && other.product.split(' ').any(|word| row.product.contains(word))
                });
                for round in 0..24 {
                    let name = draw.of(&row.names);
                    let version = if unknown { "1.0" } else { draw.of(&row.affected) };
                    let mut device = device(&vendor, name, version, &mut draw);
                    if round % 6 == 5 {
                        device.version.clear();
                    }
                    devices.push((device, (!unknown || round % 6 == 5).then_some(true)));
                    if !row.unaffected.is_empty() && round % 2 == 0 {
                        let device = self::device(&vendor, name, draw.of(&row.unaffected), &mut draw);
                        devices.push((device, Some(false)));
                    }
                    let own = row.product.contains(|c: char| c.is_ascii_digit())
                        && !row.product.contains(['-', '/', ',']);
                    if let Some(other) = neighbour(name).filter(|_| own && !family && round % 4 == 0) {
                        devices.push((self::device(&vendor, &other, version, &mut draw), Some(false)));
                    }
                }
                let other = device(
                    "架空メディカル株式会社",
                    draw.of(&row.names),
                    draw.of(&row.affected),
                    &mut draw,
                );
                devices.push((other, Some(false)));
            } else if !related(row.advisory, id) {
                for name in &row.names {
                    devices.push((
                        device(&vendor, name, draw.of(&row.affected), &mut draw),
                        Some(false),
                    ));
                }
            }
        }
        let outcome = Devices::new(devices.iter().map(|(device, _)| device.clone()).collect())
            .against(advisory)
            .unwrap();
        let matched: BTreeSet<usize> = outcome.matches.iter().map(|found| found.place).collect();
        let person: BTreeSet<usize> = outcome.person.iter().map(|found| found.place).collect();
        let sought = Sought::of(advisory);
        for (place, (device, truth)) in devices.iter().enumerate() {
            let is_matched = matched.contains(&place);
            if is_matched || person.contains(&place) {
                assert!(sought.may_be(device), "{id} does not seek {device:?}");
            }
            match truth {
                None => {
                    asked += 1;
                    if !person.contains(&place) && !is_matched {
                        missed.push(format!("{id} must be asked: {device:?}"));
                    }
                }
                Some(true) => {
                    relevant += 1;
                    found += usize::from(is_matched);
                    if !is_matched {
                        missed.push(format!("{id} person {}: {device:?}", person.contains(&place)));
                    }
                }
                Some(false) => strangers += 1,
            }
            if is_matched && truth.is_some() {
                told += 1;
                right += usize::from(*truth == Some(true));
                if *truth == Some(false) {
                    let proof = outcome
                        .matches
                        .iter()
                        .find(|found| found.place == place)
                        .map(|found| &found.proof.en);
                    wrong.push(format!("{id}: {proof:?}"));
                }
            }
        }
    }
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    let (recall, precision) = (share(found, relevant), share(right, told));
    eprintln!(
        "affected {relevant}, found {found}: recall {recall:.4}; told {told}, right {right}: precision {precision:.4}; left to a person {asked}; unaffected {strangers}"
    );
    let shown = |list: &[String]| list.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    eprintln!("missed\n{}\nwrong\n{}", shown(&missed), shown(&wrong));
    assert!(recall >= 0.99, "recall {recall}");
    assert!(precision >= 0.95, "precision {precision}");
    assert!(
        !missed.iter().any(|text| text.contains("must be asked")),
        "a text that cannot be read said `not affected`"
    );
}

const CSAF: &str = r#"{"document": {"category": "csaf_security_advisory", "csaf_version": "2.0", "publisher": {"name": "架空の窓口"}, "title": "輸液ポンプ",
    "tracking": {"id": "K-2026-1", "current_release_date": "2026-03-31T00:00:00Z"}},
    "product_tree": {"branches": [{"category": "vendor", "name": "Kakuu Medical (架空メディカル株式会社)", "branches": [
        {"category": "product_name", "name": "Kakuu Pump KP-100", "branches": [
            {"category": "product_version_range", "name": "<= 2.1", "product": {"name": "KP-100 <= 2.1", "product_id": "A"}},
            {"category": "product_version", "name": "2.2", "product": {"name": "KP-100 2.2", "product_id": "B"}}]},
        {"category": "product_name", "name": "Kakuu Monitor KM-7, not including KM-7 Lite", "branches": [
            {"category": "product_version_range", "name": "shipped before spring", "product": {"name": "KM-7", "product_id": "C"}}]}]}]},
    "vulnerabilities": [{"cve": "CVE-2026-0001", "product_status": {"known_affected": ["A", "C"], "fixed": ["B"]}},
        {"cve": "CVE-2026-0002", "product_status": {"known_affected": ["A"]}}]}"#;

fn outcome(rows: &[[&str; 4]]) -> Outcome {
    let advisory = Advisory::of(&read(CSAF.as_bytes(), &Limits::UPLOAD).unwrap()).unwrap();
    let devices = rows.iter().map(|[maker, name, model, version]| Device {
        maker: (*maker).to_owned(),
        name: (*name).to_owned(),
        model: (*model).to_owned(),
        version: (*version).to_owned(),
        ..Device::default()
    });
    Devices::new(devices.collect()).against(&advisory).unwrap()
}

#[test]
fn devices_are_sought_by_maker_and_by_words_that_tell_the_product() {
    let advisory = Advisory::of(&read(CSAF.as_bytes(), &Limits::UPLOAD).unwrap()).unwrap();
    let sought = Sought::of(&advisory);
    assert!(
        sought.is_vendor("架空メディカル（株）")
            && !sought.is_vendor("別の架空製作所")
            && !sought.is_vendor("")
    );
    assert_eq!(sought.words().collect::<Vec<_>>(), ["100", "kp100", "pumpkp"]);
    let device = |maker: &str, name: &str| Device {
        maker: maker.to_owned(),
        name: name.to_owned(),
        ..Device::default()
    };
    assert!(sought.may_be(&device("Kakuu Medical", "ほかの製品")));
    assert!(sought.may_be(&device("別の架空製作所", "Pump KP-100")));
    assert!(!sought.may_be(&device("別の架空製作所", "ほかの製品")));
    let without_vendor = CSAF.replace("\"category\": \"vendor\"", "\"category\": \"language\"");
    let advisory = Advisory::of(&read(without_vendor.as_bytes(), &Limits::UPLOAD).unwrap()).unwrap();
    let sought = Sought::of(&advisory);
    assert!(sought.may_be(&device("", "Kakuu Pump KP-100")) && !sought.may_be(&device("", "ほかの製品")));
}

#[test]
fn each_device_is_told_with_its_proof() {
    let outcome = outcome(&[
        ["架空メディカル（株）", "Kakuu Pump", "KP-100", "2.0"],
        ["Kakuu Medical Inc.", "KP100 Pump", "", ""],
        ["架空メディカル株式会社", "Kakuu Pump", "KP-100", "2.2"],
        ["架空メディカル株式会社", "Kakuu Pump", "KP-200", "2.0"],
        ["架空メディカル株式会社", "Kakuu Monitor", "KM-7", "1.0"],
        ["架空メディカル株式会社", "Kakuu Monitor", "KM-7 Lite", "1.0"],
        ["架空メディカル株式会社", "Kakuu Pump", "KP-100", "unknown"],
        ["別の架空機器株式会社", "Pump", "", "2.0"],
    ]);
    let matched: Vec<_> = outcome
        .matches
        .iter()
        .map(|found| (found.place, found.confidence, found.vulnerabilities.len()))
        .collect();
    assert_eq!(
        matched,
        [(0, Confidence::Certain, 2), (1, Confidence::Possible, 2)]
    );
    let person: Vec<_> = outcome
        .person
        .iter()
        .map(|found| (found.place, found.cause.kind))
        .collect();
    assert_eq!(
        person,
        [
            (4, "unreadable_range"),
            (5, "excluded_name"),
            (6, "unreadable_version")
        ]
    );
    let outside: Vec<_> = outcome.outside.iter().map(|found| found.place).collect();
    assert_eq!(outside, [2]);
    assert_eq!(outcome.unreadable, ["KM-7"]);
    let proofs = outcome.matches.iter().map(|found| &found.proof);
    let proofs = proofs
        .chain(outcome.person.iter().map(|found| &found.proof))
        .chain(outcome.outside.iter().map(|found| &found.proof));
    let text: Vec<String> = proofs
        .map(|proof| format!("{}\n{}", proof.ja, proof.en))
        .collect();
    insta::assert_snapshot!("device_proofs", text.join("\n"));
}
