//! The security of devices, from a bill of materials to a hospital that closes its item: who is told what when, who sees what, and what was known on an
//! earlier day.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(
    clippy::too_many_lines,
    reason = "a way is told whole, from its beginning to its end"
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use app::{
    Acted, Advisories, AdvisoryBytes, CaseAct, Command, Completeness, FileFor, FindingQuery, HandoutForm,
    LifeStage, MergeForm, SavedRecord, SecurityItem, Seen, Visit,
};
use cyber::database::{Collection, Source};
use cyber::document::{Advisory, Limits, read};
use cyber::osv::Record;
use serde_json::json;
use vocab::Refusal;

mod desk;

use desk::{Office, approver, member, office_with, public, publisher, secretariat};

const DEVICE: &str = "device-security";
const ANSWER: &str = "vulnerability-answer";
const RESPONSE: &str = "vulnerability-response";
const ORGANISATIONS: [&str; 4] = ["maker-a", "maker-b", "hospital-h", "hospital-x"];

/// A database that is replaced as an operator's file is.
#[derive(Clone, Default)]
struct Feed(Arc<Mutex<(u64, Arc<Vec<u8>>)>>);

struct Held(Arc<Vec<u8>>);

impl Source for Held {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, at: u64, length: usize) -> std::io::Result<Vec<u8>> {
        (&**self.0).read(at, length)
    }
}

impl Advisories for Feed {
    fn stamp(&self) -> Result<String, Refusal> {
        Ok(self.0.lock().unwrap().0.to_string())
    }

    fn open(&self) -> Result<Box<dyn AdvisoryBytes>, Refusal> {
        Ok(Box::new(Held(Arc::clone(&self.0.lock().unwrap().1))))
    }
}

impl Feed {
    fn of(records: &[Record], exploited: &[&str]) -> Self {
        let feed = Self::default();
        feed.replace(records, exploited);
        feed
    }

    fn replace(&self, records: &[Record], exploited: &[&str]) {
        self.replace_all(records, &[], exploited);
    }

    fn replace_all(&self, records: &[Record], advisories: &[Advisory], exploited: &[&str]) {
        let mut collection = Collection::default();
        for record in records {
            collection.add(record);
        }
        for advisory in advisories {
            collection.add_advisory(advisory);
        }
        let entries: Vec<_> = exploited
            .iter()
            .map(|name| json!({ "cveID": name, "dateAdded": "2026-06-01", "knownRansomwareCampaignUse": "Unknown" }))
            .collect();
        let catalogue = json!({ "dateReleased": "2026-06-01T00:00:00Z", "vulnerabilities": entries });
        let catalogue = cyber::priority::Catalogue::parse(catalogue.to_string().as_bytes()).unwrap();
        collection.add_exploited(catalogue);
        let (bytes, _) = collection.write().unwrap();
        let mut held = self.0.lock().unwrap();
        *held = (held.0 + 1, Arc::new(bytes));
    }
}

fn advisory(id: &str, aliases: &[&str], package: &str, fixed: &str) -> Record {
    let record = json!({
        "id": id, "modified": "2026-06-01T00:00:00Z", "aliases": aliases, "summary": "架空の脆弱性",
        "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }],
    });
    Record::parse(record.to_string().as_bytes()).unwrap()
}

/// A CSAF advisory on versions of one product of a vendor, which may have a CPE name.
fn csaf(id: &str, cve: &str, (vendor, product, versions): (&str, &str, &str), cpe: Option<&str>) -> Advisory {
    let mut named = json!({ "name": format!("{product}: {versions}"), "product_id": "P-1" });
    if let Some(cpe) = cpe {
        named["product_identification_helper"] = json!({ "cpe": cpe });
    }
    let document = json!({
        "document": {
            "category": "csaf_security_advisory", "csaf_version": "2.0", "title": "架空の機器の脆弱性",
            "publisher": { "category": "coordinator", "name": "架空の調整機関", "namespace": "https://csirt.kakuu.example" },
            "tracking": {
                "id": id, "version": "1", "status": "final",
                "initial_release_date": "2026-06-01T00:00:00Z", "current_release_date": "2026-06-01T00:00:00Z",
                "revision_history": [{ "number": "1", "date": "2026-06-01T00:00:00Z", "summary": "架空の初版" }],
            },
        },
        "product_tree": { "branches": [{ "category": "vendor", "name": vendor, "branches": [{
            "category": "product_name", "name": product, "branches": [{
                "category": "product_version_range", "name": versions, "product": named }] }] }] },
        "vulnerabilities": [{
            "cve": cve, "product_status": { "known_affected": ["P-1"] },
            "scores": [{ "products": ["P-1"], "cvss_v3": { "version": "3.1", "baseScore": 9.8, "baseSeverity": "CRITICAL",
                "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" } }],
        }],
    });
    let document = read(document.to_string().as_bytes(), &Limits::UPLOAD).unwrap();
    Advisory::of(&document).unwrap()
}

/// A bill of two components of npm, and one that nothing can be said of.
fn bill(version: &str) -> Vec<u8> {
    let component = |name: &str, version: &str| {
        let reference = format!("pkg:npm/{name}@{version}");
        json!({ "type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference,
            "supplier": { "name": "架空ソフト" } })
    };
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "metadata": {
            "timestamp": "2026-05-01T00:00:00Z",
            "authors": [{ "name": "架空 担当者" }],
            "component": { "type": "device", "bom-ref": "pump", "name": "架空輸液ポンプC", "version": version },
        },
        "components": [component("kakuu-left", "1.2.0"), component("kakuu-right", "3.0.0"),
            { "type": "library", "bom-ref": "kernel", "name": "架空カーネル" }],
        "dependencies": [{ "ref": "pump", "dependsOn": ["pkg:npm/kakuu-left@1.2.0", "pkg:npm/kakuu-right@3.0.0", "kernel"] }],
    })
    .to_string()
    .into_bytes()
}

fn controls(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, text)| ((*name).into(), (*text).into()))
        .collect()
}

fn save(office: &Office, visit: &Visit, kind: &str, fields: &[(&str, &str)]) -> String {
    let fields = controls(fields);
    match office
        .desk
        .save_record(visit, kind, None, &fields, Completeness::Final)
        .unwrap()
    {
        SavedRecord::Kept(_, id) => id,
        SavedRecord::Faults(faults) => panic!("{faults:?}"),
    }
}

/// A hand-in of a device version with its bill.
fn hand_in(office: &Office, maker: &str, day: &str, name: &str, bill: &[u8]) -> String {
    let place = FileFor {
        kind: DEVICE,
        record: None,
        field: Some("sbom"),
    };
    let file = office
        .desk
        .keep_file(&member(maker, day), &place, "bill.json", bill.to_vec());
    let file = file.unwrap().to_string();
    save(
        office,
        &member(maker, day),
        DEVICE,
        &[
            ("name", name),
            ("version_name", "2.4.1"),
            ("product_codes", "09501101020917"),
            ("sbom", &file),
            ("eos_on", "2026-09-30"),
            ("contact", "psirt@kakuu-medical.example"),
        ],
    )
}

fn asset(office: &Office, hospital: &str, name: &str, gtin: &str, version: &str) -> String {
    save(
        office,
        &member(hospital, "2026-05-01"),
        "hospital-asset",
        &[
            ("name", name),
            ("gtin", gtin),
            ("software_version", version),
            ("quantity", "3"),
            ("department", "架空病棟"),
            ("institution", "1318616104"),
        ],
    )
}

fn work(office: &Office, day: &str) {
    let at = secretariat(day).at;
    office.desk.watch_advisories(at).unwrap();
    while office.desk.work(&|| at, &|| true).unwrap() {}
}

fn inbox(office: &Office, hospital: &str, day: &str) -> Vec<SecurityItem> {
    office
        .desk
        .security_inbox(&member(hospital, day), None, usize::MAX)
        .unwrap()
        .items
}

fn all_told(office: &Office, visit: &Visit) -> Vec<String> {
    let list = office.desk.notices(visit).unwrap();
    list.into_iter().map(|notice| notice.text.en).collect()
}

/// What somebody was told, but of the end of support.
fn told(office: &Office, visit: &Visit) -> Vec<String> {
    let mut list = all_told(office, visit);
    list.retain(|text| !text.starts_with("Support of"));
    list
}

fn go(
    office: &Office,
    visit: &Visit,
    (kind, owner, id): (&str, &str, &str),
    transition: &str,
    reason: &str,
    fields: &[(&str, &str)],
) {
    let seen = office.desk.record(visit, kind, owner, id).unwrap();
    let acted = office
        .desk
        .act(
            visit,
            &CaseAct {
                kind,
                owner,
                id,
                version: seen.case.map_or(0, |case| case.version),
                command: Command::Move {
                    transition: transition.into(),
                    reason: reason.into(),
                    dissent: String::new(),
                },
                controls: &controls(fields),
            },
        )
        .unwrap();
    assert_eq!(acted, Acted::Done, "{transition}");
    work(office, &visit.today().to_string());
}

fn watching(feed: &Feed) -> Office {
    office_with(ORGANISATIONS).with_advisories(feed.clone())
}

#[test]
fn a_name_that_comes_later_makes_what_was_told_graver() {
    let first = advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0");
    let feed = Feed::of(std::slice::from_ref(&first), &["CVE-2026-9999"]);
    let office = watching(&feed);
    asset(&office, "hospital-h", "病院での呼び名", "09501101020917", "2.4.1");
    hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    assert!(!inbox(&office, "hospital-h", "2026-06-01")[0].exploited);
    // Only the other advisory is new, about a package that no device has; it says that both are one vulnerability, which is exploited.
    let other = advisory(
        "CVE-2026-9999",
        &["EXAMPLE-2026-0001"],
        "kakuu-elsewhere",
        "1.0.0",
    );
    feed.replace(&[first, other], &["CVE-2026-9999"]);
    work(&office, "2026-06-02");
    let items = inbox(&office, "hospital-h", "2026-06-02");
    assert!(items[0].exploited, "{items:?}");
    assert_eq!(items.len(), 1);
    assert_eq!(told(&office, &member("hospital-h", "2026-06-02")).len(), 2);
}

#[test]
fn an_advisory_reaches_the_hospital_and_its_answer_and_closing_follow() {
    let feed = Feed::of(&[], &[]);
    let office = watching(&feed);
    let held = asset(&office, "hospital-h", "病院での呼び名", "09501101020917", "2.4.1");
    asset(&office, "hospital-x", "別の製品", "04901234567894", "");
    asset(&office, "hospital-x", "病院での呼び名", "09501101020917", "9.9");
    let device = hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    assert_eq!(inbox(&office, "hospital-h", "2026-06-01"), []);

    // A new advisory: whoever holds such a device has it in the inbox as soon as the jobs are done; nothing waits for a clock.
    let first = advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0");
    feed.replace(std::slice::from_ref(&first), &[]);
    work(&office, "2026-06-02");
    let items = inbox(&office, "hospital-h", "2026-06-02");
    assert_eq!(items.len(), 1);
    let item = items[0].clone();
    assert_eq!(
        (&*item.name, &*item.severity, item.exploited),
        ("EXAMPLE-2026-0001", "critical", false)
    );
    assert_eq!(
        item.assets.iter().map(|asset| &*asset.id).collect::<Vec<_>>(),
        [&*held]
    );
    assert_eq!((&*item.state_id, item.answers.len()), ("open", 0));
    assert_eq!(told(&office, &member("hospital-h", "2026-06-02")).len(), 1);
    assert_eq!(
        inbox(&office, "hospital-x", "2026-06-02"),
        [],
        "another product, another version"
    );

    // The same again tells nobody anything.
    feed.replace(std::slice::from_ref(&first), &[]);
    work(&office, "2026-06-03");
    assert_eq!(told(&office, &member("hospital-h", "2026-06-03")).len(), 1);
    assert_eq!(inbox(&office, "hospital-h", "2026-06-03"), items);

    // The maker has it on its list, and what it only saves is no answer yet.
    let maker = member("maker-a", "2026-06-04");
    let todo = office.desk.security_work(&maker, usize::MAX).unwrap().items;
    assert_eq!(todo.len(), 1);
    assert_eq!(
        todo[0].devices,
        [(device.clone(), "架空輸液ポンプC 2.4.1".to_owned())]
    );
    let answer = (ANSWER, "maker-a", &*todo[0].id);
    go(
        &office,
        &maker,
        answer,
        "investigate",
        "",
        &[("status", "under-investigation")],
    );
    assert_eq!(
        inbox(&office, "hospital-h", "2026-06-04")[0].answers[0].status,
        "under-investigation"
    );
    let fields = [("status", "affected"), ("action", "版2.4.2に更新してください。")];
    go(
        &office,
        &member("maker-a", "2026-06-05"),
        answer,
        "answer",
        "",
        &fields,
    );
    let answered = inbox(&office, "hospital-h", "2026-06-05");
    assert_eq!(answered[0].answers[0].action, "版2.4.2に更新してください。");
    assert_eq!(
        told(&office, &member("hospital-h", "2026-06-05")).len(),
        3,
        "opened, investigated, answered"
    );

    // The hospital asks, acts and closes.
    let hospital = member("hospital-h", "2026-06-08");
    let response = (RESPONSE, "hospital-h", &*item.id);
    go(
        &office,
        &hospital,
        response,
        "ask",
        "",
        &[("question", "更新はいつ届きますか。")],
    );
    assert_eq!(
        office.desk.security_work(&maker, usize::MAX).unwrap().items[0].asked,
        1
    );
    let seen = office
        .desk
        .record(&maker, RESPONSE, "hospital-h", &item.id)
        .unwrap()
        .view
        .record;
    assert!(
        seen.fields.contains_key("question") && !seen.fields.contains_key("assets"),
        "{seen:?}"
    );
    go(
        &office,
        &hospital,
        response,
        "mitigate",
        "",
        &[("measure", "updated")],
    );
    go(
        &office,
        &member("hospital-h", "2026-06-09"),
        response,
        "close",
        "架空: 全台を更新した。",
        &[],
    );
    assert!(inbox(&office, "hospital-h", "2026-06-09")[0].over);

    // What becomes known to be exploited is told again although the item was closed.
    feed.replace(
        &[advisory(
            "EXAMPLE-2026-0001",
            &["EXAMPLE-KEV-1"],
            "kakuu-left",
            "1.3.0",
        )],
        &["EXAMPLE-KEV-1"],
    );
    work(&office, "2026-06-10");
    let again = inbox(&office, "hospital-h", "2026-06-10");
    assert_eq!(again.len(), 2);
    assert!(again[0].exploited && !again[0].over && again[0].id != item.id);

    // What was known on an earlier day stays what it was.
    let as_of = |day: &str| {
        let asked = office.desk.security_inbox(
            &member("hospital-h", "2026-06-30"),
            Some(day.parse().unwrap()),
            usize::MAX,
        );
        asked.unwrap().items
    };
    assert_eq!(as_of("2026-06-01"), []);
    assert_eq!(as_of("2026-06-03"), items);
    assert_eq!(as_of("2026-06-05"), answered);
    assert_eq!(as_of("2026-06-08")[0].state_id, "mitigated");
    assert_eq!(as_of("2026-06-09").len(), 1);
}

#[test]
fn what_is_filed_or_registered_later_is_matched_at_once() {
    let feed = Feed::of(&[advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0")], &[]);
    let office = watching(&feed);
    asset(&office, "hospital-h", "架空輸液ポンプC", "", "");
    work(&office, "2026-05-01");
    hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    assert_eq!(inbox(&office, "hospital-h", "2026-06-01").len(), 1, "by the bill");
    asset(&office, "hospital-x", "架空輸液ポンプC", "", "2.4.1");
    work(&office, "2026-06-02");
    assert_eq!(
        inbox(&office, "hospital-x", "2026-06-02").len(),
        1,
        "by the asset"
    );
    // A second asset widens the item that is there.
    asset(&office, "hospital-x", "架空輸液ポンプC", "", "");
    work(&office, "2026-06-03");
    let items = inbox(&office, "hospital-x", "2026-06-03");
    assert_eq!((items.len(), items[0].assets.len()), (1, 2));
    assert_eq!(told(&office, &member("hospital-x", "2026-06-03")).len(), 2);
    // A desk that is opened anew knows the same and tells nothing twice.
    let office = office.with_advisories(feed.clone());
    work(&office, "2026-06-04");
    assert_eq!(told(&office, &member("hospital-x", "2026-06-04")).len(), 2);
    let support = office
        .desk
        .security_inbox(&member("hospital-h", "2026-06-04"), None, usize::MAX)
        .unwrap()
        .support;
    assert_eq!(support.len(), 1);
    assert_eq!(support[0].stage, LifeStage::EosNotice);
}

#[test]
fn what_becomes_more_severe_is_told_and_what_becomes_less_is_said() {
    let with = |day: &str, score: &str| {
        let mut record = advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0");
        record.severity[0].score = score.into();
        record.modified = format!("{day}T00:00:00Z");
        record
    };
    let medium = |day| with(day, "CVSS:3.1/AV:N/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:L");
    let critical = with("2026-06-02", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
    let feed = Feed::of(&[medium("2026-06-01")], &[]);
    let office = watching(&feed);
    asset(&office, "hospital-h", "架空輸液ポンプC", "", "v2.4.1");
    hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    let seen = |day: &str| {
        let items = inbox(&office, "hospital-h", day);
        let told = told(&office, &member("hospital-h", day)).len();
        (items.len(), items[0].severity.clone(), told)
    };
    assert_eq!(seen("2026-06-01"), (1, "medium".into(), 1));
    feed.replace(&[critical], &[]);
    work(&office, "2026-06-02");
    assert_eq!(seen("2026-06-02"), (1, "critical".into(), 2));
    feed.replace(&[medium("2026-06-03")], &[]);
    work(&office, "2026-06-03");
    assert_eq!(seen("2026-06-03"), (1, "medium".into(), 2));
}

#[test]
fn an_advisory_that_names_a_device_in_words_reaches_its_maker_and_who_holds_it() {
    let feed = Feed::of(&[], &[]);
    let office = watching(&feed);
    asset(&office, "hospital-h", "架空輸液ポンプC", "", "2.4.1");
    asset(&office, "hospital-x", "架空人工呼吸器V", "", "");
    let device = hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    let maker = member("maker-a", "2026-06-02");
    let by_maker = |versions| ("Made-up organisation maker-a", "架空輸液ポンプC", versions);
    let sure = csaf("KAKUU-26-001", "CVE-2026-7001", by_maker("<3.0"), None);
    let vague = csaf("KAKUU-26-002", "CVE-2026-7002", by_maker("made in spring"), None);
    let other = csaf("KAKUU-26-003", "CVE-2026-7003", by_maker(">=3.0"), None);
    let another = ("Made-up organisation maker-a", "架空輸液ポンプD", "<3.0");
    let another = csaf("KAKUU-26-004", "CVE-2026-7004", another, None);
    let all = [sure, vague, other, another];
    feed.replace_all(&[], &all, &[]);
    work(&office, "2026-06-02");
    let items = inbox(&office, "hospital-h", "2026-06-02");
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(
        (&*items[0].name, &*items[0].severity),
        ("CVE-2026-7001", "critical")
    );
    assert!(items[0].names.contains(&"KAKUU-26-001/CVE-2026-7001".to_owned()));
    assert_eq!(inbox(&office, "hospital-x", "2026-06-02"), []);
    // The maker is asked of both, and of neither the other versions nor the other product.
    let todo = office.desk.security_work(&maker, usize::MAX).unwrap();
    let names: BTreeSet<_> = todo.items.iter().map(|item| &*item.name).collect();
    assert_eq!(names, BTreeSet::from(["CVE-2026-7001", "CVE-2026-7002"]));
    // A list that is read in part says how much there is.
    let first = office.desk.security_work(&maker, 1).unwrap();
    assert_eq!((first.items.len(), first.all, first.open), (1, 2, 2));
    let page = office.desk.device_security(&maker, "maker-a", &device).unwrap();
    let said: Vec<_> = page
        .named
        .iter()
        .map(|wording| {
            (
                &*wording.advisory,
                wording.confidence.is_some(),
                wording.cause.is_some(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [("KAKUU-26-001", true, false), ("KAKUU-26-002", false, true)]
    );
    let ministry = secretariat("2026-06-02");
    let concerned = |cve: &str| {
        let page = office.desk.advisory(&ministry, cve).unwrap();
        page.devices
            .iter()
            .map(|device| device.doubtful)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (concerned("CVE-2026-7001"), concerned("CVE-2026-7002")),
        (vec![false], vec![true])
    );

    // The same again tells nobody anything, nor does a desk that is opened anew; exploitation does.
    let office = office.with_advisories(feed.clone());
    feed.replace_all(&[], &all, &[]);
    work(&office, "2026-06-03");
    assert_eq!(told(&office, &member("hospital-h", "2026-06-03")).len(), 1);
    feed.replace_all(&[], &all, &["CVE-2026-7001"]);
    work(&office, "2026-06-04");
    assert!(inbox(&office, "hospital-h", "2026-06-04")[0].exploited);
    assert_eq!(told(&office, &member("hospital-h", "2026-06-04")).len(), 2);

    // What only a person could tell, the maker has told.
    let vague = todo
        .items
        .iter()
        .find(|item| item.name == "CVE-2026-7002")
        .unwrap();
    let fields = [
        ("status", "affected"),
        ("impact", "架空の影響"),
        ("action", "架空の対策"),
    ];
    go(
        &office,
        &member("maker-a", "2026-06-05"),
        (ANSWER, "maker-a", &vague.id),
        "answer",
        "",
        &fields,
    );
    let items = inbox(&office, "hospital-h", "2026-06-05");
    let names: Vec<_> = items.iter().map(|item| &*item.name).collect();
    assert_eq!(names, ["CVE-2026-7001", "CVE-2026-7002"]);
    assert_eq!(items[1].answers.len(), 1);

    // A device that is handed in later is held against what is known, and an advisory that goes says nothing of one.
    feed.replace_all(&[], &all[1..], &[]);
    work(&office, "2026-06-06");
    hand_in(
        &office,
        "maker-a",
        "2026-06-06",
        "架空輸液ポンプD",
        &bill("2.4.1"),
    );
    asset(&office, "hospital-x", "架空輸液ポンプD", "", "2.4.1");
    work(&office, "2026-06-06");
    let items = inbox(&office, "hospital-x", "2026-06-06");
    let names: Vec<_> = items.iter().map(|item| &*item.name).collect();
    assert_eq!(names, ["CVE-2026-7004"]);
    let page = office.desk.device_security(&maker, "maker-a", &device).unwrap();
    assert_eq!(page.named.len(), 1);
}

/// What a hospital holds, as its own list says it: maker, name and version.
fn listed(office: &Office, hospital: &str, [maker, name, version]: [&str; 3]) -> String {
    save(
        office,
        &member(hospital, "2026-05-01"),
        "hospital-asset",
        &[
            ("name", name),
            ("maker", maker),
            ("software_version", version),
            ("quantity", "1"),
        ],
    )
}

#[test]
fn what_a_hospital_lists_is_held_against_advisories_though_no_maker_handed_in_anything() {
    let feed = Feed::of(&[], &[]);
    let office = watching(&feed);
    let maker = "架空メディカル株式会社";
    let old = listed(&office, "hospital-h", [maker, "架空輸液ポンプC", "Ver.2.3"]);
    let unsaid = listed(&office, "hospital-x", [maker, "架空輸液ポンプC 病棟用", ""]);
    for other in [
        [maker, "架空輸液ポンプC", "2.5"],
        [maker, "架空人工呼吸器V", "2.3"],
        ["別の架空製作所", "架空輸液ポンプC", "2.3"],
        ["", "ほかの製品", ""],
    ] {
        listed(&office, "hospital-x", other);
    }
    work(&office, "2026-06-01");
    let pump = ("架空メディカル（株）", "架空輸液ポンプC", "<2.5");
    let all = [csaf("KAKUU-26-011", "CVE-2026-7011", pump, None)];
    feed.replace_all(&[], &all, &[]);
    work(&office, "2026-06-02");
    let held = |hospital: &str| -> Vec<(String, Vec<String>, bool)> {
        let items = inbox(&office, hospital, "2026-06-02").into_iter();
        let ids = |item: &SecurityItem| item.assets.iter().map(|asset| asset.id.clone()).collect();
        items
            .map(|item| (item.name.clone(), ids(&item), item.to_check))
            .collect()
    };
    let name = || "CVE-2026-7011".to_owned();
    assert_eq!(held("hospital-h"), [(name(), vec![old.clone()], false)]);
    assert_eq!(held("hospital-x"), [(name(), vec![unsaid.clone()], true)]);
    assert_eq!(told(&office, &member("hospital-x", "2026-06-02")).len(), 1);
    // Its page says how sure that is, and why; whoever holds none of it is shown nothing.
    let page = |hospital: &str| {
        office
            .desk
            .advisory(&member(hospital, "2026-06-02"), "CVE-2026-7011")
    };
    let own = page("hospital-x").unwrap().own;
    assert_eq!(own.len(), 1);
    assert!(
        own[0].named[0].proof.en.contains("no version is registered"),
        "{own:?}"
    );
    assert_eq!(page("maker-b").unwrap_err().kind, "not-found");
    // The same again tells nobody anything.
    feed.replace_all(&[], &all, &[]);
    work(&office, "2026-06-03");
    assert_eq!(told(&office, &member("hospital-x", "2026-06-03")).len(), 1);

    // Whoever looks, and writes which version it is, is told what that means.
    let visit = member("hospital-x", "2026-06-04");
    let seen = office
        .desk
        .record(&visit, "hospital-asset", "hospital-x", &unsaid)
        .unwrap();
    let seen = Seen {
        owner: "hospital-x",
        id: &unsaid,
        version: seen.view.version,
    };
    let fields = controls(&[
        ("name", "架空輸液ポンプC 病棟用"),
        ("maker", maker),
        ("software_version", "2.4.0"),
        ("quantity", "1"),
    ]);
    office
        .desk
        .save_record(&visit, "hospital-asset", Some(seen), &fields, Completeness::Final)
        .unwrap();
    work(&office, "2026-06-04");
    assert_eq!(held("hospital-x"), [(name(), vec![unsaid], false)]);
    // What is listed later is matched at once, and by each of its ways.
    let later = listed(&office, "hospital-h", [maker, "架空輸液ポンプC", "1.0"]);
    work(&office, "2026-06-05");
    let assets: BTreeSet<String> = held("hospital-h")[0].1.iter().cloned().collect();
    assert_eq!(assets, BTreeSet::from([old, later]));
}

#[test]
fn a_version_that_its_maker_handed_in_tells_of_itself_and_of_no_other() {
    let feed = Feed::of(&[], &[]);
    let office = watching(&feed);
    let maker = "Made-up organisation maker-a";
    listed(&office, "hospital-h", [maker, "架空輸液ポンプC", "2.4.1"]);
    let older = listed(&office, "hospital-x", [maker, "架空輸液ポンプC", "2.3"]);
    hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    let all = [csaf(
        "KAKUU-26-012",
        "CVE-2026-7012",
        (maker, "架空輸液ポンプC", "made in spring"),
        None,
    )];
    feed.replace_all(&[], &all, &[]);
    work(&office, "2026-06-02");
    // Of the version that was handed in its maker is asked; of the other the hospital itself.
    assert_eq!(inbox(&office, "hospital-h", "2026-06-02"), []);
    let items = inbox(&office, "hospital-x", "2026-06-02");
    assert!(items[0].to_check && items[0].assets[0].id == older);
    let todo = office
        .desk
        .security_work(&member("maker-a", "2026-06-02"), 9)
        .unwrap();
    go(
        &office,
        &member("maker-a", "2026-06-03"),
        (ANSWER, "maker-a", &todo.items[0].id),
        "answer",
        "",
        &[
            ("status", "not-affected"),
            ("justification", "component-not-present"),
            ("impact", "架空の理由"),
        ],
    );
    assert_eq!(inbox(&office, "hospital-h", "2026-06-03"), []);
}

#[test]
fn a_device_that_was_merged_into_another_is_held_as_that() {
    let feed = Feed::of(&[], &[]);
    let office = watching(&feed);
    let visit = member("maker-a", "2026-06-01");
    let device = |name: &str| save(&office, &visit, "device", &[("name", name), ("level", "family")]);
    let (stays, goes) = (device("架空輸液ポンプC"), device("架空輸液ポンプＣ（旧登録）"));
    let link = |of: &str| format!("maker-a/{of}");
    let place = FileFor {
        kind: DEVICE,
        record: None,
        field: Some("sbom"),
    };
    let file = office.desk.keep_file(&visit, &place, "bill.json", bill("2.4.1"));
    let fields = [
        ("name", "架空の出荷名"),
        ("version_name", "2.4.1"),
        ("device", &*link(&goes)),
        ("sbom", &*file.unwrap().to_string()),
        ("contact", "psirt@kakuu-medical.example"),
    ];
    save(&office, &visit, DEVICE, &fields);
    for (hospital, of) in [("hospital-h", &stays), ("hospital-x", &goes)] {
        let fields = [
            ("name", "病棟のポンプ"),
            ("device", &*link(of)),
            ("quantity", "1"),
        ];
        save(
            &office,
            &member(hospital, "2026-06-01"),
            "hospital-asset",
            &fields,
        );
    }
    let ministry = secretariat("2026-06-02");
    let as_seen = |id| Seen {
        owner: "maker-a",
        id,
        version: 1,
    };
    let form = MergeForm {
        kind: "device",
        gone: as_seen(&goes),
        stays: as_seen(&stays),
        taken: &BTreeSet::new(),
        reason: "同じ製品が二度登録されていた。",
    };
    office.desk.merge(&ministry, &form).unwrap();
    work(&office, "2026-06-02");
    feed.replace(
        &[advisory(
            "GHSA-aaaa-bbbb-0021",
            &["CVE-2026-7021"],
            "kakuu-left",
            "1.3.0",
        )],
        &[],
    );
    work(&office, "2026-06-03");
    for hospital in ["hospital-h", "hospital-x"] {
        assert_eq!(inbox(&office, hospital, "2026-06-03").len(), 1, "{hospital}");
    }
}

#[test]
fn what_its_publisher_withdraws_leaves_nothing_to_do_and_comes_back_as_new() {
    let name = "CVE-2026-7041";
    let record = advisory("GHSA-aaaa-bbbb-0041", &[name], "kakuu-left", "1.3.0");
    let pump = "架空輸液ポンプC";
    let words = csaf(
        "KAKUU-26-041",
        "CVE-2026-7042",
        ("架空の別会社", pump, "<3.0"),
        None,
    );
    let feed = Feed::default();
    feed.replace_all(std::slice::from_ref(&record), std::slice::from_ref(&words), &[]);
    let office = watching(&feed);
    asset(&office, "hospital-h", pump, "", "2.4.1");
    listed(&office, "hospital-x", ["架空の別会社", pump, "1.0"]);
    hand_in(&office, "maker-a", "2026-06-01", pump, &bill("2.4.1"));
    work(&office, "2026-06-01");
    let states = |hospital: &str| -> Vec<(String, bool)> {
        let items = inbox(&office, hospital, "2026-06-09").into_iter();
        items.map(|item| (item.name, item.over)).collect()
    };
    let open = |name: &str| vec![(name.to_owned(), false)];
    let over = |name: &str| vec![(name.to_owned(), true)];
    assert_eq!(states("hospital-h"), open(name));
    assert_eq!(states("hospital-x"), open("CVE-2026-7042"));
    // What a database does not know any more was not withdrawn by that.
    feed.replace_all(&[], &[], &[]);
    work(&office, "2026-06-02");
    assert_eq!(states("hospital-h"), open(name));
    let withdrawn = Record {
        withdrawn: Some("2026-06-03T00:00:00Z".into()),
        ..record.clone()
    };
    let gone = Advisory {
        withdrawn: true,
        ..words.clone()
    };
    feed.replace_all(&[withdrawn], &[gone], &[]);
    work(&office, "2026-06-03");
    assert_eq!(states("hospital-h"), over(name));
    assert_eq!(states("hospital-x"), over("CVE-2026-7042"));
    for who in ["hospital-h", "hospital-x", "maker-a"] {
        let news = told(&office, &member(who, "2026-06-03"));
        assert!(
            news.iter().any(|text| text.contains("was withdrawn")),
            "{who}: {news:?}"
        );
    }
    let todo = office
        .desk
        .security_work(&member("maker-a", "2026-06-03"), 9)
        .unwrap();
    assert_eq!(todo.open, 0);
    let (again, spoken) = ("2026-06-04T00:00:00Z".to_owned(), "架空の改訂".to_owned());
    let record = Record {
        modified: again,
        ..record
    };
    let words = Advisory {
        title: Some(spoken),
        ..words
    };
    feed.replace_all(&[record], &[words], &[]);
    work(&office, "2026-06-04");
    assert_eq!(states("hospital-h"), [open(name), over(name)].concat());
    assert_eq!(
        states("hospital-x"),
        [open("CVE-2026-7042"), over("CVE-2026-7042")].concat()
    );
}

#[test]
fn a_vex_document_that_is_handed_in_after_market_is_the_makers_answer() {
    let name = "CVE-2026-7031";
    let records = [advisory("GHSA-aaaa-bbbb-0031", &[name], "kakuu-left", "1.3.0")];
    let feed = Feed::of(&records, &[]);
    let office = watching(&feed);
    asset(&office, "hospital-h", "架空輸液ポンプC", "", "2.4.1");
    let pump = "架空輸液ポンプC";
    let id = hand_in(&office, "maker-a", "2026-06-01", pump, &bill("2.4.1"));
    work(&office, "2026-06-01");
    assert_eq!(inbox(&office, "hospital-h", "2026-06-01").len(), 1);
    let vex = |statement: serde_json::Value| {
        let mut said =
            json!({ "vulnerability": { "name": name }, "products": [{ "@id": "pkg:npm/kakuu-left@1.2.0" }] });
        let (said_of, statement) = (said.as_object_mut().unwrap(), statement.as_object().unwrap());
        said_of.extend(statement.clone());
        json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://kakuu-medical.example/vex/1", "author": "架空 担当者",
            "timestamp": "2026-06-02T00:00:00Z", "version": 1, "statements": [said] })
    };
    let hand_on = |day: &str, document: serde_json::Value| {
        let visit = member("maker-a", day);
        let keep = |field, name, bytes: Vec<u8>| {
            let place = FileFor {
                kind: DEVICE,
                record: None,
                field: Some(field),
            };
            let file = office.desk.keep_file(&visit, &place, name, bytes);
            file.unwrap().to_string()
        };
        let sbom = keep("sbom", "bill.json", bill("2.4.1"));
        let vex = keep("vex", "vex.json", document.to_string().into_bytes());
        let version = office
            .desk
            .record(&visit, DEVICE, "maker-a", &id)
            .unwrap()
            .view
            .version;
        let seen = Seen {
            owner: "maker-a",
            id: &id,
            version,
        };
        let fields = controls(&[
            ("name", pump),
            ("version_name", "2.4.1"),
            ("sbom", &sbom),
            ("vex", &vex),
            ("contact", "psirt@kakuu-medical.example"),
        ]);
        let saved = office
            .desk
            .save_record(&visit, DEVICE, Some(seen), &fields, Completeness::Final);
        assert!(matches!(saved.unwrap(), SavedRecord::Kept(..)));
        work(&office, day);
        let todo = office.desk.security_work(&visit, 9).unwrap();
        (todo.items[0].state_id.clone(), todo.items[0].answer.clone())
    };
    // A statement that leaves out what hospitals are to read is none.
    let short = vex(json!({ "status": "not_affected", "justification": "component_not_present" }));
    assert_eq!(hand_on("2026-06-02", short), ("open".to_owned(), None));
    let whole = vex(
        json!({ "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
        "impact_statement": "架空の理由" }),
    );
    let (state, answer) = hand_on("2026-06-03", whole);
    let answer = answer.unwrap();
    assert_eq!(
        (&*state, &*answer.status, &*answer.justification, &*answer.impact),
        (
            "answered",
            "not-affected",
            "vulnerable-code-not-in-execute-path",
            "架空の理由"
        )
    );
    // The hospital reads it, and was told.
    let item = inbox(&office, "hospital-h", "2026-06-03").remove(0);
    assert_eq!(item.answers[0].status, "not-affected");
    let news = told(&office, &member("hospital-h", "2026-06-03"));
    assert!(
        news.iter().any(|text| text.contains("(not affected)")),
        "{news:?}"
    );
}

#[test]
fn a_component_that_only_its_cpe_tells_reaches_the_hospital() {
    let feed = Feed::of(&[], &[]);
    let office = watching(&feed);
    asset(&office, "hospital-h", "架空輸液ポンプC", "", "2.4.1");
    let mut document: serde_json::Value = serde_json::from_slice(&bill("2.4.1")).unwrap();
    document["components"][2]["version"] = json!("5.1");
    document["components"][2]["cpe"] = json!("cpe:2.3:o:kakuu:kernel:5.1:*:*:*:*:*:*:*");
    let bytes = document.to_string().into_bytes();
    hand_in(&office, "maker-a", "2026-06-01", "架空輸液ポンプC", &bytes);
    work(&office, "2026-06-01");
    let cpe = "cpe:2.3:o:kakuu:kernel:5.1:*:*:*:*:*:*:*";
    let advisory = csaf(
        "KAKUU-26-005",
        "CVE-2026-7005",
        ("架空社", "架空カーネル", "5.1"),
        Some(cpe),
    );
    feed.replace_all(&[], &[advisory], &[]);
    work(&office, "2026-06-02");
    let items = inbox(&office, "hospital-h", "2026-06-02");
    assert_eq!(items.len(), 1, "{items:?}");
    assert_eq!(items[0].name, "CVE-2026-7005");
    let board = office.desk.security_board(&secretariat("2026-06-02")).unwrap();
    assert_eq!((board.devices, board.components), ([1, 1], [3, 1, 0, 2]));
}

#[test]
fn whoever_holds_a_device_is_told_once_of_each_stage_of_its_life() {
    let feed = Feed::of(&[], &[]);
    let office = office_with(ORGANISATIONS).with_advisories(feed);
    let id = hand_in(
        &office,
        "maker-a",
        "2025-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    asset(&office, "hospital-h", "病棟のポンプ", "09501101020917", "");
    asset(&office, "hospital-h", "外来のポンプ", "09501101020917", "");
    asset(&office, "hospital-x", "架空のほかの機器", "", "");
    let told_by = |day: &str| {
        for _ in 0..2 {
            office.desk.watch_advisories(secretariat(day).at).unwrap();
            office.desk.tell_support(secretariat(day).at).unwrap();
            work(&office, day);
        }
        assert!(all_told(&office, &member("hospital-x", day)).is_empty());
        let notices = all_told(&office, &member("hospital-h", day)).into_iter();
        notices.filter(|text| text.contains("upport")).collect::<Vec<_>>()
    };
    // Support ends on 30 September 2026.
    assert!(told_by("2025-09-29").is_empty());
    let first =
        "Support of “架空輸液ポンプC 2.4.1” ends on 30 September 2026. Consider updating or replacing it.";
    assert_eq!(told_by("2025-09-30"), [first]);
    assert_eq!(told_by("2025-10-05"), [first]);
    // What was told long ago is not news any more, and is not told again.
    assert!(told_by("2026-09-30").is_empty());
    let ended = told_by("2026-10-01");
    assert_eq!(ended.len(), 1);
    assert!(ended[0].starts_with("Support of “架空輸液ポンプC 2.4.1” ended on 30 September 2026"));
    assert_eq!(told_by("2026-10-02").len(), 1);
    // Who registers one later is told as well.
    asset(
        &office,
        "hospital-x",
        "売店の隣のポンプ",
        "09501101020917",
        "Ver. 2.4",
    );
    work(&office, "2026-10-03");
    let later = all_told(&office, &member("hospital-x", "2026-10-03"));
    assert_eq!((later.len(), &later[0]), (1, &ended[0]));
    let page = office
        .desk
        .device_security(&member("maker-a", "2026-10-01"), "maker-a", &id)
        .unwrap();
    let life: Vec<_> = page.life.iter().map(|part| (part.stage, part.now)).collect();
    assert_eq!(
        life,
        [
            (LifeStage::Supported, false),
            (LifeStage::EosNotice, false),
            (LifeStage::Unsupported, true)
        ]
    );
}

#[test]
fn a_server_that_knows_an_advisory_otherwise_leaves_it_to_one_that_knows_it() {
    let day = "2026-06-01";
    let at = secretariat(day).at;
    let old = Feed::of(&[], &[]);
    let office = watching(&old);
    let new = Feed::of(&[], &[]);
    let other = office.another().with_advisories(Some(Box::new(new.clone())));
    let runs = |desk: &app::Desk, at| while desk.work(&|| at, &|| true).unwrap() {};
    asset(&office, "hospital-h", "病院での呼び名", "09501101020917", "2.4.1");
    hand_in(&office, "maker-a", day, "架空輸液ポンプC", &bill("2.4.1"));
    work(&office, day);
    other.watch_advisories(at).unwrap();
    new.replace(&[advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0")], &[]);
    other.watch_advisories(at).unwrap();
    // The job is put in; the server that does not know the advisory yet comes first.
    runs(&office.desk, at);
    assert_eq!(inbox(&office, "hospital-h", day), []);
    let later = at.checked_add(jiff::SignedDuration::from_secs(20)).unwrap();
    runs(&other, later);
    assert_eq!(inbox(&office, "hospital-h", day).len(), 1);
}

#[test]
fn it_makes_no_difference_which_server_did_a_job() {
    let day = "2026-06-01";
    let at = secretariat(day).at;
    let nothing = Feed::of(&[], &[]);
    let office = watching(&nothing);
    let others = Feed::of(&[], &[]);
    let other = office.another().with_advisories(Some(Box::new(others.clone())));
    let runs = |desk: &app::Desk| {
        desk.watch_advisories(at).unwrap();
        while desk.work(&|| at, &|| true).unwrap() {}
    };
    // Both have their rooms before anything is handed in.
    runs(&other);
    work(&office, day);
    asset(&office, "hospital-h", "病院での呼び名", "09501101020917", "2.4.1");
    hand_in(&office, "maker-a", day, "架空輸液ポンプC", &bill("2.4.1"));
    work(&office, day);
    // The job was this server's; the other one learns of an advisory, and tells.
    let first = advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0");
    others.replace(std::slice::from_ref(&first), &[]);
    runs(&other);
    assert_eq!(inbox(&office, "hospital-h", day).len(), 1);
    // A second device is handed in here, where the advisory is not known yet: the server that knows it tells of it too.
    asset(&office, "hospital-x", "別の呼び名", "04901234567894", "");
    let file = |bytes: Vec<u8>| {
        let place = FileFor {
            kind: DEVICE,
            record: None,
            field: Some("sbom"),
        };
        let kept = office
            .desk
            .keep_file(&member("maker-b", day), &place, "bill.json", bytes);
        kept.unwrap().to_string()
    };
    save(
        &office,
        &member("maker-b", day),
        DEVICE,
        &[
            ("name", "架空心電計E"),
            ("version_name", "1.0"),
            ("product_codes", "04901234567894"),
            ("sbom", &file(bill("1.0"))),
            ("eos_on", "2027-09-30"),
            ("contact", "psirt@kakuu-medical.example"),
        ],
    );
    work(&office, day);
    assert_eq!(inbox(&office, "hospital-x", day), []);
    runs(&other);
    let items = inbox(&office, "hospital-x", day);
    assert_eq!(items.len(), 1);
    // Both know the same in the end, and nobody is told twice.
    nothing.replace(std::slice::from_ref(&first), &[]);
    work(&office, day);
    let touched = |desk: &app::Desk| {
        let devices = desk.security_devices(&secretariat(day)).unwrap();
        devices
            .into_iter()
            .map(|device| (device.maker, device.id))
            .collect::<Vec<_>>()
    };
    assert_eq!(touched(&other), touched(&office.desk));
    assert_eq!(touched(&other).len(), 2);
    assert_eq!(told(&office, &member("hospital-x", day)).len(), 1);
}

#[test]
fn hospitals_are_not_told_of_what_does_not_concern_them() {
    let feed = Feed::of(&[advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0")], &[]);
    let office = watching(&feed);
    hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    let maker = member("maker-a", "2026-06-02");
    let todo = office.desk.security_work(&maker, usize::MAX).unwrap().items;
    let fields = [
        ("status", "not-affected"),
        ("justification", "vulnerable-code-not-present"),
        ("impact", "架空: 該当の機能を組み込んでいません。"),
    ];
    go(
        &office,
        &maker,
        (ANSWER, "maker-a", &todo[0].id),
        "answer",
        "",
        &fields,
    );
    asset(&office, "hospital-h", "架空輸液ポンプC", "", "");
    work(&office, "2026-06-03");
    assert_eq!(inbox(&office, "hospital-h", "2026-06-03"), []);
}

#[test]
fn the_gate_says_why_and_people_decide() {
    let feed = Feed::of(
        &[advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0")],
        &["EXAMPLE-2026-0001"],
    );
    let office = watching(&feed);
    let id = hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    let ministry = secretariat("2026-06-02");
    let text = |visit: &Visit, field: &str| {
        let page = office.desk.record(visit, DEVICE, "maker-a", &id).unwrap();
        page.view
            .record
            .fields
            .get(field)
            .and_then(record::Value::text)
            .unwrap_or_default()
    };
    assert_eq!(text(&ministry, "verdict"), "not-yet");
    insta::assert_snapshot!("gate_reasons", text(&ministry, "reasons"));
    let page = office.desk.device_security(&ministry, "maker-a", &id).unwrap();
    assert_eq!(page.components, [3, 1, 1, 1]);
    assert!(page.findings[0].exploited && page.findings[0].status.is_empty());

    let case = (DEVICE, "maker-a", &*id);
    let fields = [("assessment", "架空: 条件を付けてよい。")];
    go(
        &office,
        &ministry,
        case,
        "propose",
        "架空: 残りは市販後に回答する。",
        &fields,
    );
    let head = approver("2026-06-03");
    // The approver decides with conditions that the secretariat has written.
    let seen = office.desk.record(&ministry, DEVICE, "maker-a", &id).unwrap();
    let mut form = record::pairs(&seen.kind, &seen.view.record);
    form.push(("conditions".into(), "架空: 30日以内に回答すること。".into()));
    let seen = Seen {
        owner: "maker-a",
        id: &id,
        version: seen.view.version,
    };
    let saved = office
        .desk
        .save_record(&ministry, DEVICE, Some(seen), &form, Completeness::Final);
    assert!(matches!(saved.unwrap(), SavedRecord::Kept(..)));
    go(
        &office,
        &head,
        case,
        "clear-with-conditions",
        "架空: 妥当である。",
        &[],
    );
    let maker = member("maker-a", "2026-06-04");
    assert_eq!(text(&maker, "conditions"), "架空: 30日以内に回答すること。");
    assert_eq!(text(&maker, "assessment"), "", "the ministry's own");
    go(
        &office,
        &maker,
        case,
        "report-conditions",
        "",
        &[("conditions_met", "架空: 回答した。")],
    );
    go(
        &office,
        &secretariat("2026-06-05"),
        case,
        "conditions-met",
        "",
        &[],
    );
    let state = office
        .desk
        .record(&maker, DEVICE, "maker-a", &id)
        .unwrap()
        .case
        .unwrap()
        .state
        .unwrap();
    assert_eq!(state.id, "cleared");
}

#[test]
fn everybody_sees_their_own_alone() {
    let feed = Feed::of(&[advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0")], &[]);
    let office = watching(&feed);
    asset(&office, "hospital-h", "架空輸液ポンプC", "", "");
    let id = hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    let day = "2026-06-02";
    let kind = |refusal: Result<(), Refusal>| refusal.map_or_else(|refusal| refusal.kind, |()| "ok");
    let who = [
        ("public", public(day)),
        ("secretariat", secretariat(day)),
        ("approver", approver(day)),
        ("maker", member("maker-a", day)),
        ("other maker", member("maker-b", day)),
        ("hospital", member("hospital-h", day)),
        ("other hospital", member("hospital-x", day)),
    ];
    let desk = &office.desk;
    let rows: Vec<String> = who
        .iter()
        .map(|(name, visit)| {
            let board = kind(desk.security_board(visit).map(drop));
            let device = kind(desk.device_security(visit, "maker-a", &id).map(drop));
            for form in [HandoutForm::Csaf, HandoutForm::CycloneDx] {
                let handed_on = desk.device_handout(visit, ("maker-a", &id), form, &publisher(), "0");
                assert_eq!(kind(handed_on.map(drop)), device, "as its page: {name}");
            }
            let advisory = desk.advisory(visit, "EXAMPLE-2026-0001");
            let advisory = match advisory {
                Ok(page) => format!(
                    "{} devices, {} prefectures",
                    page.devices.len(),
                    page.prefectures.len()
                ),
                Err(refusal) => refusal.kind.to_owned(),
            };
            let todo = desk.security_work(visit, usize::MAX).map_or_else(
                |refusal| refusal.kind.to_owned(),
                |work| work.items.len().to_string(),
            );
            let inbox = desk.security_inbox(visit, None, usize::MAX).map_or_else(
                |refusal| refusal.kind.to_owned(),
                |inbox| inbox.items.len().to_string(),
            );
            let found = desk
                .security_findings(visit, &FindingQuery::default(), usize::MAX)
                .map_or_else(
                    |refusal| refusal.kind.to_owned(),
                    |page| page.findings.len().to_string(),
                );
            format!(
                "{name}: board {board}; device {device}; advisory {advisory}; work {todo}; inbox {inbox}; findings {found}"
            )
        })
        .collect();
    insta::assert_snapshot!("who_sees_what", rows.join("\n"));
}

/// An `OpenVEX` document with one statement on the component of `bill` that the first advisory is about.
fn vex(author: &str, status: &str, at: &str) -> Vec<u8> {
    let mut statement = json!({
        "vulnerability": { "name": "EXAMPLE-2026-0001" },
        "products": [{ "@id": "pkg:npm/kakuu-left@1.2.0" }], "status": status,
    });
    match status {
        "not_affected" => statement["justification"] = json!("component_not_present"),
        "affected" => statement["action_statement"] = json!("架空の対策"),
        _ => {}
    }
    let document = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": format!("https://kakuu.example/{author}"),
        "author": author, "timestamp": at, "version": 1, "statements": [statement],
    });
    document.to_string().into_bytes()
}

#[test]
fn a_device_shows_every_component_and_what_contradicts_itself() {
    let feed = Feed::of(&[advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0")], &[]);
    let office = watching(&feed);
    let (maker, desk) = (member("maker-a", "2026-06-01"), &office.desk);
    let keep = |field, name: &str, bytes| {
        let place = FileFor {
            kind: DEVICE,
            record: None,
            field: Some(field),
        };
        let kept = desk.keep_file(&maker, &place, name, bytes);
        kept.unwrap().to_string()
    };
    let newer = vex("架空PSIRT", "affected", "2026-05-02T00:00:00Z");
    let older = vex("架空メディカル", "not_affected", "2026-05-01T00:00:00Z");
    let files = [
        ("sbom", keep("sbom", "bill.json", bill("2.4.1"))),
        ("vex", keep("vex", "older.json", older)),
        ("vex", keep("vex", "newer.json", newer)),
    ];
    let mut fields = vec![
        ("name", "架空輸液ポンプC"),
        ("version_name", "2.4.1"),
        ("eos_on", "2026-09-30"),
        ("contact", "psirt@kakuu-medical.example"),
    ];
    fields.extend(files.iter().map(|(field, file)| (*field, file.as_str())));
    let id = save(&office, &maker, DEVICE, &fields);
    work(&office, "2026-06-01");
    let page = |visit: &Visit| desk.device_security(visit, "maker-a", &id).unwrap();
    let first = page(&maker);
    let ledger: Vec<String> = first
        .ledger
        .iter()
        .map(|row| {
            let cause = row.cause.as_ref().map_or("", |cause| cause.kind);
            format!("{} {:?} {cause}", row.name, row.standing)
        })
        .collect();
    let expected = [
        "kakuu-left Matched ",
        "kakuu-right Clean ",
        "架空カーネル Unassessable no_purl",
    ];
    assert_eq!(ledger, expected);
    let conflict = |device: &app::DeviceSecurity| -> Vec<String> {
        let spoken = device.findings[0].conflict.iter();
        spoken
            .map(|one| {
                let at = one.at.map(|at| at.strftime("%m-%d").to_string());
                format!(
                    "{} {} {} {:?} {:?}",
                    one.status, one.by, one.document, at, one.because
                )
            })
            .collect()
    };
    let expected = [
        "affected 架空PSIRT newer.json Some(\"05-02\") None",
        "not-affected 架空メディカル older.json Some(\"05-01\") Some(Newer)",
    ];
    assert_eq!(conflict(&first), expected);
    // What the maker answers here is newer than both.
    let item = desk.security_work(&maker, 1).unwrap().items[0].id.clone();
    let said = [
        ("status", "not-affected"),
        ("justification", "component-not-present"),
        ("impact", "架空の説明"),
    ];
    let later = member("maker-a", "2026-06-02");
    go(&office, &later, (ANSWER, "maker-a", &item), "answer", "", &said);
    let said = conflict(&page(&later));
    assert_eq!(said[0], "not-affected maker-a  Some(\"06-02\") None");
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said[1..].iter().all(|one| one.ends_with("Some(Newer)")),
        "{said:?}"
    );
}

#[test]
fn a_bill_in_tag_value_is_taken_matched_and_given_back() {
    let feed = Feed::of(&[advisory("EXAMPLE-2026-0001", &[], "kakuu-left", "1.3.0")], &[]);
    let office = watching(&feed);
    let (maker, desk) = (member("maker-a", "2026-06-01"), &office.desk);
    let bill = "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: 架空輸液ポンプC\n\
        DocumentNamespace: https://kakuu.example/spdx/pump\nCreator: Organization: 架空メディカル\n\
        Created: 2026-05-01T00:00:00Z\n\nPackageName: kakuu-left\nSPDXID: SPDXRef-left\nPackageVersion: 1.2.0\n\
        PackageDownloadLocation: NOASSERTION\nExternalRef: PACKAGE-MANAGER purl pkg:npm/kakuu-left@1.2.0\n";
    let place = |field| FileFor {
        kind: DEVICE,
        record: None,
        field: Some(field),
    };
    // Whatever it is called, it is what it says.
    let keep = |field, name: &str, bytes: &str| desk.keep_file(&maker, &place(field), name, bytes.into());
    let file = keep("sbom", "bill.json", bill).unwrap();
    assert_eq!((file.file_type, &*file.name), ("spdx", "bill.json.spdx"));
    assert_eq!(keep("vex", "bill.spdx", bill).unwrap_err().kind, "file_type");
    assert_eq!(
        keep("sbom", "bill.spdx", "PackageName: 架空").unwrap_err().kind,
        "file_type"
    );
    let id = save(
        &office,
        &maker,
        DEVICE,
        &[
            ("name", "架空輸液ポンプC"),
            ("version_name", "2.4.1"),
            ("sbom", &file.to_string()),
            ("eos_on", "2026-09-30"),
            ("contact", "psirt@kakuu-medical.example"),
        ],
    );
    work(&office, "2026-06-01");
    let page = desk.device_security(&maker, "maker-a", &id).unwrap();
    assert_eq!((page.fault, page.components), (None, [1, 1, 0, 0]));
    assert_eq!(page.findings[0].advisory, "EXAMPLE-2026-0001");
    let (_, bytes) = desk
        .record_file(&maker, DEVICE, "maker-a", &id, &file.sha256)
        .unwrap();
    assert_eq!(bytes, bill.as_bytes());
}

#[test]
fn all_findings_are_one_list_in_any_order_and_as_narrow_as_asked() {
    let graver = |id: &str, package: &str, vector: &str| {
        let mut record = advisory(id, &[], package, "9.0.0");
        record.severity[0].score = vector.to_owned();
        record
    };
    let low = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N";
    let feed = Feed::of(
        &[
            advisory("EXAMPLE-2026-0001", &["CVE-2026-0001"], "kakuu-left", "1.3.0"),
            graver("EXAMPLE-2026-0002", "kakuu-right", low),
            advisory("EXAMPLE-2026-0003", &[], "kakuu-left", "1.3.0"),
        ],
        &["EXAMPLE-2026-0002"],
    );
    let office = watching(&feed);
    let first = hand_in(
        &office,
        "maker-b",
        "2026-06-01",
        "架空輸液ポンプA",
        &bill("2.4.1"),
    );
    hand_in(
        &office,
        "maker-a",
        "2026-06-01",
        "架空輸液ポンプC",
        &bill("2.4.1"),
    );
    work(&office, "2026-06-01");
    let (day, desk) = ("2026-06-02", &office.desk);
    let ask = |visit: &Visit, query: &FindingQuery, most| {
        let page = desk.security_findings(visit, query, most).unwrap();
        assert!(page.ready);
        let shown = |one: &app::ListedFinding| {
            let last = one.advisory.chars().last().unwrap();
            let device = one.name.chars().last().unwrap();
            format!("{}{device}{last}", one.maker.trim_start_matches("maker-"))
        };
        let shown: Vec<String> = page.findings.iter().map(shown).collect();
        (shown.join(" "), page.next)
    };
    let sorted = |sort: &str| FindingQuery {
        sort: sort.into(),
        ..FindingQuery::default()
    };
    let ministry = secretariat(day);
    let orders = [
        "",
        "severity",
        "chance",
        "maker",
        "device",
        "component",
        "advisory",
    ];
    let listed: Vec<String> = orders
        .iter()
        .map(|sort| {
            let whole = ask(&ministry, &sorted(sort), 100).0;
            // Page by page it is the same list.
            for most in [1, 2, 5] {
                let (mut pages, mut query) = (vec![], sorted(sort));
                loop {
                    let (page, next) = ask(&ministry, &query, most);
                    pages.push(page);
                    match next {
                        Some(next) => query.after = next.to_string(),
                        None => break,
                    }
                }
                assert_eq!(pages.join(" ").trim(), whole, "{sort} {most}");
            }
            format!("{sort}: {whole}")
        })
        .collect();
    let expected = [
        ": aC2 bA2 aC1 bA1 aC3 bA3",
        "severity: aC1 bA1 aC3 bA3 aC2 bA2",
        "chance: aC2 bA2 aC1 bA1 aC3 bA3",
        "maker: aC2 aC1 aC3 bA2 bA1 bA3",
        "device: bA2 bA1 bA3 aC2 aC1 aC3",
        "component: aC1 bA1 aC3 bA3 aC2 bA2",
        "advisory: aC1 bA1 aC2 bA2 aC3 bA3",
    ];
    assert_eq!(listed, expected);
    let narrow = |set: fn(&mut FindingQuery)| {
        let mut query = FindingQuery::default();
        set(&mut query);
        ask(&ministry, &query, 100).0
    };
    assert_eq!(narrow(|query| query.exploited = "yes".into()), "aC2 bA2");
    assert_eq!(narrow(|query| query.severity = "low".into()), "aC2 bA2");
    assert_eq!(narrow(|query| query.maker = "maker-b".into()), "bA2 bA1 bA3");
    assert_eq!(narrow(|query| query.device = "ポンプc".into()), "aC2 aC1 aC3");
    assert_eq!(narrow(|query| query.component = "Right 3".into()), "aC2 bA2");
    assert_eq!(narrow(|query| query.advisory = "cve-2026-0001".into()), "aC1 bA1");
    assert_eq!(narrow(|query| query.advisory = "CVE-2026-9999".into()), "");
    // Makers have their own alone, whatever they ask for.
    assert_eq!(ask(&member("maker-b", day), &sorted(""), 100).0, "bA2 bA1 bA3");
    let others = FindingQuery {
        maker: "maker-a".into(),
        ..FindingQuery::default()
    };
    assert_eq!(ask(&member("maker-b", day), &others, 100).0, "");
    // What its maker answers here is not unanswered any more, and says who says so.
    let answers = desk.security_work(&member("maker-b", day), 10).unwrap();
    let item = answers.items.iter().find(|item| item.name == "CVE-2026-0001");
    let item = item.unwrap().id.clone();
    let said = [
        ("status", "not-affected"),
        ("justification", "component-not-present"),
        ("impact", "架空の説明"),
    ];
    go(
        &office,
        &member("maker-b", day),
        (ANSWER, "maker-b", &item),
        "answer",
        "",
        &said,
    );
    let unanswered = FindingQuery {
        unanswered: "yes".into(),
        ..FindingQuery::default()
    };
    assert_eq!(ask(&ministry, &unanswered, 100).0, "aC2 bA2 aC1 aC3 bA3");
    let of_first = FindingQuery {
        device: format!("maker-b/{first}"),
        advisory: "CVE-2026-0001".into(),
        ..FindingQuery::default()
    };
    let page = desk.security_findings(&ministry, &of_first, 10).unwrap();
    let told: Vec<_> = page
        .findings
        .iter()
        .map(|one| (&*one.status, &*one.said_by))
        .collect();
    assert_eq!(told, [("not-affected", "maker-b")]);
    for (query, kind) in [
        (sorted("nonsense"), "sort"),
        (
            FindingQuery {
                severity: "nonsense".into(),
                ..FindingQuery::default()
            },
            "severity",
        ),
        (
            FindingQuery {
                after: "nonsense".into(),
                ..FindingQuery::default()
            },
            "after",
        ),
    ] {
        let refused = |visit: &Visit| desk.security_findings(visit, &query, 10).unwrap_err().kind;
        assert_eq!(refused(&ministry), kind);
        // Who may not ask is told that alone.
        assert_eq!(refused(&public(day)), "sign-in");
    }
}

#[test]
fn the_ministry_sees_how_advisories_come_in_and_is_told_once_when_they_do_not() {
    let office = office_with(ORGANISATIONS);
    let at = |time: &str| -> jiff::Timestamp { format!("2026-06-01T{time}Z").parse().unwrap() };
    let source = "https://feeds.example/npm/all.zip";
    let note = |time: &str, came| office.desk.note_feed(at(time), source, came).unwrap();
    let broken = || {
        Err(Refusal::new(
            "unreachable",
            "取得できません。",
            "It cannot be fetched.",
        ))
    };
    let news = app::FeedNews {
        added: 3,
        refused: 1,
        named: vec!["all.zip/bad.json".into()],
        ..app::FeedNews::default()
    };
    let visit = |time: &str| Visit {
        at: at(time),
        ..secretariat("2026-06-01")
    };
    let told = |time: &str| {
        let list = office.desk.notices(&visit(time)).unwrap();
        list.into_iter()
            .map(|notice| {
                (
                    notice.name.clone(),
                    notice.text.en.clone(),
                    notice.is_about_feed(),
                )
            })
            .collect::<Vec<_>>()
    };
    note("00:00:00", Ok(Some(news.clone())));
    let before = office.events().len();
    note("01:00:00", Ok(None));
    assert_eq!(
        office.events().len(),
        before,
        "nothing is written where nothing changed"
    );
    note("02:00:00", broken());
    assert!(told("02:00:01").is_empty());
    note("03:00:00", broken());
    note("04:00:00", broken());
    let fails = (
        source.to_owned(),
        "Advisories are not coming in. It cannot be fetched.".to_owned(),
        true,
    );
    assert_eq!(told("04:00:01"), std::slice::from_ref(&fails));
    let feed = office
        .desk
        .security_board(&visit("04:00:01"))
        .unwrap()
        .feeds
        .remove(0);
    assert_eq!(
        (feed.looked, feed.changed, &feed.news),
        (at("04:00:00"), Some(at("00:00:00")), &news)
    );
    assert_eq!(feed.failing.unwrap().0, at("02:00:00"));
    note("05:00:00", Ok(None));
    note("06:00:00", Ok(None));
    let well = (
        source.to_owned(),
        "Advisories are coming in again.".to_owned(),
        true,
    );
    assert_eq!(told("06:00:01"), [well.clone(), fails.clone()]);
    // Another time is told anew.
    note("07:00:00", broken());
    note("08:00:00", broken());
    assert_eq!(told("08:00:01"), [fails.clone(), well, fails]);
    assert!(office.desk.notices(&approver("2026-06-02")).unwrap().is_empty());
}
