//! The yearly follow-up as its use cases tell it, on SQLite: who may do what when, what is published and stays, what a report holds.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use app::{Desk, EditionView, Entry, Piece, Report, Said, Sentence, Stage, Step, Typed, Visit};
use authz::{Caller, Role};
use jiff::civil::{Date, date};
use plan::Files;
use serde_json::Value;
use store::{Name, Store};
use store_sqlite::Sqlite;
use vocab::{Calendar, Number, Period};

const DAY: Date = date(2026, 4, 30);
const YEAR: Period = Period {
    calendar: Calendar::Fiscal,
    year: 2025,
};

struct Office {
    store: Arc<Sqlite>,
    desk: Desk,
    _folder: tempfile::TempDir,
}

fn desk(store: &Arc<Sqlite>, corrections: &[String]) -> Desk {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan");
    let files = Files::from_folder(&folder).unwrap();
    let texts = files
        .iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()));
    let more = ("series/zz-corrections.toml".to_owned(), corrections.concat());
    let files = Files::from_texts(texts.chain([more]));
    let next = AtomicU8::new(0);
    let random = Box::new(move |bytes: &mut [u8]| bytes.fill(next.fetch_add(1, Ordering::Relaxed)));
    Desk::new(files, Arc::<Sqlite>::clone(store), random)
}

/// A later observation of a series.
fn correction(series: &str, period: &str, value: &str, recorded: Date) -> String {
    format!(
        "\n[[observation]]\nseries = \"{series}\"\nperiod = \"{period}\"\nvalue = \"{value}\"\nprinted = \"訂正\"\n\
         source = \"interim-2026\"\nsection = \"架空\"\nrecorded = \"{recorded}\"\nauthor = \"a\"\napprover = \"b\"\n"
    )
}

fn office() -> Office {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(&folder.path().join("office.db")).unwrap());
    Office {
        desk: desk(&store, &[]),
        store,
        _folder: folder,
    }
}

fn visit(account: &str, roles: &[Role]) -> Visit {
    Visit {
        at: "2026-06-01T00:00:00Z".parse().unwrap(),
        caller: Some(Caller {
            account: account.into(),
            organisation: app::MINISTRY.into(),
            roles: roles.to_vec(),
            key: None,
            lent: None,
        }),
    }
}

fn writer() -> Visit {
    visit("writer", &[Role::Secretariat])
}

fn approver() -> Visit {
    visit("approver", &[Role::Approver])
}

fn council() -> Visit {
    visit("council", &[Role::Council])
}

fn public() -> Visit {
    Visit {
        caller: None,
        ..writer()
    }
}

fn typed(about: &str, ja: &str, en: &str) -> Typed {
    Typed {
        about: about.into(),
        ja: ja.into(),
        en: en.into(),
    }
}

fn words() -> Vec<Typed> {
    vec![
        typed(
            "summary",
            "第3期医療機器基本計画の初年度です。\n\"KGI 2\" は{FY2024}に{kgi2[FY2024]}でした。",
            "The first year. KGI 2 was {kgi2[FY2024]} in {FY2024}.",
        ),
        typed(
            "kgi1",
            "{FY2040}の値は{kgi1[FY2040]}で、元の値は{kgi1.base}です。",
            "In {FY2040} it is {kgi1[FY2040]}, from {kgi1.base}.",
        ),
    ]
}

impl Office {
    fn view(&self, visit: &Visit, id: &str) -> EditionView {
        self.desk.edition(visit, id).unwrap()
    }

    fn save(&self, id: &str, passages: Vec<Typed>) -> Vec<app::WordFault> {
        let version = self.view(&writer(), id).version;
        self.desk.save_passages(&writer(), id, version, passages).unwrap()
    }

    fn publish(&self, follows: Option<&str>) -> String {
        publish(&self.desk, DAY, follows)
    }
}

fn publish(desk: &Desk, as_of: Date, follows: Option<&str>) -> String {
    let id = desk.start_edition(&writer(), YEAR, as_of, follows).unwrap();
    if follows.is_none() {
        desk.save_passages(&writer(), &id, 1, words()).unwrap();
    }
    desk.hand_in(&writer(), &id).unwrap();
    desk.publish(&approver(), &id).unwrap();
    id
}

#[test]
fn a_year_from_draft_to_publication() {
    let office = office();
    let desk = &office.desk;
    let id = desk.start_edition(&writer(), YEAR, DAY, None).unwrap();
    assert_eq!(id, "fy2025");

    // What is typed is kept, faults and all; a draft with faults is not handed in.
    let faults = office.save(&id, vec![typed("kgi2", "額は1.9兆円です。", "It is {kgi9}.")]);
    let said: Vec<_> = faults
        .iter()
        .map(|one| (one.column, one.quote.as_str()))
        .collect();
    assert_eq!(said, [(3, "1.9"), (8, "kgi9")]);
    assert_eq!(office.view(&writer(), &id).passages[0].ja, "額は1.9兆円です。");
    let steps = office.view(&writer(), &id).steps;
    assert_eq!(steps, [Step::Mend, Step::Write, Step::Open]);
    assert_eq!(desk.hand_in(&writer(), &id).unwrap_err().kind, "faulty-words");
    assert_eq!(office.save(&id, words()), []);

    desk.open_for_comments(&writer(), &id).unwrap();
    assert_eq!(office.view(&council(), &id).steps, [Step::Comment]);
    let comment = desk
        .comment(&council(), &id, "kgi1", "元の値の説明がほしい。")
        .unwrap();
    let nothing = desk.comment(&council(), &id, "kgi7", "?");
    assert_eq!(nothing.unwrap_err().kind, "unknown-topic");
    assert_eq!(desk.hand_in(&writer(), &id).unwrap_err().kind, "open-comments");
    assert!(office.view(&writer(), &id).steps.contains(&Step::Answer));
    desk.answer_comment(&writer(), &id, &comment, "書き足しました。")
        .unwrap();
    let again = desk.answer_comment(&writer(), &id, &comment, "?");
    assert_eq!(again.unwrap_err().kind, "closed");

    desk.hand_in(&writer(), &id).unwrap();
    assert_eq!(office.view(&approver(), &id).steps, [Step::Decide]);
    desk.send_back(&approver(), &id, "要約を短く。").unwrap();
    let back = office.view(&writer(), &id).sent_back;
    assert_eq!(back.as_deref(), Some("要約を短く。"));
    desk.hand_in(&writer(), &id).unwrap();
    let publication = desk.publish(&approver(), &id).unwrap();

    // The anchor is the end of the chain before publication; the seal is that of the file.
    let bytes = desk.export(&public(), &id).unwrap();
    let edition = indicator::Edition::parse(&bytes).unwrap();
    assert_eq!(edition.sha256().unwrap(), publication.seal);
    assert_eq!(edition.recompute().unwrap(), []);
    let ministry = Name::new(app::MINISTRY).unwrap();
    let chain = office.store.head(&ministry).unwrap().unwrap();
    let anchors: Vec<_> = publication.heads.iter().map(|head| head.seq + 1).collect();
    assert_eq!(anchors, [chain.seq]);

    // The books know the edition at once, and nothing seems to have changed since.
    let news = desk.rashin().unwrap().dashboard().unwrap().news;
    assert_eq!(news.edition.unwrap().2, publication.seal);
    assert!(news.moved.is_empty() && !news.plan_changed);
    assert_eq!(office.view(&public(), &id).line.stage, Stage::Published);
    assert_eq!(office.view(&writer(), &id).steps, [Step::Follow]);
    assert_eq!(desk.publish(&approver(), &id).unwrap_err().kind, "closed");
}

fn done<T>(result: Result<T, vocab::Refusal>) -> Result<(), &'static str> {
    result.map(drop).map_err(|refusal| refusal.kind)
}

#[test]
fn each_may_do_what_the_policy_grants_and_no_more() {
    type Deed = fn(&Desk, &Visit) -> Result<(), &'static str>;
    const ID: &str = "fy2025";
    let deeds: [(&str, Deed, &[Role]); 8] = [
        (
            "start",
            |desk, by| done(desk.start_edition(by, YEAR, DAY, None)),
            &[Role::Secretariat],
        ),
        (
            "save",
            |desk, by| done(desk.save_passages(by, ID, 2, words())),
            &[Role::Secretariat],
        ),
        (
            "open",
            |desk, by| done(desk.open_for_comments(by, ID)),
            &[Role::Secretariat],
        ),
        (
            "comment",
            |desk, by| done(desk.comment(by, ID, "kgi1", " ")),
            &[Role::Council, Role::Approver],
        ),
        (
            "hand in",
            |desk, by| done(desk.hand_in(by, ID)),
            &[Role::Secretariat],
        ),
        (
            "send back",
            |desk, by| done(desk.send_back(by, ID, " ")),
            &[Role::Approver],
        ),
        (
            "read",
            |desk, by| done(desk.edition(by, ID)),
            &[Role::Secretariat, Role::Approver, Role::Council, Role::Auditor],
        ),
        (
            "publish",
            |desk, by| done(desk.publish(by, ID)),
            &[Role::Approver],
        ),
    ];
    let office = office();
    office.desk.start_edition(&writer(), YEAR, DAY, None).unwrap();
    office.save(ID, words());
    for (name, deed, granted) in deeds {
        let refusal = deed(&office.desk, &public()).unwrap_err();
        assert!(["sign-in", "not-found"].contains(&refusal), "{name} {refusal}");
        for role in Role::ALL {
            let refusal = deed(&office.desk, &visit(role.code(), &[role])).err();
            let let_in = refusal != Some("not-found");
            assert_eq!(let_in, granted.contains(&role), "{name} {role:?} {refusal:?}");
        }
    }
    // Four eyes: who wrote does not publish, be it with the role.
    let both = [Role::Secretariat, Role::Approver];
    let (one, other) = (visit("one", &both), visit("other", &both));
    let id = office.desk.start_edition(&one, YEAR, DAY, None).unwrap();
    office.desk.hand_in(&one, &id).unwrap();
    assert_eq!(office.desk.publish(&one, &id).unwrap_err().kind, "not-found");
    office.desk.publish(&other, &id).unwrap();
}

#[test]
fn nobody_else_learns_of_a_draft() {
    let office = office();
    let desk = &office.desk;
    let id = office.publish(None);
    let draft = desk.start_edition(&writer(), YEAR, DAY, Some(&id)).unwrap();
    assert_eq!(draft, "fy2025-2");
    let keeper = visit("keeper", &[Role::Administrator]);
    for by in [public(), visit("firm", &[Role::Member]), keeper] {
        let list: Vec<_> = desk
            .editions(&by)
            .unwrap()
            .into_iter()
            .map(|line| line.id)
            .collect();
        assert_eq!(list, [id.as_str()]);
        for missing in [draft.as_str(), "fy1999", "../x", ""] {
            assert_eq!(desk.edition(&by, missing).unwrap_err().kind, "not-found");
            assert_eq!(desk.report(&by, missing).unwrap_err().kind, "not-found");
            assert_eq!(desk.export(&by, missing).unwrap_err().kind, "not-found");
            assert_eq!(desk.compare(&by, &id, missing).unwrap_err().kind, "not-found");
        }
        assert!(office.view(&by, &id).comments.is_empty());
    }
    assert_eq!(desk.editions(&council()).unwrap().len(), 2);
    // Words of the edition before are the start of the next.
    assert_eq!(office.view(&writer(), &draft).passages, words());
}

#[test]
fn two_writers_do_not_overwrite_each_other() {
    let office = office();
    let id = office.desk.start_edition(&writer(), YEAR, DAY, None).unwrap();
    let seen = office.view(&writer(), &id).version;
    office.save(&id, words());
    let second = visit("second", &[Role::Secretariat]);
    let late = office.desk.save_passages(&second, &id, seen, vec![]);
    assert_eq!(late.unwrap_err().kind, "conflict");
    assert_eq!(office.view(&writer(), &id).passages, words());
}

#[test]
fn only_days_of_the_year_so_far_are_taken() {
    let office = office();
    let calendar = Period {
        calendar: Calendar::Calendar,
        ..YEAR
    };
    for (year, day) in [
        (YEAR, date(2026, 6, 2)),
        (YEAR, date(2025, 3, 31)),
        (calendar, DAY),
    ] {
        let refused = office.desk.start_edition(&writer(), year, day, None);
        assert_eq!(refused.unwrap_err().kind, "bad-edition");
    }
}

#[test]
fn what_is_published_is_what_was_handed_in() {
    let office = office();
    let id = office.desk.start_edition(&writer(), YEAR, DAY, None).unwrap();
    office.desk.hand_in(&writer(), &id).unwrap();
    let late = correction(
        "domestic_investment_usd",
        "FY2024",
        "45億ドル/年",
        date(2026, 4, 1),
    );
    let moved = desk(&office.store, &[late]);
    assert_eq!(moved.publish(&approver(), &id).unwrap_err().kind, "moved");
    office.desk.publish(&approver(), &id).unwrap();
}

#[test]
fn the_first_edition_stays_the_same_bytes_through_thirteen_restatements() {
    let office = office();
    let first = office.publish(None);
    let bytes = office.desk.export(&public(), &first).unwrap();
    let mut corrections = vec![];
    let mut before = first.clone();
    for round in 0..13_i8 {
        let recorded = date(2026, 5, 1 + round);
        let value = format!("{}億ドル/年", 42 + round);
        corrections.push(correction("domestic_investment_usd", "FY2024", &value, recorded));
        let desk = desk(&office.store, &corrections);
        // Three of them become editions of their own.
        if round % 5 == 2 {
            let next = publish(&desk, recorded, Some(&before));
            let list = desk.compare(&public(), &before, &next).unwrap();
            assert!(list.iter().any(|one| one.id == "kgi2" && one.before != one.after));
            for one in list {
                let parts = one
                    .parts
                    .iter()
                    .map(|part| part.amount.parse::<Number>().unwrap());
                let total = parts.fold(Number::ZERO, |sum, part| sum.plus(&part).unwrap());
                let (from, to): (Number, Number) = (one.before.parse().unwrap(), one.after.parse().unwrap());
                assert_eq!(total, to.minus(&from).unwrap(), "{} {}", one.id, one.at);
            }
            let report = desk.report(&public(), &next).unwrap();
            let changes = report.changes.as_ref().unwrap();
            assert_eq!(changes.edition, before);
            assert!(changes.moved.iter().any(|change| change.difference.id == "kgi2"));
            before = next;
        }
        assert_eq!(desk.export(&public(), &first).unwrap(), bytes);
    }
}

fn said<'r>(findings: &'r [Said], list: &mut Vec<&'r Sentence>) {
    for one in findings {
        list.extend([&one.title, &one.say]);
        list.extend(&one.hint);
    }
}

/// Every sentence of a report.
fn sentences(report: &Report) -> Vec<&Sentence> {
    let mut list: Vec<&Sentence> = report.summary.iter().collect();
    for chapter in &report.chapters {
        list.extend(&chapter.passages);
        for goal in &chapter.indicators {
            list.extend(&goal.passages);
            list.extend(goal.target.iter().map(|(_, figure)| figure));
            list.extend(goal.chart.latest.iter().map(|(_, figure)| figure));
            said(&goal.findings, &mut list);
        }
    }
    let latest = report.references.iter().flat_map(|chart| &chart.latest);
    list.extend(latest.map(|(_, figure)| figure));
    list.extend(report.situation.iter().map(|line| &line.figure));
    said(&report.findings, &mut list);
    list.extend(report.annex.iter().map(|entry| &entry.title));
    list
}

#[test]
fn no_numeral_of_a_report_stands_without_its_trace() {
    let office = office();
    let id = office.publish(None);
    let report = office.desk.report(&public(), &id).unwrap();
    let known: BTreeSet<&str> = report.annex.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(known.len(), report.annex.len(), "an annex entry stands twice");
    let mut figures = 0;
    let sentences = sentences(&report);
    for piece in sentences.iter().flat_map(|one| one.ja.iter().chain(&one.en)) {
        match piece {
            Piece::Words { text } => assert!(!text.contains(char::is_numeric), "{text}"),
            Piece::Figure { trace, text } => {
                figures += 1;
                assert!(known.contains(trace.as_str()), "{text}: {trace}");
            }
            Piece::Mark { .. } => {}
        }
    }
    assert!(figures > 100, "{figures}");
    for entry in &report.annex {
        let rests = entry.rests_on.iter().all(|one| known.contains(one.as_str()));
        assert!(rests, "{}", entry.id);
        assert!(!entry.rows.is_empty() || entry.method.is_some(), "{}", entry.id);
    }
    let text = |pieces: &[Piece]| pieces.iter().map(Piece::text).collect::<String>();
    // The edition's own words come before the standing ones.
    assert_eq!(report.summary.len(), 2);
    let own = &report.summary[0];
    assert_eq!(
        text(&own.ja),
        "第3期医療機器基本計画の初年度です。\n\"KGI 2\" は2024年度に1.9兆円/年でした。"
    );
    assert_eq!(
        text(&own.en),
        "The first year. KGI 2 was 1.9 trillion yen per year in FY2024."
    );
}

#[test]
fn sdmx_has_a_line_for_every_figure_in_its_columns() {
    let office = office();
    let id = office.publish(None);
    let text = office.desk.sdmx(&public(), &id).unwrap();
    let mut lines = text.split_terminator("\r\n");
    let heads: Vec<_> = lines.next().unwrap().split(',').collect();
    assert_eq!(
        heads[..6],
        [
            "STRUCTURE",
            "STRUCTURE_ID",
            "ACTION",
            "FREQ",
            "INDICATOR",
            "TIME_PERIOD"
        ]
    );
    let mut keys = BTreeSet::new();
    for line in lines {
        let cells: Vec<_> = line.split(',').collect();
        assert_eq!(cells.len(), heads.len(), "{line}");
        let key = (cells[4].to_owned(), cells[5].to_owned());
        assert!(keys.insert(key), "{line} stands twice");
        assert_eq!(cells[6].is_empty(), cells[9] == "M", "{line}");
        assert!(
            cells[6].is_empty() || cells[6].parse::<Number>().is_ok(),
            "{line}"
        );
        assert!(["A", "E", "F", "M"].contains(&cells[9]), "{line}");
        assert_eq!(cells[5].ends_with("-A1"), cells[10] == "--04-01", "{line}");
    }
    for line in [
        "dataflow,RASHIN:FOLLOW_UP(1.0),I,A,kgi2,2024-A1,1.9,JPY_PER_YR,12,E,--04-01,,2026-04-30,",
        ",I,A,kgi1,2040-A1,28,JPY,12,F,--04-01,",
    ] {
        assert!(text.contains(line), "{line}");
    }
}

/// Every identifier that a relation of a PROV-JSON document names is declared in it.
fn assert_resolves(entry: &Entry, document: &Value) {
    const RELATIONS: [&str; 5] = [
        "wasDerivedFrom",
        "wasGeneratedBy",
        "used",
        "wasAttributedTo",
        "hadMember",
    ];
    const THINGS: [&str; 3] = ["entity", "activity", "agent"];
    let sections = document.as_object().unwrap();
    let things = THINGS.iter().filter_map(|kind| sections.get(*kind)?.as_object());
    let declared: BTreeSet<&str> = things.flat_map(|map| map.keys().map(String::as_str)).collect();
    let prefixes = sections["prefix"].as_object().unwrap();
    for (section, content) in sections {
        let relation = RELATIONS.contains(&section.as_str());
        assert!(relation || section == "prefix" || THINGS.contains(&section.as_str()));
        if !relation {
            continue;
        }
        for roles in content.as_object().unwrap().values() {
            for (role, target) in roles.as_object().unwrap() {
                assert!(role.starts_with("prov:"));
                let target = target.as_str().unwrap();
                assert!(declared.contains(target), "{}: {section} {target}", entry.id);
            }
        }
    }
    for id in declared {
        let (prefix, local) = id.split_once(':').unwrap();
        assert!(
            prefixes.contains_key(prefix) && !local.is_empty() && !local.contains(':'),
            "{id}"
        );
    }
}

#[test]
fn provenance_resolves_for_every_entry() {
    let office = office();
    let id = office.publish(None);
    let report = office.desk.report(&public(), &id).unwrap();
    for entry in &report.annex {
        assert_resolves(entry, &report.prov(&entry.id).unwrap());
    }
    let document = report.prov("trace-kgi2-fy2040").unwrap();
    for section in ["wasDerivedFrom", "wasGeneratedBy", "used", "wasAttributedTo"] {
        assert!(document[section].as_object().unwrap().len() > 1, "{section}");
    }
    assert!(report.prov("trace-nothing").is_none());
}
