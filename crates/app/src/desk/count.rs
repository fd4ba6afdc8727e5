//! What an indicator of the plan names as counted, counted. KGI 3 from the register: devices of Japanese origin that were covered in category C, new or improved with clinical data, by the fiscal year
//! of their first coverage. Each is named, and so is what cannot be counted and why. The plan's own figure stays what was approved; this stands
//! beside it and never takes its place.
//!
//! One device is one family, the highest record above what was covered: coverage is decided for a product under its brand name, and its models,
//! versions and packages do not make it another device. What holds for a family is said there once, so a record without an application class or an
//! origin has those of the nearest record above it.

use std::collections::{BTreeMap, HashMap};

use indicator::Point;
use plan::{Confidentiality, Kind};
use record::{FieldNeed, Record, ShapeNeed, Value, ViewNeed};
use serde::Serialize;
use store::{Filter, Key, Name, Query, Test};
use vocab::{Period, Refusal};

use super::kept::refused;
use super::register::{key, opened, stored};
use super::report_count::{REPORTS, ReportCount};
use super::{Desk, Visit, security, supply};
use crate::registry::List;
use crate::view::IndicatorView;

/// What an indicator names that is counted here.
const DEVICES: &str = "covered-devices";
/// Category C.
const CATEGORIES: &[&str] = &["C1", "C2"];
/// The application classes that count.
const CLASSES: &[&str] = &["new", "improved-clinical"];
/// The origin that counts, and the one that says nothing yet.
const ORIGINS: &[&str] = &[JAPAN, UNCONFIRMED];
const JAPAN: &str = "japan";
const UNCONFIRMED: &str = "unconfirmed";
/// Levels of a device: family, model, version, UDI-DI.
const LEVELS: usize = 4;
/// Complete records alone count.
const FILED: &str = "filed";

/// What counting takes of a device.
const NEED: ViewNeed = ViewNeed {
    engine: "KGI 3",
    kind: "device",
    fields: &[
        FieldNeed::new("name", ShapeNeed::Words, false),
        FieldNeed::new("coverage_category", ShapeNeed::Choice(CATEGORIES), true),
        FieldNeed::new("covered_on", ShapeNeed::Date, false),
        FieldNeed::new("application_class", ShapeNeed::Choice(CLASSES), false),
        FieldNeed::new("origin", ShapeNeed::Choice(ORIGINS), false),
        FieldNeed::new("parent", ShapeNeed::Reference("device"), false),
    ],
};

/// What was counted for an indicator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Count {
    /// Devices in the register.
    Devices(DeviceCount),
    /// Supply reports.
    Reports(ReportCount),
}

/// The count, with everything it rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeviceCount {
    /// Years in which something was counted, or for which the plan has a figure, the earliest first.
    pub years: Vec<CountedYear>,
    /// Devices in category C of which it cannot be told whether they count, the earliest first.
    pub uncounted: Vec<UncountedDevice>,
    /// Records in category C that do not count: another application class.
    pub other_class: usize,
    /// Records in category C that do not count: another origin.
    pub other_origin: usize,
}

/// One fiscal year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountedYear {
    /// Which.
    pub at: Period,
    /// How many devices were counted.
    pub counted: usize,
    /// The plan's own figure.
    pub plan: Option<usize>,
    /// Counted less the plan's figure.
    pub difference: Option<i64>,
    /// The devices, the first covered first.
    pub devices: Vec<CoveredDevice>,
}

/// A record of a device in category C.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CoveredDevice {
    /// First day of coverage, where it is known.
    pub covered_on: Option<jiff::civil::Date>,
    /// The organisation to which it belongs.
    pub owner: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
}

/// One that cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UncountedDevice {
    /// Which.
    #[serde(flatten)]
    pub device: CoveredDevice,
    /// Why.
    pub causes: Vec<Uncounted>,
}

/// Why a device cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Uncounted {
    /// Its first day of coverage is not known.
    NoDate,
    /// Its application class is not known.
    NoClass,
    /// Its origin is not confirmed.
    NoOrigin,
    /// The record above it is not filed, so that it cannot be told which device it is.
    NoneAbove,
}

/// A covered record with what follows for it from those above it.
#[derive(Debug, Clone)]
struct Covered {
    device: CoveredDevice,
    /// The family, or the highest record that is filed.
    top: Key,
    class: Option<String>,
    origin: Option<String>,
    whole: bool,
}

impl Covered {
    fn causes(&self) -> Vec<Uncounted> {
        let causes = [
            (self.device.covered_on.is_none(), Uncounted::NoDate),
            (self.class.is_none(), Uncounted::NoClass),
            (self.origin.is_none(), Uncounted::NoOrigin),
            (!self.whole, Uncounted::NoneAbove),
        ];
        causes
            .into_iter()
            .filter_map(|(is, cause)| is.then_some(cause))
            .collect()
    }
}

impl DeviceCount {
    /// Counts each family once, at the first of its coverages that counts.
    fn of(covered: Vec<Covered>, plan: &[Point]) -> Self {
        let mut count = Self::default();
        let mut first: HashMap<Key, (jiff::civil::Date, CoveredDevice)> = HashMap::new();
        let mut open = vec![];
        for one in covered {
            if one
                .class
                .as_deref()
                .is_some_and(|class| !CLASSES.contains(&class))
            {
                count.other_class += 1;
            } else if one.origin.as_deref().is_some_and(|origin| origin != JAPAN) {
                count.other_origin += 1;
            } else if let (Some(day), true) = (one.device.covered_on, one.causes().is_empty()) {
                let earliest = first.entry(one.top).or_insert_with(|| (day, one.device.clone()));
                if one.device < earliest.1 {
                    *earliest = (day, one.device);
                }
            } else {
                open.push(one);
            }
        }
        let mut years: BTreeMap<Period, Vec<CoveredDevice>> = BTreeMap::new();
        // What a device is known to count for is not changed by a later coverage that is not clear yet.
        open.retain(|one| {
            let known = first.get(&one.top).map(|(day, _)| *day);
            known.is_none_or(|day| one.device.covered_on.is_none_or(|on| on < day))
        });
        for (day, device) in first.into_values() {
            years.entry(Period::containing(day)).or_default().push(device);
        }
        let figures = figures(plan);
        for at in figures.keys() {
            years.entry(*at).or_default();
        }
        let year = |(at, mut devices): (Period, Vec<CoveredDevice>)| {
            devices.sort();
            let counted = devices.len();
            let plan = figures.get(&at).copied();
            let signed = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            CountedYear {
                at,
                counted,
                plan,
                difference: plan.map(|plan| signed(counted) - signed(plan)),
                devices,
            }
        };
        count.years = years.into_iter().map(year).collect();
        count.uncounted = open
            .into_iter()
            .map(|one| UncountedDevice {
                causes: one.causes(),
                device: one.device,
            })
            .collect();
        count.uncounted.sort_by(|a, b| a.device.cmp(&b.device));
        count
    }
}

/// The plan's own figures, as far as they are counts.
pub(super) fn figures(plan: &[Point]) -> BTreeMap<Period, usize> {
    let points = plan.iter();
    points
        .filter_map(|point| Some((point.at, whole(point.value)?)))
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are small whole numbers"
)]
fn whole(value: f64) -> Option<usize> {
    (value >= 0.0 && value < f64::from(u32::MAX)).then(|| value.round() as usize)
}

impl Desk {
    /// What the plan says is counted for an indicator; none for an indicator of which nothing is, and for those who may not look into what is counted.
    ///
    /// # Errors
    /// Those of the store.
    pub fn counted(&self, visit: &Visit, view: &IndicatorView) -> Result<Option<Count>, Refusal> {
        let rashin = self.rashin()?;
        let indicator = rashin.plan().indicator(&view.evaluation.id);
        Ok(match indicator.and_then(|indicator| indicator.counted) {
            Some(DEVICES) => self
                .count_devices(visit, &view.course.observed)?
                .map(Count::Devices),
            Some(REPORTS) => self
                .count_reports(visit, &view.course.observed)?
                .map(Count::Reports),
            _ => None,
        })
    }

    fn count_devices(&self, visit: &Visit, plan: &[Point]) -> Result<Option<DeviceCount>, Refusal> {
        let kind = match self.register(visit, NEED.kind) {
            Ok(register) => register.kind,
            Err(refusal) if ["not-found", "sign-in"].contains(&refusal.kind) => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let open = |need: &FieldNeed| {
            kind.field(need.name)
                .is_some_and(|field| field.confidentiality == Confidentiality::Public)
        };
        if kind.read.iter().any(|grant| grant.own) || !NEED.fields.iter().all(open) {
            return Ok(None);
        }
        let mut shelf = Shelf {
            desk: self,
            kind: &kind,
            seen: HashMap::new(),
        };
        let mut covered = vec![];
        for category in CATEGORIES {
            let query = Query {
                state: Some(Name::new(FILED).map_err(refused)?),
                filters: vec![Filter {
                    field: Name::new("coverage_category").map_err(refused)?,
                    test: Test::Is((*category).to_owned()),
                }],
                ..Query::of(stored(&kind.id)?)
            };
            for version in self.every(query) {
                let version = version?;
                let record = opened(&kind, &version)?.record;
                covered.push(shelf.covered(version.key, &record, category)?);
            }
        }
        Ok(Some(DeviceCount::of(covered, plan)))
    }

    /// Whether the plan's kinds have what is read of them.
    ///
    /// # Errors
    /// The first that is missing.
    pub fn kinds_suffice(&self) -> Result<(), Refusal> {
        let lacks = Self::kinds_lack(self.rashin()?.plan());
        lacks.into_iter().next().map_or(Ok(()), |(_, first)| Err(first))
    }

    /// What the program reads of a plan's kinds and they do not have: of a kind that is there, every field; each with its kind.
    pub fn kinds_lack(plan: &plan::Plan) -> Vec<(&'static str, Refusal)> {
        let needs = std::iter::once(&NEED)
            .chain(&supply::NEEDS)
            .chain(&security::NEEDS)
            .chain(List::ALL.iter().map(|list| list.need()));
        let of = |need: &'static ViewNeed| {
            let lacks = record::satisfies(plan, need).err().unwrap_or_default();
            lacks.into_iter().map(|lack| (need.kind, lack))
        };
        needs
            .filter(|need| plan.kind(need.kind).is_some())
            .flat_map(of)
            .collect()
    }
}

/// Records that stand above others, each read once.
struct Shelf<'d> {
    desk: &'d Desk,
    kind: &'d Kind,
    seen: HashMap<Key, Option<Record>>,
}

impl Shelf<'_> {
    fn covered(&mut self, key: Key, record: &Record, category: &str) -> Result<Covered, Refusal> {
        let device = CoveredDevice {
            covered_on: match record.fields.get("covered_on") {
                Some(Value::Date(day)) => Some(*day),
                _ => None,
            },
            owner: key.owner.to_string(),
            id: key.id.to_string(),
            name: text(record, "name").unwrap_or_default(),
            category: category.to_owned(),
        };
        let mut found = Covered {
            device,
            top: key,
            class: text(record, "application_class"),
            origin: origin(record),
            whole: true,
        };
        let mut above = record.fields.get("parent").cloned();
        let own = found.top.owner.clone();
        // A record that names itself somewhere above it has no family.
        let mut steps = 0;
        while let Some(Value::Link(link)) = above {
            let owner = link.owner.as_deref().unwrap_or(found.top.owner.as_str());
            let next = self
                .desk
                .followed(self.kind, self::key(self.kind, owner, &link.id)?)?;
            let filed = self.filed(&next)?;
            steps += 1;
            // What was confirmed of a device of somebody else says nothing of one's own.
            let Some(record) = filed.filter(|_| steps < LEVELS && next.owner == own) else {
                found.whole = false;
                break;
            };
            found.class = found.class.or_else(|| text(record, "application_class"));
            found.origin = found.origin.or_else(|| origin(record));
            above = record.fields.get("parent").cloned();
            found.top = next;
        }
        Ok(found)
    }

    /// A record as far as it is there and filed.
    fn filed(&mut self, key: &Key) -> Result<Option<&Record>, Refusal> {
        if !self.seen.contains_key(key) {
            let newest = self.desk.store.newest(key).map_err(refused)?;
            let filed = newest.filter(|version| {
                version.body.is_some()
                    && version
                        .state
                        .as_ref()
                        .is_some_and(|state| state.as_str() == FILED)
            });
            let record = filed
                .map(|version| opened(self.kind, &version).map(|found| found.record))
                .transpose()?;
            self.seen.insert(key.clone(), record);
        }
        Ok(self.seen.get(key).and_then(Option::as_ref))
    }
}

fn text(record: &Record, field: &str) -> Option<String> {
    record.fields.get(field).and_then(Value::text)
}

fn origin(record: &Record) -> Option<String> {
    text(record, "origin").filter(|origin| origin != UNCONFIRMED)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// Any covered record of one of five families.
    fn any_covered() -> impl Strategy<Value = Covered> {
        let day = proptest::option::of((2020_i16..2027, 1_i8..13));
        let class = prop::sample::select(vec![
            None,
            Some("new"),
            Some("improved-clinical"),
            Some("generic"),
        ]);
        let origin = prop::sample::select(vec![None, Some("japan"), Some("abroad")]);
        let record = (0_u8..5, 0_u32..1_000_000, any::<bool>());
        (record, day, class, origin).prop_map(|((family, id, whole), day, class, origin)| Covered {
            device: CoveredDevice {
                covered_on: day.map(|(year, month)| date(year, month, 1)),
                owner: "ministry".into(),
                id: id.to_string(),
                name: String::new(),
                category: "C1".into(),
            },
            top: Key::new("ministry", "of.device", format!("f{family}")).unwrap(),
            class: class.map(str::to_owned),
            origin: origin.map(str::to_owned),
            whole,
        })
    }

    proptest! {
        #[test]
        fn no_order_of_records_and_no_second_coverage_changes_the_count(
            list in proptest::collection::vec(any_covered(), 0..40),
        ) {
            let count = DeviceCount::of(list.clone(), &[]);
            let mut turned = list.clone();
            turned.reverse();
            prop_assert_eq!(&DeviceCount::of(turned, &[]), &count);
            let all = count.years.iter().map(|year| year.counted).sum::<usize>();
            prop_assert!(all <= 5);
            // A year's count is that of the families whose first clear coverage lies in it, found one by one.
            for year in &count.years {
                let clear = |one: &&Covered| one.causes().is_empty()
                    && one.class.as_deref() != Some("generic")
                    && one.origin.as_deref() == Some("japan");
                let families: std::collections::BTreeSet<_> = list.iter().map(|one| &one.top).collect();
                let here = families.iter().filter(|family| {
                    let days = list.iter().filter(clear).filter(|one| one.top == ***family);
                    days.filter_map(|one| one.device.covered_on).min().map(Period::containing) == Some(year.at)
                });
                prop_assert_eq!(here.count(), year.counted);
            }
        }
    }
}
