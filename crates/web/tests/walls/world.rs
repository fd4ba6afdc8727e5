//! A world in which every kind has records in every state, and everything confidential in it says a word of its own, which is found wherever it
//! comes out.

use std::collections::{BTreeMap, BTreeSet};

use app::{Amendment, Invitation, MINISTRY};
use app::{
    AnswerForm, CaseAct, Command, Completeness, FileFor, FirmRow, FormOf, List, MergeForm, Newcomer, Purpose,
    RecordQuery, RecordState, SavedRecord, Secret, Seen, Submitted, Visit,
};
use authz::Role;
use plan::{Confidentiality, Field, Kind, Procedure, Shape, Who};
use serde_json::json;
use vocab::Period;

use crate::desk::{Office, answers, office_with, public, row, step, typed, ways, workbook};

pub const DAY: &str = "2026-11-02";
/// To whom most records belong.
pub const OWNER: &str = "firm-owner";
/// Whom they name.
pub const PARTY: &str = "firm-party";
const STRANGER: &str = "firm-stranger";
const HOSPITAL: &str = "hospital";
const PASSWORD: &str = "しずかな川の白い橋を渡る";

/// Somebody, and what their browser keeps.
pub struct Person {
    pub name: &'static str,
    pub visit: Visit,
    pub secret: Option<Secret>,
}

/// Where the case of a record stands.
pub struct CaseOf {
    pub state: String,
    /// Whether the organisations that it names were asked.
    pub asked: bool,
    pub version: u32,
}

/// A record, with what was typed into it.
pub struct Placed {
    pub kind: Kind,
    pub procedure: Option<Procedure>,
    pub owner: String,
    pub id: String,
    pub version: u32,
    pub state: RecordState,
    pub case: Option<CaseOf>,
    pub typed: Vec<(String, String)>,
    /// Hashes of its files.
    pub files: Vec<String>,
}

impl Placed {
    pub fn address(&self) -> String {
        format!("/registers/{}/{}/{}", self.kind.id, self.owner, self.id)
    }
}

/// What a word stands in.
#[derive(Debug, Clone)]
pub enum Place {
    Field(String),
    Note,
    /// A message of the conversation with this organisation.
    Message(String),
    /// Why a step was taken.
    Reason,
    /// Why it was merged.
    Merge,
}

/// A word that stands in one place of the world alone.
#[derive(Debug, Clone)]
pub enum Canary {
    /// In a record, by its place in the world.
    Of(usize, Place),
    /// Elsewhere: those who may know it.
    Only(&'static [&'static str]),
}

pub struct World {
    pub office: Office,
    pub people: Vec<Person>,
    pub records: Vec<Placed>,
    pub canaries: Vec<Canary>,
    /// What stands for a parameter of an address, by the address up to it.
    pub things: BTreeMap<&'static str, Vec<String>>,
    /// By which records of a kind are referred to.
    first: BTreeMap<String, usize>,
}

/// A published list that fills a register, no shorter than what is there.
pub fn list() -> String {
    let titles = "ＥＤＩＮＥＴコード,提出者種別,上場区分,連結の有無,資本金,決算日,提出者名,提出者名（英字）,提出者名（ヨミ）,所在地,提出者業種,証券コード,提出者法人番号";
    let rows = (1..=9).map(|number| {
        format!("E0000{number},内国法人・組合,,無,,3月31日,架空医療機器{number},,,,精密機器,,\r\n")
    });
    let rows: String = rows.collect();
    format!("ダウンロード実行日,2026年11月02日現在,件数,9件\r\n{titles}\r\n{rows}")
}

/// How a word is written in a field of text.
pub fn word(number: usize) -> String {
    format!("canary{number:04}x")
}

/// How it is written as a figure.
fn figure(number: usize) -> String {
    (7_770_000 + number).to_string()
}

impl World {
    pub fn new() -> Self {
        let office = office_with([OWNER, PARTY, STRANGER, HOSPITAL]);
        let people = people(&office);
        let mut world = Self {
            office,
            people,
            records: vec![],
            canaries: vec![],
            things: BTreeMap::new(),
            first: BTreeMap::new(),
        };
        let rashin = world.office.desk.rashin().unwrap();
        for kind in &rashin.plan().kinds {
            let first = world.file(kind, OWNER, Completeness::Final);
            world.first.insert(kind.id.clone(), first);
        }
        for kind in &rashin.plan().kinds {
            world.file(kind, OWNER, Completeness::Draft);
            world.file(kind, OWNER, Completeness::Final);
            world.file(kind, HOSPITAL, Completeness::Final);
            match rashin.plan().procedure_of(&kind.id) {
                None => {
                    let gone = world.file(kind, OWNER, Completeness::Final);
                    world.merge(gone);
                }
                Some(procedure) => world.dealt_with(kind, procedure),
            }
        }
        world.work_of_the_ministry();
        world.things_of_the_owner();
        while world.office.desk.work(&|| public(DAY).at, &|| true).unwrap() {}
        world.look();
        world
    }

    pub fn visit(&self, name: &str) -> &Visit {
        &self.person(name).visit
    }

    pub fn person(&self, name: &str) -> &Person {
        self.people.iter().find(|one| one.name == name).unwrap()
    }

    /// The record of a kind to which others are merged and refer.
    pub fn first_of(&self, kind: &Kind) -> &Placed {
        &self.records[self.first[&kind.id]]
    }

    fn word(&mut self, canary: Canary) -> usize {
        self.canaries.push(canary);
        self.canaries.len() - 1
    }

    /// Who adds records of a kind for an organisation.
    fn author(&self, kind: &Kind, owner: &str) -> Visit {
        let member = if owner == HOSPITAL { "hospital" } else { "owner" };
        let mut all = [member, "secretariat"].into_iter().map(|name| self.visit(name));
        let adds = |who: &&Visit| {
            let register = self.office.desk.register(who, &kind.id);
            register.is_ok_and(|register| register.may_add)
        };
        all.find(adds).unwrap().clone()
    }

    /// Everything that is asked: words and figures of the record's own in fields of text and numbers.
    fn said(&mut self, who: &Visit, kind: &Kind, at: usize) -> Vec<(String, String)> {
        let mut list = answers(kind, PARTY);
        for field in &kind.fields {
            let mut say = |world: &mut Self, one: &Field, name: &str| {
                let written: fn(usize) -> String = match &one.shape {
                    Shape::Text | Shape::LongText => word,
                    Shape::Number(bounds) if bounds.most.is_none() => figure,
                    _ => return,
                };
                let text = written(world.word(Canary::Of(at, Place::Field(field.name.clone()))));
                let typed = list.iter_mut().filter(|(typed, _)| typed == name);
                typed.for_each(|(_, to)| to.clone_from(&text));
            };
            if let Shape::Table(columns) = &field.shape {
                for column in columns {
                    say(self, column, &format!("{}.1.{}", field.name, column.name));
                }
            }
            say(self, field, &field.name);
            if let Shape::Reference(to) = &field.shape
                && let Some(first) = self.first.get(to)
            {
                let to = &self.records[*first];
                // Nobody refers to what they do not see.
                let seen = self
                    .office
                    .desk
                    .record(who, &to.kind.id, &to.owner, &to.id)
                    .is_ok();
                list.extend(seen.then(|| (field.name.clone(), format!("{}/{}", to.owner, to.id))));
            }
        }
        for (name, text) in &mut list {
            // So that no step lacks anything.
            if name == "phase" {
                *text = "avoided".into();
            }
        }
        list
    }

    /// Files for each field that somebody may fill, each with a word in its name and one inside.
    fn files(
        &mut self,
        who: &Visit,
        kind: &Kind,
        at: usize,
        record: Option<(&str, &str)>,
    ) -> Vec<(String, String)> {
        let mut given = vec![];
        for field in &kind.fields {
            let Shape::Attachment { types, .. } = &field.shape else {
                continue;
            };
            let text = word(self.word(Canary::Of(at, Place::Field(field.name.clone()))));
            let (name, bytes) = if types.contains(&"pdf") {
                (format!("{text}.pdf"), format!("%PDF-1.7\n% {text}"))
            } else {
                (format!("{text}.json"), format!("{{\"made-up\": \"{text}\"}}"))
            };
            let place = FileFor {
                kind: &kind.id,
                record,
                field: Some(&field.name),
            };
            // Whoever may not fill the field hands in nothing for it.
            if let Ok(kept) = self.office.desk.keep_file(who, &place, &name, bytes.into()) {
                given.push((field.name.clone(), kept.to_string()));
            }
        }
        given
    }

    /// A record with everything, and what the ministry adds to it.
    fn file(&mut self, kind: &Kind, owner: &str, completeness: Completeness) -> usize {
        let at = self.records.len();
        let author = self.author(kind, owner);
        let mut typed = self.said(&author, kind, at);
        typed.extend(self.files(&author, kind, at, None));
        let saved = self
            .office
            .desk
            .save_record(&author, &kind.id, None, &typed, completeness);
        let (owner, id) = kept(saved.unwrap());
        let ministry = self.visit("secretariat").clone();
        let page = self.office.desk.record(&ministry, &kind.id, &owner, &id);
        if page.is_ok_and(|page| page.may_change) && completeness == Completeness::Final {
            let given: BTreeSet<String> = typed.iter().map(|(name, _)| name.clone()).collect();
            let more = self.files(&ministry, kind, at, Some((&owner, &id)));
            typed.extend(more.into_iter().filter(|(name, _)| !given.contains(name)));
            let seen = Seen {
                owner: &owner,
                id: &id,
                version: 1,
            };
            kept(
                self.office
                    .desk
                    .save_record(&ministry, &kind.id, Some(seen), &typed, completeness)
                    .unwrap(),
            );
        } else if completeness == Completeness::Final {
            // What the ministry says of a record that it does not write is the program's word.
            let named = |field: &&Field| matches!(field.shape, Shape::Organisation { party: true });
            for field in kind.fields.iter().filter(named) {
                self.office
                    .answer_for((&kind.id, &owner, &id), &field.name, json!([PARTY]));
            }
            if kind.fields.iter().any(|field| named(&field)) {
                // Its next version is indexed again, which what the program said here was not.
                let seen = Seen {
                    owner: &owner,
                    id: &id,
                    version: 2,
                };
                kept(
                    self.office
                        .desk
                        .save_record(&author, &kind.id, Some(seen), &typed, completeness)
                        .unwrap(),
                );
            }
        }
        let rashin = self.office.desk.rashin().unwrap();
        self.records.push(Placed {
            kind: kind.clone(),
            procedure: rashin.plan().procedure_of(&kind.id).cloned(),
            owner,
            id,
            version: 0,
            state: match completeness {
                Completeness::Draft => RecordState::Draft,
                Completeness::Final => RecordState::Filed,
            },
            case: None,
            files: hashes(&typed),
            typed,
        });
        at
    }

    /// Records in the places to which a procedure takes them where other people see them: with a party asked, public, over and merged.
    fn dealt_with(&mut self, kind: &Kind, procedure: &Procedure) {
        let state = |id: &str| procedure.state(id).unwrap();
        let asks = procedure
            .states
            .iter()
            .any(|one| one.waits_for.contains(&Who::Party));
        let all = ways(procedure);
        let mut places: Vec<_> = all.iter().collect();
        places.sort_by_key(|(_, way)| way.len());
        let open = |(place, _): &&(&(&str, bool), &Vec<&str>)| place.1 == asks && !state(place.0).last;
        let shown = |(place, _): &&(&(&str, bool), &Vec<&str>)| state(place.0).public.is_some() && !place.1;
        let over = |(place, _): &&(&(&str, bool), &Vec<&str>)| state(place.0).last;
        let over = places.iter().find(over).map(|(_, way)| (*way).clone()).unwrap();
        let spoken = [places.iter().find(open), places.iter().find(shown)];
        let spoken: Vec<Vec<&str>> = spoken
            .into_iter()
            .flatten()
            .map(|(_, way)| (*way).clone())
            .collect();
        for way in spoken {
            let at = self.taken(kind, &way);
            self.talk(at);
        }
        let gone = self.taken(kind, &over);
        self.merge(gone);
    }

    fn taken(&mut self, kind: &Kind, way: &[&str]) -> usize {
        let at = self.file(kind, OWNER, Completeness::Final);
        for transition in way {
            let reason = word(self.word(Canary::Of(at, Place::Reason)));
            let one = &self.records[at];
            let act = CaseAct {
                kind: &kind.id,
                owner: &one.owner,
                id: &one.id,
                version: 0,
                command: Command::Move {
                    transition: (*transition).into(),
                    reason,
                    dissent: String::new(),
                },
                controls: &one.typed,
            };
            step(&self.office.desk, self.people.iter().map(|one| &one.visit), &act);
        }
        at
    }

    /// Everybody who may says something, with a file, to all with whom they speak; the ministry notes something.
    fn talk(&mut self, at: usize) {
        for name in ["secretariat", "owner", "party"] {
            let who = self.visit(name).clone();
            let one = &self.records[at];
            let (kind, owner, id) = (one.kind.id.clone(), one.owner.clone(), one.id.clone());
            let case = |world: &Self| {
                let page = world.office.desk.record(&who, &kind, &owner, &id).ok();
                page.and_then(|page| page.case)
            };
            let Some(seen) = case(self) else { continue };
            let said = seen
                .speaks
                .into_iter()
                .map(|with| (Some(with.clone()), Place::Message(with)));
            let noted = seen.notes.then_some((None, Place::Note));
            for (with, place) in said.chain(noted).collect::<Vec<_>>() {
                let text = word(self.word(Canary::Of(at, place)));
                let place = FileFor {
                    kind: &kind,
                    record: Some((&owner, &id)),
                    field: None,
                };
                let bytes = format!("%PDF-1.7\n% {text}").into();
                let file = self
                    .office
                    .desk
                    .keep_file(&who, &place, &format!("{text}.pdf"), bytes)
                    .unwrap_or_else(|refusal| panic!("{name} {}: {refusal:?}", self.records[at].address()));
                self.records[at].files.push(file.sha256.clone());
                let files = vec![file];
                let command = match with {
                    Some(with) => Command::Say {
                        with: Some(with),
                        text,
                        files,
                    },
                    None => Command::Note { text, files },
                };
                let act = CaseAct {
                    kind: &kind,
                    owner: &owner,
                    id: &id,
                    version: case(self).unwrap().version,
                    command,
                    controls: &[],
                };
                self.office.desk.act(&who, &act).unwrap();
            }
        }
    }

    /// Merges a record into the first of its kind, as somebody who may.
    fn merge(&mut self, at: usize) {
        let reason = word(self.word(Canary::Of(at, Place::Merge)));
        let gone = &self.records[at];
        let stays = &self.records[self.first[&gone.kind.id]];
        let merged = ["secretariat", "owner"].into_iter().any(|name| {
            let who = self.visit(name);
            let version = |one: &Placed| {
                let page = self.office.desk.record(who, &one.kind.id, &one.owner, &one.id);
                page.map_or(0, |page| page.view.version)
            };
            let seen = |one| Seen {
                version: version(one),
                owner: &one.owner,
                id: &one.id,
            };
            let form = MergeForm {
                kind: &gone.kind.id,
                gone: seen(gone),
                stays: seen(stays),
                taken: &BTreeSet::new(),
                reason: &reason,
            };
            self.office.desk.merge(who, &form).is_ok()
        });
        assert!(merged, "nobody merges {}", gone.address());
        self.records[at].state = RecordState::Merged;
    }

    /// A round with an answer, a batch and an edition that is not published.
    fn work_of_the_ministry(&mut self) {
        let desk = &self.office.desk;
        let (ministry, owner) = (self.visit("secretariat").clone(), self.visit("owner").clone());
        let asked = [OWNER, PARTY].map(|organisation| FirmRow {
            organisation: organisation.into(),
            part: "domestic".into(),
            size: "7000000".into(),
        });
        let due = "2026-12-25".parse().unwrap();
        let round = desk
            .open_round(&ministry, "kgi2", Period::fiscal(2025), due, &asked)
            .unwrap();
        let batch = |text: &str| desk.start_batch(&ministry, text, vec![row("meti_market", "2025年", "1")]);
        let edition = desk.start_edition(
            &ministry,
            Period::fiscal(2025),
            "2026-10-01".parse().unwrap(),
            None,
        );
        let edition = edition.unwrap();
        let sales = self.canaries.len();
        let title = sales + 1;
        let form = AnswerForm {
            typed: typed(&[("investment", "1"), ("sales", &figure(sales))]),
            ..AnswerForm::default()
        };
        let taken = desk.submit_answer(&owner, &round, OWNER, 0, &form).unwrap();
        assert_eq!(taken, Submitted::Taken(1));
        let batch = batch(&word(title)).unwrap();
        self.word(Canary::Only(&["owner", "secretariat"]));
        self.word(Canary::Only(&["secretariat", "approver", "auditor"]));
        let file = format!("{}.csv", word(self.word(Canary::Only(&["secretariat"]))));
        let import = self
            .office
            .desk
            .import_list(&ministry, List::Edinet, &file, list().into(), true)
            .unwrap();
        self.things
            .insert("/registers/securities-filer/lists/{id}", vec![import]);
        self.things.insert("/rounds/{id}", vec![round]);
        self.things.insert("/batches/{id}", vec![batch]);
        self.things.insert("/editions/{id}", vec![edition]);
    }

    /// A saved view, a form that was not sent, and a file that was handed in and not taken.
    fn things_of_the_owner(&mut self) {
        const OWN: Canary = Canary::Only(&["owner"]);
        let owner = self.visit("owner").clone();
        let (view, unsent) = (word(self.word(OWN)), word(self.word(OWN)));
        let file = word(self.word(OWN));
        let sheet = word(self.word(Canary::Only(&["secretariat"])));
        let desk = &self.office.desk;
        desk.save_view(&owner, &view, "/registers/device", &[("q".into(), "x".into())])
            .unwrap();
        let form = FormOf {
            kind: "site",
            record: None,
            part: None,
        };
        desk.keep_unsent(&owner, form, 0, &[("name".into(), unsent)])
            .unwrap();
        let ministry = self.visit("secretariat").clone();
        let name = |word: &str| format!("{word}.xlsx");
        let mut table = desk
            .record_table(&owner, "site", Some(&RecordQuery::default()))
            .unwrap();
        // A row that cannot be taken, so that what is wrong with it is told.
        table.rows.truncate(1);
        table.rows[0].iter_mut().for_each(|cell| cell.clone_from(&file));
        let purpose = || Purpose::Records { kind: "site".into() };
        let faulty = desk
            .stage(&owner, purpose(), &name(&file), workbook(&table))
            .unwrap();
        let of_ministry = desk
            .stage(&ministry, purpose(), &name(&sheet), workbook(&table))
            .unwrap();
        table.rows.clear();
        let clean = desk
            .stage(&owner, purpose(), &name(&file), workbook(&table))
            .unwrap();
        let view = desk.saved_views(&owner).unwrap()[0].id.clone();
        self.things.insert("/views/{id}", vec![view]);
        self.things
            .insert("/imports/{id}", vec![of_ministry, clean, faulty]);
        let accounts = self.people.iter().filter_map(|one| one.visit.caller.as_ref());
        let accounts = accounts.map(|caller| caller.account.clone()).collect();
        self.things.insert("/people/{id}", accounts);
        let organisations = [OWNER, PARTY, MINISTRY].map(str::to_owned).into();
        self.things.insert("/organisations/{id}", organisations);
    }

    /// How records and cases stand in the end.
    fn look(&mut self) {
        for at in 0..self.records.len() {
            let one = &self.records[at];
            let seen = ["secretariat", "owner", "hospital"].into_iter().find_map(|name| {
                let page = self
                    .office
                    .desk
                    .record(self.visit(name), &one.kind.id, &one.owner, &one.id);
                page.ok()
            });
            let page = seen.unwrap();
            assert_eq!(page.view.state, one.state, "{}", one.address());
            let case = page.case.and_then(|case| {
                let waits = |id: &str| {
                    let state = case.procedure.state(id);
                    state.is_some_and(|state| state.waits_for.contains(&Who::Party))
                };
                let moved = |event: &app::CaseEvent| match &event.what {
                    app::Happened::Moved { to, .. } => waits(to),
                    _ => false,
                };
                Some(CaseOf {
                    state: case.state?.id,
                    asked: case.history.iter().any(moved),
                    version: case.version,
                })
            });
            self.records[at].version = page.view.version;
            self.records[at].case = case;
        }
    }
}

fn kept(saved: SavedRecord) -> (String, String) {
    match saved {
        SavedRecord::Kept(owner, id) => (owner, id),
        SavedRecord::Faults(faults) => panic!("{faults:#?}"),
    }
}

fn hashes(typed: &[(String, String)]) -> Vec<String> {
    let first = typed.iter().filter_map(|(_, text)| text.split_once(' '));
    let hash = |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    first
        .map(|(first, _)| first)
        .filter(hash)
        .map(str::to_owned)
        .collect()
}

/// Somebody of each sort, signed in.
fn people(office: &Office) -> Vec<Person> {
    let nobody = public(DAY);
    let desk = &office.desk;
    let signed_in = |name, secret: Secret| Person {
        name,
        visit: Visit {
            caller: desk.caller(&secret, nobody.at).unwrap(),
            ..nobody
        },
        secret: Some(secret),
    };
    let link = desk.first_link(&nobody).unwrap().unwrap();
    let newcomer = Newcomer {
        email: "administrator@rashin.example".into(),
        name: "架空 管理".into(),
        organisation: "架空省".into(),
        ..Newcomer::default()
    };
    let first = desk
        .accept_first_link(&nobody, &link.secret, &newcomer, PASSWORD)
        .unwrap();
    let administrator = signed_in("administrator", first.secret);
    let others = [
        ("owner", OWNER, Role::Member),
        ("party", PARTY, Role::Member),
        ("stranger", STRANGER, Role::Member),
        ("hospital", HOSPITAL, Role::Member),
        ("secretariat", MINISTRY, Role::Secretariat),
        ("approver", MINISTRY, Role::Approver),
        ("council", MINISTRY, Role::Council),
        ("auditor", MINISTRY, Role::Auditor),
    ];
    let others = others.map(|(name, organisation, role)| {
        let invitation = Invitation {
            email: format!("{name}@rashin.example"),
            amendment: Amendment {
                name: format!("架空 {name}"),
                organisation: organisation.into(),
                roles: vec![role.code().into()],
                ..Amendment::default()
            },
        };
        let (_, link) = desk.invite(&administrator.visit, &invitation).unwrap();
        let session = desk.accept_link(&nobody, &link.secret, PASSWORD).unwrap();
        signed_in(name, session.secret)
    });
    let nobody = Person {
        name: "nobody",
        visit: nobody.clone(),
        secret: None,
    };
    std::iter::once(nobody)
        .chain(others)
        .chain([administrator])
        .collect()
}

/// Whether a field is for somebody alone.
pub fn is_confidential(field: &Field) -> bool {
    field.confidentiality != Confidentiality::Public
}
