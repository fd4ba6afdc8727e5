//! The supply of devices: which shortages are public, and whom they touch. A report is told to the hospitals that hold its product; what it says is
//! what its public fields say, so nothing here can show more than the record itself would.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use authz::{Action, Role, Subject};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use plan::{DateRange, Kind as Form, Text};
use record::procedure::{Case, Channel};
use record::{FieldNeed, Record, ShapeNeed, Value, ViewNeed, Viewer};
use serde::Serialize;
use serde_json::json;
use store::{Direction, Draft, Filter, Job, Name, Progress, Query, Test};
use vocab::{Period, Refusal};

use super::case::{about, filter};
use super::kept::{TOGETHER, opened as kept_opened, refused};
use super::notice::{Notice, Once};
use super::register::{Found, RecordState, key, opened, stored};
use super::work::{Heard, Work};
use super::{Desk, Kept, Kind, Visit, closed};
use crate::ask::Rashin;

/// The kind of a report.
pub(super) const REPORT: &str = "supply-report";
/// The kind of what a hospital holds.
pub(super) const ASSET: &str = "hospital-asset";
/// The kind of a registered device.
const DEVICE: &str = "device";
/// So many public reports are read for the national picture that go on, and as many that are over, the newest first.
const READ: u32 = 5_000;
/// What was read for everybody is kept for so long.
const KEPT: SignedDuration = SignedDuration::from_secs(30);
/// What is told of a change has a number above those of all steps.
const CHANGES: usize = 1_000_000;
/// So many of a hospital's assets are named with a report.
const NAMED: usize = 100;
/// What is settled leaves a hospital's page after so many days.
const SETTLED: i64 = 30;

/// What this engine reads of the plan's kinds.
pub(super) const NEEDS: [ViewNeed; 2] = [
    ViewNeed {
        engine: "supply",
        kind: REPORT,
        fields: &[
            FieldNeed::new("name", ShapeNeed::Words, true),
            FieldNeed::new("device", ShapeNeed::Reference("device"), true),
            FieldNeed::new("product_codes", ShapeNeed::Codes("gtin"), true),
            FieldNeed::new("jmdn", ShapeNeed::Code("jmdn"), true),
            FieldNeed::new(
                "report_type",
                ShapeNeed::Choice(&["concern", "stock-out", "discontinuation"]),
                true,
            ),
            FieldNeed::new(
                "phase",
                ShapeNeed::Choice(&["anticipated", "actual", "avoided", "resolved"]),
                true,
            ),
            FieldNeed::new("affected", ShapeNeed::Period, true),
            FieldNeed::new("recovery", ShapeNeed::Date, true),
        ],
    },
    ViewNeed {
        engine: "supply",
        kind: ASSET,
        fields: &[
            FieldNeed::new("name", ShapeNeed::Words, true),
            FieldNeed::new("device", ShapeNeed::Reference("device"), true),
            FieldNeed::new("gtin", ShapeNeed::Code("gtin"), true),
            FieldNeed::new("quantity", ShapeNeed::Figure("台"), false),
        ],
    },
];

/// A report that is public, as far as it is.
#[derive(Debug, Clone, Serialize)]
pub struct SupplyReport {
    /// The organisation that reported.
    pub owner: String,
    /// Id of its record.
    pub id: String,
    /// Reference number.
    pub number: String,
    /// Brand name.
    pub name: String,
    /// Company, as it calls itself.
    pub company: String,
    /// Code of the generic name.
    pub jmdn: String,
    /// `concern`, `stock-out`, `discontinuation`.
    pub report_type: String,
    /// `anticipated`, `actual`, `avoided`, `resolved`; empty where that is not said.
    pub phase: String,
    /// Codes of the causes.
    pub causes: Vec<String>,
    /// `national`, `regional`, `institutions`; empty where that is not said.
    pub area: String,
    /// Codes of the prefectures that are affected, where it is not the whole country.
    pub prefectures: Vec<String>,
    /// From when until when, as expected.
    #[serde(serialize_with = "as_text")]
    pub affected: Option<DateRange>,
    /// Expected last shipment.
    pub last_shipment: Option<Date>,
    /// Expected return to normal.
    pub recovery: Option<Date>,
    /// What can be used instead.
    pub substitutes: Vec<Substitute>,
    /// What the ministry tells hospitals.
    pub notice: String,
    /// What everybody may know of how it is dealt with.
    pub state: Text,
    /// Whether it is settled.
    pub last: bool,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// The day on which it was reported.
    pub reported: Date,
    /// The day on which something last happened.
    pub changed: Date,
}

/// The public reports as they were read at a time, each with what everybody sees of its record.
#[derive(Debug)]
pub(super) struct PublicReports {
    at: Timestamp,
    reports: Vec<(SupplyReport, Record)>,
    cut: bool,
}

/// What can be used instead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Substitute {
    /// Brand name.
    pub name: String,
    /// Who makes it.
    pub maker: String,
    /// Product code.
    pub product_code: String,
    /// Where it cannot be used.
    pub limits: String,
}

#[expect(clippy::ref_option, reason = "the shape that serde wants")]
fn as_text<S: serde::Serializer>(range: &Option<DateRange>, serializer: S) -> Result<S::Ok, S::Error> {
    range.map(|range| range.to_string()).serialize(serializer)
}

/// What the national picture is narrowed by; empty texts narrow nothing.
#[derive(Debug, Clone, Default)]
pub struct SupplyQuery {
    /// Where the supply stands, or [`SupplyReport::WITHDRAWN`].
    pub phase: String,
    /// The fiscal year in which it was reported.
    pub year: String,
    /// What was reported.
    pub report_type: String,
    /// One of the causes.
    pub cause: String,
    /// A prefecture that is affected; a report for the whole country affects all.
    pub prefecture: String,
    /// Code of the generic name.
    pub jmdn: String,
    /// Words of the brand name or the company.
    pub words: String,
}

/// The national picture.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SupplyBoard {
    /// The public reports, the newest first.
    pub reports: Vec<SupplyReport>,
    /// Of these: how many by phase; those that were withdrawn by that.
    pub phases: BTreeMap<String, usize>,
    /// By what was reported.
    pub types: BTreeMap<String, usize>,
    /// By cause; a report may have several.
    pub causes: BTreeMap<String, usize>,
    /// By code of the generic name.
    pub generic_names: BTreeMap<String, usize>,
    /// By prefecture: those that name it and those for the whole country, as long as they are not settled.
    pub prefectures: BTreeMap<String, usize>,
    /// By month of the report, `2026-11`, from the first to the last of them: how many by phase. A month of which there is no report has none.
    pub months: BTreeMap<String, BTreeMap<String, usize>>,
    /// Whether there are older ones that were not read.
    pub cut: bool,
}

/// A report that touches what a hospital holds.
#[derive(Debug, Clone, Serialize)]
pub struct SupplyForHolder {
    /// The report.
    pub report: SupplyReport,
    /// What the hospital holds of it: id of the asset, its name and department.
    pub assets: Vec<HeldAsset>,
    /// How many pieces in all.
    pub quantity: u64,
}

/// What a hospital holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldAsset {
    /// Id of its record.
    pub id: String,
    /// What the hospital calls it.
    pub name: String,
    /// Where it is.
    pub department: String,
}

impl Desk {
    /// The national picture of supply, open to everybody. That a device is not in it says that nobody has reported it, not that it is not short.
    ///
    /// # Errors
    /// Those of the store.
    pub fn supply_board(&self, visit: &Visit, asked: &SupplyQuery) -> Result<SupplyBoard, Refusal> {
        let public = self.public_records(visit.at)?;
        let mut board = SupplyBoard {
            cut: public.cut,
            ..SupplyBoard::default()
        };
        let reports = public.reports.iter().map(|(report, _)| report);
        for report in reports.filter(|report| asked.takes(report)) {
            *board.phases.entry(report.stands().to_owned()).or_default() += 1;
            *board.types.entry(report.report_type.clone()).or_default() += 1;
            for cause in &report.causes {
                *board.causes.entry(cause.clone()).or_default() += 1;
            }
            if !report.jmdn.is_empty() {
                *board.generic_names.entry(report.jmdn.clone()).or_default() += 1;
            }
            if !report.is_settled() {
                for code in report.reaches() {
                    *board.prefectures.entry(code).or_default() += 1;
                }
            }
            let month = report.reported.strftime("%Y-%m").to_string();
            let month = board.months.entry(month).or_default();
            *month.entry(report.stands().to_owned()).or_default() += 1;
            board.reports.push(report.clone());
        }
        let days = || board.reports.iter().map(|report| report.reported);
        if let (Some(first), Some(last)) = (days().min(), days().max()) {
            let from = first.first_of_month();
            let all = from.series(jiff::Span::new().months(1));
            for month in all.take_while(|day| *day <= last) {
                board
                    .months
                    .entry(month.strftime("%Y-%m").to_string())
                    .or_default();
            }
        }
        Ok(board)
    }

    /// What touches the devices that the organisation of the one who asks holds, what is still short first.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for whoever answers for no organisation.
    pub fn supply_for_me(&self, visit: &Visit) -> Result<Vec<SupplyForHolder>, Refusal> {
        Self::authorise(visit, Action::ReadOwnWork, Subject::default())?;
        let caller = visit.caller.as_ref().filter(|caller| caller.is(Role::Member));
        let own = &caller.ok_or_else(|| closed(visit))?.organisation;
        let rashin = self.rashin()?;
        let Some(kind) = rashin.plan().kind(ASSET) else {
            return Ok(vec![]);
        };
        let owner = Name::new(&**own).map_err(refused)?;
        // A hospital that has registered nothing is touched by nothing that is known here.
        let mut any = Query::of(stored(ASSET)?);
        any.owner = Some(owner.clone());
        if self.store.count(&any, 1).map_err(refused)? == 0 {
            return Ok(vec![]);
        }
        let mut list = vec![];
        for (report, record) in &self.public_records(visit.at)?.reports {
            let settled = i64::from((visit.today() - report.changed).get_days()) > SETTLED;
            if report.is_settled() && settled {
                continue;
            }
            let mut assets: BTreeMap<String, Record> = BTreeMap::new();
            self.each_held(kind, &report.owner, record, Some(&owner), |found| {
                assets.insert(found.id, found.record);
            })?;
            if assets.is_empty() {
                continue;
            }
            list.push(SupplyForHolder {
                quantity: assets.values().map(pieces).sum(),
                assets: assets
                    .iter()
                    .take(NAMED)
                    .map(|(id, record)| HeldAsset {
                        id: id.clone(),
                        name: text(record, "name"),
                        department: text(record, "department"),
                    })
                    .collect(),
                report: report.clone(),
            });
        }
        list.sort_by_key(|one| (one.report.is_settled(), std::cmp::Reverse(one.report.changed)));
        Ok(list)
    }

    /// Tells every organisation that holds the product of a public report what happened to it; told once for one event, however often it is tried.
    pub(super) fn tell_holders(
        &self,
        at: Timestamp,
        (owner, id, event): (&str, &str, usize),
        heard: &mut Heard<'_>,
    ) -> Result<Option<Progress>, Refusal> {
        let rashin = self.rashin()?;
        let (Some(report), Some(asset)) = (rashin.plan().kind(REPORT), rashin.plan().kind(ASSET)) else {
            return Ok(Some(Progress::default()));
        };
        let version = self.store.newest(&key(report, owner, id)?).map_err(refused)?;
        let Some(found) = version.map(|version| opened(report, &version)).transpose()? else {
            return Ok(Some(Progress::default()));
        };
        let Some(file) = self.case_file(&rashin, report, owner, id)? else {
            return Ok(Some(Progress::default()));
        };
        let state = file.state().and_then(|state| state.public.clone());
        let text = match state {
            Some(state) => Text {
                ja: format!("お持ちの製品の供給について、お知らせがあります（{}）。", state.ja),
                en: format!(
                    "There is news on the supply of a product that you hold ({}).",
                    state.en
                ),
            },
            None => return Ok(Some(Progress::default())),
        };
        let number = file
            .kept
            .as_ref()
            .map(|kept| kept.value.number.clone())
            .unwrap_or_default();
        let mut holders = BTreeSet::new();
        self.each_held(asset, owner, &found.record, None, |found| {
            holders.insert(found.owner);
        })?;
        holders.remove(owner);
        let holders: Vec<String> = holders.into_iter().collect();
        let mut told = 0;
        let so_far = |told| Progress {
            done: told,
            total: holders.len() as u64,
            text: String::new(),
        };
        let once = |holder: &String| Once {
            owner: holder.clone(),
            name: format!("supply.{owner}.{id}.{event}"),
            notice: Notice {
                to: vec![Channel::Organisation(holder.clone()).to_string()],
                text: text.clone(),
                urgent: false,
                kind: REPORT.into(),
                owner: owner.into(),
                id: id.into(),
                number: number.clone(),
                at,
            },
            detail: json!({ "kind": REPORT, "what": "told", "number": number }),
        };
        for some in holders.chunks(TOGETHER) {
            told += self.tell_once(at, some.iter().map(once).collect())?;
            if !heard(&so_far(told))? {
                return Ok(None);
            }
        }
        Ok(Some(so_far(told)))
    }

    /// The jobs that follow from reports that are changed outside a step of their case.
    pub(super) fn changed_later(owner: &str, drafts: &[Draft], at: Timestamp) -> Result<Vec<Job>, Refusal> {
        let mut jobs = vec![];
        let report = stored(REPORT)?;
        for draft in drafts
            .iter()
            .filter(|draft| draft.kind == report && draft.expected > 0)
        {
            let version = draft.expected + 1;
            let work = Work::SupplyChanged {
                owner: owner.to_owned(),
                id: draft.id.to_string(),
                version,
            };
            jobs.push(work.job(format!("supply-changed.{owner}.{}.{version}", draft.id), at)?);
        }
        Ok(jobs)
    }

    /// Tells those who hold the product, and the ministry, that what is public of a report was changed by this version; nothing where it was not.
    pub(super) fn tell_changed(
        &self,
        at: Timestamp,
        (owner, id, number): (&str, &str, u32),
        heard: &mut Heard<'_>,
    ) -> Result<Option<Progress>, Refusal> {
        let rashin = self.rashin()?;
        let Some(kind) = rashin.plan().kind(REPORT) else {
            return Ok(Some(Progress::default()));
        };
        let Some(file) = self.case_file(&rashin, kind, owner, id)? else {
            return Ok(Some(Progress::default()));
        };
        let (state, kept) = (file.state().cloned(), file.kept);
        let (Some(state), Some(kept)) = (state.filter(|state| state.public.is_some()), kept) else {
            return Ok(Some(Progress::default()));
        };
        let versions = self.store.versions(&key(kind, owner, id)?).map_err(refused)?;
        let said = |number: u32| -> Result<Option<Record>, Refusal> {
            let version = versions.iter().find(|version| version.version == number);
            let found = version.map(|version| opened(kind, version)).transpose()?;
            let found = found.filter(|found| found.state() == RecordState::Filed);
            Ok(found.map(|found| {
                record::redact(kind, owner, &found.record, &Viewer::default(), &BTreeSet::new())
            }))
        };
        if number == 0 || said(number - 1)? == said(number)? || state.last {
            return Ok(Some(Progress::default()));
        }
        let case = kept.value;
        let notice = Once {
            owner: owner.to_owned(),
            name: format!("supply-changed.{id}.{number}"),
            notice: Notice {
                to: vec![Channel::Role("secretariat".into()).to_string()],
                text: Text {
                    ja: "公表している供給の報告の内容が変更されました。変更の履歴を確かめてください。".into(),
                    en: "What is public of a supply report was changed. See its history.".into(),
                },
                urgent: false,
                kind: REPORT.into(),
                owner: owner.into(),
                id: id.into(),
                number: case.number.clone(),
                at,
            },
            detail: json!({ "kind": REPORT, "what": "told", "number": case.number }),
        };
        self.tell_once(at, vec![notice])?;
        // Beyond every event of the case: what a step tells has a name of its own.
        let event = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .saturating_add(CHANGES);
        self.tell_holders(at, (owner, id, event), heard)
    }

    /// Goes through what is held of the product of a report, a page at a time: the same registered device, the same product code, or the same brand
    /// name. What is held by several of these comes as often.
    pub(super) fn each_held(
        &self,
        kind: &Form,
        reporter: &str,
        report: &Record,
        holder: Option<&Name>,
        held: impl FnMut(Found),
    ) -> Result<(), Refusal> {
        self.each_asset(kind, self.sought(reporter, report)?, holder, held)
    }

    /// Goes through what is held, by one holder or by all, and passes any of these filters; what passes several comes as often.
    pub(super) fn each_asset(
        &self,
        kind: &Form,
        sought: Vec<Filter>,
        holder: Option<&Name>,
        mut held: impl FnMut(Found),
    ) -> Result<(), Refusal> {
        for filter in sought {
            let query = Query {
                owner: holder.cloned(),
                state: Some(Name::new("filed").map_err(refused)?),
                filters: vec![filter],
                ..Query::of(stored(ASSET)?)
            };
            for version in self.every(query) {
                let found = opened(kind, &version?)?;
                if text(&found.record, "use") != "retired" {
                    held(found);
                }
            }
        }
        Ok(())
    }

    /// What an asset has to be to be the product of a report: any of these.
    fn sought(&self, reporter: &str, report: &Record) -> Result<Vec<Filter>, Refusal> {
        let registered = self.same_registered(device_of(reporter, report).as_deref())?;
        products_as(registered, texts(report, "product_codes"), &text(report, "name"))
    }

    /// A registered device, as a link from elsewhere is written, and all that were merged with it.
    pub(super) fn same_registered(&self, link: Option<&str>) -> Result<Vec<String>, Refusal> {
        let rashin = self.rashin()?;
        let (Some((owner, id)), Some(device)) = (
            link.and_then(|link| link.split_once('/')),
            rashin.plan().kind(DEVICE),
        ) else {
            return Ok(vec![]);
        };
        let stays = self.followed(device, key(device, owner, id)?)?;
        let all = self.merged_keys(&stays)?.into_iter().chain([stays]);
        Ok(all.map(|one| format!("{}/{}", one.owner, one.id)).collect())
    }

    /// The public reports with what everybody sees of their records: those that go on, then those that are over, the newest first; and whether
    /// there are more. Kept for a moment, since everybody may ask: what is written here is read at once, what another server writes a little later.
    fn public_records(&self, at: Timestamp) -> Result<Arc<PublicReports>, Refusal> {
        let kept = self.supply.lock().ok().and_then(|kept| kept.clone());
        if let Some(kept) = kept.filter(|kept| at.duration_since(kept.at).abs() < KEPT) {
            return Ok(kept);
        }
        let rashin = self.rashin()?;
        let mut found = PublicReports {
            at,
            reports: vec![],
            cut: false,
        };
        let Some(procedure) = rashin.plan().procedure_of(REPORT) else {
            return Ok(Arc::new(found));
        };
        for over in ["no", "yes"] {
            let query = Query {
                filters: vec![
                    filter("part", Test::Is("public".into()))?,
                    filter("procedure", Test::Is(procedure.id.clone()))?,
                    filter("over", Test::Is(over.into()))?,
                ],
                order: Some((Name::new("since").map_err(refused)?, Direction::Down)),
                limit: READ,
                ..Query::of(Name::new(Case::KIND).map_err(refused)?)
            };
            let page = self.store.list(&query).map_err(refused)?;
            found.cut |= page.len() == READ as usize;
            for version in page {
                let kept = kept_opened::<Case>(version)?;
                found.reports.extend(self.public_report(&rashin, &kept)?);
            }
        }
        let found = Arc::new(found);
        if let Ok(mut kept) = self.supply.lock() {
            *kept = Some(Arc::clone(&found));
        }
        Ok(found)
    }

    /// Forgets the public reports that were kept: something was written.
    pub(super) fn supply_changed(&self) {
        if let Ok(mut kept) = self.supply.lock() {
            *kept = None;
        }
    }

    fn public_report(
        &self,
        rashin: &Rashin,
        kept: &Kept<Case>,
    ) -> Result<Option<(SupplyReport, Record)>, Refusal> {
        let Some((procedure, kind, id)) = about(rashin, kept) else {
            return Ok(None);
        };
        let case = &kept.value;
        let state = case.state.as_deref().and_then(|id| procedure.state(id));
        let (Some(state), Some(since), Some(first)) = (state, case.since, case.history.first()) else {
            return Ok(None);
        };
        let Some(public) = state.public.clone() else {
            return Ok(None);
        };
        let version = self.store.newest(&key(kind, &kept.owner, id)?).map_err(refused)?;
        let found = version.map(|version| opened(kind, &version)).transpose()?;
        // A report that was merged into another is told by that one.
        let Some(found) = found.filter(|found| found.state() == RecordState::Filed) else {
            return Ok(None);
        };
        let record = record::redact(
            kind,
            &kept.owner,
            &found.record,
            &Viewer::default(),
            &BTreeSet::new(),
        );
        let changed = record::in_japan(found.written().max(since)).date();
        let report = SupplyReport {
            owner: kept.owner.clone(),
            id: id.to_owned(),
            number: case.number.clone(),
            name: text(&record, "name"),
            company: text(&record, "company"),
            jmdn: text(&record, "jmdn"),
            report_type: text(&record, "report_type"),
            phase: text(&record, "phase"),
            causes: texts(&record, "causes"),
            area: text(&record, "area"),
            prefectures: texts(&record, "prefectures"),
            affected: match record.fields.get("affected") {
                Some(Value::Range(range)) => Some(*range),
                _ => None,
            },
            last_shipment: date(&record, "last_shipment"),
            recovery: date(&record, "recovery"),
            substitutes: substitutes(&record),
            notice: text(&record, "notice"),
            state: public,
            last: state.last,
            withdrawn: state.withdrawn,
            reported: record::in_japan(first.at).date(),
            changed,
        };
        Ok(Some((report, record)))
    }
}

impl SupplyReport {
    /// Where a report that was withdrawn stands, whatever its supply does.
    pub const WITHDRAWN: &str = "withdrawn";

    /// Where it stands: its phase, or that it was withdrawn.
    pub fn stands(&self) -> &str {
        if self.withdrawn {
            Self::WITHDRAWN
        } else {
            &self.phase
        }
    }

    /// Whether nobody is short any more.
    pub fn is_settled(&self) -> bool {
        self.last || ["avoided", "resolved"].contains(&self.phase.as_str())
    }

    /// Codes of the prefectures that it reaches: all of them where it is the whole country or nothing is said, else those that it names.
    fn reaches(&self) -> Vec<String> {
        let named = match self.area.as_str() {
            "national" => false,
            "" => !self.prefectures.is_empty(),
            _ => true,
        };
        if named {
            return self.prefectures.clone();
        }
        (1..=47).map(|code| format!("{code:02}")).collect()
    }
}

impl SupplyQuery {
    fn takes(&self, report: &SupplyReport) -> bool {
        let is = |asked: &str, value: &str| asked.is_empty() || asked == value;
        let words = record::terms(&self.words);
        let found = || {
            let tokens: BTreeSet<String> = record::tokens(&format!("{} {}", report.name, report.company))
                .into_iter()
                .collect();
            words.iter().all(|word| tokens.contains(word))
        };
        is(&self.phase, report.stands())
            && is(&self.year, &Period::containing(report.reported).year.to_string())
            && is(&self.report_type, &report.report_type)
            && is(&self.jmdn, &report.jmdn)
            && (self.cause.is_empty() || report.causes.contains(&self.cause))
            && (self.prefecture.is_empty() || report.reaches().contains(&self.prefecture))
            && (words.is_empty() || found())
    }
}

/// What is held passes any of these if it is one of these registered devices, has one of these product codes, or has this brand name.
pub(super) fn products_as(
    registered: Vec<String>,
    codes: Vec<String>,
    name: &str,
) -> Result<Vec<Filter>, Refusal> {
    let mut sought = vec![];
    if !registered.is_empty() {
        sought.push(filter("device", Test::OneOf(registered))?);
    }
    if !codes.is_empty() {
        sought.push(filter("gtin", Test::OneOf(codes))?);
    }
    if !record::fold(name).is_empty() {
        sought.push(filter("name", Test::Is(indexed(name)))?);
    }
    Ok(sought)
}

/// A text as lists are filtered by it.
pub(super) fn indexed(text: &str) -> String {
    record::fold(text).chars().take(100).collect()
}

/// The registered device that a record of an owner names, as a link from elsewhere is written: with its owner.
pub(super) fn device_of(owner: &str, record: &Record) -> Option<String> {
    match record.fields.get("device") {
        Some(Value::Link(link)) => Some(format!("{}/{}", link.owner.as_deref().unwrap_or(owner), link.id)),
        _ => None,
    }
}

pub(super) fn text(record: &Record, field: &str) -> String {
    let value = record.fields.get(field).and_then(Value::text);
    value.unwrap_or_default()
}

pub(super) fn texts(record: &Record, field: &str) -> Vec<String> {
    let values = record.fields.get(field).into_iter().flat_map(Value::each);
    values.filter_map(Value::text).collect()
}

pub(super) fn date(record: &Record, field: &str) -> Option<Date> {
    match record.fields.get(field) {
        Some(Value::Date(date)) => Some(*date),
        _ => None,
    }
}

fn pieces(record: &Record) -> u64 {
    text(record, "quantity").parse().unwrap_or(1)
}

fn substitutes(record: &Record) -> Vec<Substitute> {
    let Some(Value::Table(rows)) = record.fields.get("substitutes") else {
        return vec![];
    };
    let cell = |row: &record::Row, name: &str| row.get(name).and_then(Value::text).unwrap_or_default();
    let one = |row: &record::Row| Substitute {
        name: cell(row, "name"),
        maker: cell(row, "maker"),
        product_code: cell(row, "product_code"),
        limits: cell(row, "limits"),
    };
    rows.iter().map(one).collect()
}
