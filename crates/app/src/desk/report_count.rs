//! Supply reports counted by the fiscal year in which they were filed: all of them, and apart where the supply of those that are public stands, those
//! that are not public, and those that were withdrawn. Only the index of cases is asked, so that a count says no more than that there is one more:
//! of a report that is not public, not even where its supply stands. A year in which nobody reported is not a year with zero.

use std::collections::{BTreeMap, BTreeSet};

use authz::Sight;
use indicator::Point;
use plan::{Confidentiality, Shape};
use record::procedure::Case;
use serde::Serialize;
use store::{Direction, Name, Query, Test};
use vocab::{Period, Refusal};

use super::case::filter;
use super::count::figures;
use super::kept::{opened, refused};
use super::register::reading;
use super::supply::REPORT;
use super::{Desk, Kind, Visit};

/// What an indicator names that is counted here.
pub(super) const REPORTS: &str = "supply-reports";
/// The field that says where the supply stands.
const PHASE: &str = "phase";
/// More than this nobody files.
const MOST: u64 = 100_000_000;

/// The count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReportCount {
    /// Years in which somebody reported, or for which the plan has a figure, the earliest first.
    pub years: Vec<ReportYear>,
    /// Whether the one who asks reads every report, also those that are not public.
    #[serde(skip)]
    pub reads_all: bool,
}

/// One fiscal year. `filed` is the sum of `phases`, `unsaid`, `not_public` and `withdrawn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportYear {
    /// Which.
    pub at: Period,
    /// How many reports were filed; none where nobody reported, which is not zero.
    pub filed: Option<u64>,
    /// Of those that are public: how many by where the supply stands, by the codes of that field.
    pub phases: BTreeMap<String, u64>,
    /// Of those that are public: how many do not say where it stands.
    pub unsaid: u64,
    /// How many are not public: not yet, or withdrawn before they were.
    pub not_public: u64,
    /// How many were withdrawn once they were public.
    pub withdrawn: u64,
    /// The plan's own figure.
    pub plan: Option<usize>,
}

impl Desk {
    /// The reports of each year; none for those who may not know of them.
    pub(super) fn count_reports(
        &self,
        visit: &Visit,
        plan: &[Point],
    ) -> Result<Option<ReportCount>, Refusal> {
        let rashin = self.rashin()?;
        let (Some(kind), Some(procedure)) = (rashin.plan().kind(REPORT), rashin.plan().procedure_of(REPORT))
        else {
            return Ok(None);
        };
        let Some(field) = kind.field(PHASE) else {
            return Ok(None);
        };
        let Shape::Choice(phases) = &field.shape else {
            return Ok(None);
        };
        let reads_all = reading(visit, kind) == Sight::All;
        let open = field.confidentiality == Confidentiality::Public
            && procedure.states.iter().any(|state| state.public.is_some());
        if !open && !reads_all {
            return Ok(None);
        }
        let figures = figures(plan);
        let mut years: BTreeSet<Period> = figures.keys().copied().collect();
        years.extend(self.years_of(&procedure.id, visit)?);
        let mut count = ReportCount {
            reads_all,
            ..ReportCount::default()
        };
        for at in years {
            let mut year = ReportYear {
                at,
                filed: None,
                phases: BTreeMap::new(),
                unsaid: 0,
                not_public: 0,
                withdrawn: 0,
                plan: figures.get(&at).copied(),
            };
            let having = |more: &[(&str, &str)]| {
                let year = at.year.to_string();
                let base = [("procedure", procedure.id.as_str()), ("year", year.as_str())];
                let tests = base.iter().chain(more);
                let query = Query {
                    filters: tests
                        .map(|(field, value)| filter(field, Test::Is((*value).to_owned())))
                        .collect::<Result<_, _>>()?,
                    ..Query::of(Name::new(Case::KIND).map_err(refused)?)
                };
                self.store.count(&query, MOST).map_err(refused)
            };
            let filed = having(&[])?;
            if filed > 0 {
                let public = [("part", "public"), ("withdrawn", "no")];
                for phase in phases {
                    let number = having(&[public[0], public[1], ("of.phase", &phase.code)])?;
                    year.phases.insert(phase.code.clone(), number);
                }
                let published = having(&public)?;
                let said: u64 = year.phases.values().sum();
                year.unsaid = published.saturating_sub(said);
                year.withdrawn = having(&[public[0], ("withdrawn", "yes")])?;
                year.not_public = filed.saturating_sub(published + year.withdrawn);
                year.filed = Some(filed);
            }
            if year.filed.is_some() || year.plan.is_some() {
                count.years.push(year);
            }
        }
        Ok(Some(count))
    }

    /// The fiscal years from the first case of a procedure until now.
    fn years_of(&self, procedure: &str, visit: &Visit) -> Result<Vec<Period>, Refusal> {
        let query = Query {
            filters: vec![filter("procedure", Test::Is(procedure.to_owned()))?],
            order: Some((Name::new("year").map_err(refused)?, Direction::Up)),
            limit: 1,
            ..Query::of(Name::new(Case::KIND).map_err(refused)?)
        };
        let first = self.store.list(&query).map_err(refused)?.pop();
        let Some(first) = first.map(opened::<Case>).transpose()? else {
            return Ok(vec![]);
        };
        let opened = first.value.history.first().map(|event| event.at);
        let from = Period::containing(record::in_japan(opened.unwrap_or(visit.at)).date());
        let now = Period::containing(visit.today());
        let year = |year| Period { year, ..now };
        Ok((from.year..=now.year).map(year).collect())
    }
}
