//! Every finding of every device version as one list: in the order that is asked for, narrowed by anything, page by page. It says nothing that the pages of
//! the devices do not; whoever reads what was handed in for a device reads its findings here, and nobody else.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use authz::Sight;
use cyber::answer::Answer;
use cyber::ecosystem::Ecosystem;
use cyber::matching::Package;
use cyber::portfolio::{Asked, Implied, Place, Portfolio, Sort, Urgency};
use record::fold;
use serde::{Serialize, Serializer};
use vocab::Refusal;

use super::super::register::reading;
use super::super::{Desk, Visit, closed, unknown};
use super::facts::severity;
use super::gate::{beside, option, said};
use super::watch::{Device, Room};
use super::worklist::MakerAnswer;
use super::{ANSWER, DEVICE, SEVERITIES};
use crate::ask::Rashin;

/// Findings that are looked at for one page; where fewer are shown, the next page goes on from there.
const LOOKED: usize = 100_000;
/// Findings of a page of which it is asked whether their makers have answered here.
const ASKED: usize = 250;

/// What is asked of the list, as it stands in an address.
#[derive(Debug, Clone, Default)]
pub struct FindingQuery {
    /// Code of the order; `urgency` if it is empty.
    pub sort: String,
    /// `yes` for what is known to be exploited alone.
    pub exploited: String,
    /// `critical`, `high`, `medium`, `low`, `unknown`; any if it is empty.
    pub severity: String,
    /// Id of a maker, or part of its name.
    pub maker: String,
    /// `MAKER/ID` of a hand-in, or part of a brand name and version.
    pub device: String,
    /// Part of a component's name and version.
    pub component: String,
    /// A vulnerability by any of its names.
    pub advisory: String,
    /// `yes` for what nobody has said anything of alone.
    pub unanswered: String,
    /// Where the list goes on: `next` of the page before.
    pub after: String,
}

/// By what the list is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingSort {
    /// Known exploited first, then by score, then by the chance of exploitation, then by name of the vulnerability.
    #[default]
    Urgency,
    /// By score, then known exploited first, then by that chance.
    Severity,
    /// By the chance of exploitation (EPSS), then known exploited first, then by score.
    Chance,
    /// By id of the maker, then by id of the hand-in, then by urgency.
    Maker,
    /// By brand name and version, then by urgency.
    Device,
    /// By ecosystem, name and version of the component, then by urgency.
    Component,
    /// By name of the vulnerability.
    Advisory,
}

/// A page of the list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FindingPage {
    /// Whether matching is ready, and with a database of advisories; until then nothing below says anything.
    pub ready: bool,
    /// The order.
    pub sort: FindingSort,
    /// The findings.
    pub findings: Vec<ListedFinding>,
    /// Where the list goes on, if it does.
    pub next: Option<FindingPlace>,
}

/// A finding, as a list has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedFinding {
    /// The maker.
    pub maker: String,
    /// Id of the hand-in.
    pub id: String,
    /// Brand name of the device.
    pub name: String,
    /// Version of its software.
    pub version: String,
    /// Ecosystem of the component.
    pub ecosystem: String,
    /// The component and its version.
    pub component: String,
    /// Identifier of the advisory.
    pub advisory: String,
    /// Other names of the vulnerability.
    pub aliases: Vec<String>,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// `critical`, `high`, `medium`, `low`, `unknown`.
    pub severity: String,
    /// The highest CVSS base score, 0 to 10.
    pub score: Option<f64>,
    /// The chance that it is exploited within thirty days, 0 to 1.
    pub chance: Option<f64>,
    /// What is said of it; empty where nothing is. As an option of the form: `not-affected`.
    pub status: String,
    /// Who says so, and where.
    pub said_by: String,
}

/// A place in the list: what is behind it comes on the next page, whatever has changed since. Written as a list in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingPlace {
    place: Place,
    /// What the device was called, as devices are ordered by that.
    called: String,
}

/// A finding on the way to its page.
struct Row {
    finding: ListedFinding,
    place: FindingPlace,
    answer: Option<Answer>,
}

impl FindingSort {
    /// Every order.
    pub const ALL: [Self; 7] = [
        Self::Urgency,
        Self::Severity,
        Self::Chance,
        Self::Maker,
        Self::Device,
        Self::Component,
        Self::Advisory,
    ];

    /// As it stands in an address.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Urgency => "urgency",
            Self::Severity => "severity",
            Self::Chance => "chance",
            Self::Maker => "maker",
            Self::Device => "device",
            Self::Component => "component",
            Self::Advisory => "advisory",
        }
    }

    const fn sort(self) -> Sort {
        match self {
            Self::Urgency => Sort::Urgency,
            Self::Severity => Sort::Severity,
            Self::Chance => Sort::Chance,
            Self::Maker | Self::Device => Sort::Device,
            Self::Component => Sort::Component,
            Self::Advisory => Sort::Advisory,
        }
    }
}

impl fmt::Display for FindingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            urgency:
                Urgency {
                    exploited,
                    tenths,
                    chance,
                },
            advisory,
            package,
            device,
        } = &self.place;
        let ecosystem = package.ecosystem.to_string();
        let list = (
            (exploited, tenths, chance),
            advisory,
            (ecosystem, &package.name, &package.version),
            (device, &self.called),
        );
        f.write_str(&serde_json::to_string(&list).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for FindingPlace {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        type List = (
            (bool, Option<u16>, Option<u32>),
            String,
            (String, String, String),
            (String, String),
        );
        let unreadable = || {
            Refusal::new(
                "after",
                "続きの位置が読めません。一覧の最初のページから開いてください。",
                "The place to go on from cannot be read. Please open the first page of the list.",
            )
        };
        let list: List = serde_json::from_str(text).map_err(|_| unreadable())?;
        let ((exploited, tenths, chance), advisory, (ecosystem, name, version), (device, called)) = list;
        let package = Package {
            ecosystem: Ecosystem::parse(&ecosystem).map_err(|_| unreadable())?,
            name,
            version,
        };
        let urgency = Urgency {
            exploited,
            tenths,
            chance,
        };
        Ok(Self {
            place: Place {
                urgency,
                advisory,
                package,
                device,
            },
            called,
        })
    }
}

impl Serialize for FindingPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Desk {
    /// A page of at most `most` findings: of all device versions for the ministry, of its own for everybody else who hands in such versions. A page
    /// may be shorter, even empty, and still say where the list goes on.
    ///
    /// # Errors
    /// `sign-in`, `not-found` for all others; `sort`, `severity`, `after` for what cannot be asked.
    pub fn security_findings(
        &self,
        visit: &Visit,
        query: &FindingQuery,
        most: usize,
    ) -> Result<FindingPage, Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(DEVICE).ok_or_else(unknown)?;
        let owner = match reading(visit, kind) {
            Sight::All => None,
            Sight::Organisation(own) => Some(own),
            Sight::Nothing => return Err(closed(visit)),
        };
        let asked = Wanted::of(query)?;
        let mut page = FindingPage {
            sort: asked.sort,
            ..FindingPage::default()
        };
        let candidates = if asked.unanswered { most.max(ASKED) } else { most };
        let listed = self.in_room(|room| {
            let ready = room.database.is_some();
            Ok(ready.then(|| room.list(&asked, owner.as_deref(), candidates)))
        })?;
        let Some((rows, next)) = listed.flatten() else {
            return Ok(page);
        };
        (page.ready, page.next) = (true, next);
        let mut known = BTreeMap::new();
        let mut rows = rows.into_iter().peekable();
        while let Some(row) = rows.next() {
            let Row { finding, place, .. } = self.answered_row(&rashin, row, &mut known)?;
            if asked.unanswered && !finding.status.is_empty() {
                continue;
            }
            page.findings.push(finding);
            if page.findings.len() == most && rows.peek().is_some() {
                page.next = Some(place);
                break;
            }
        }
        Ok(page)
    }

    /// A finding with what is said of it: in VEX documents, and by its maker here, of which the newer counts. What makers say of an advisory is
    /// asked once.
    fn answered_row(
        &self,
        rashin: &Rashin,
        mut row: Row,
        known: &mut BTreeMap<(String, String), Vec<MakerAnswer>>,
    ) -> Result<Row, Refusal> {
        let finding = &mut row.finding;
        if let Some(kind) = rashin.plan().kind(ANSWER) {
            let names = [vec![finding.advisory.clone()], finding.aliases.clone()].concat();
            let given = match known.entry((finding.maker.clone(), finding.advisory.clone())) {
                Entry::Occupied(given) => given.into_mut(),
                Entry::Vacant(place) => {
                    place.insert(self.answers_of(rashin, kind, [&finding.maker], &names, None)?)
                }
            };
            let newest = MakerAnswer::newest(given, &finding.id);
            if let Some(here) = newest.and_then(|answer| said(answer, &names)) {
                row.answer = Some(beside(here, row.answer.take()));
            }
        }
        if let Some(answer) = &row.answer {
            let said = &answer.counts;
            option(answer.status()).clone_into(&mut finding.status);
            finding.said_by = said.by.clone().unwrap_or_else(|| said.document.clone());
        }
        Ok(row)
    }
}

/// What is asked, read.
struct Wanted {
    sort: FindingSort,
    exploited: bool,
    severity: Option<&'static str>,
    maker: String,
    device: String,
    component: String,
    advisory: String,
    unanswered: bool,
    after: Option<FindingPlace>,
}

impl Wanted {
    fn of(query: &FindingQuery) -> Result<Self, Refusal> {
        let sort = match query.sort.as_str() {
            "" => Some(FindingSort::default()),
            code => FindingSort::ALL.into_iter().find(|sort| sort.code() == code),
        };
        let sort = sort.ok_or_else(|| {
            Refusal::new(
                "sort",
                "その並べ順はありません。並べ順を選び直してください。",
                "There is no such order. Choose the order again.",
            )
        })?;
        let severity = match query.severity.as_str() {
            "" => None,
            code => Some(SEVERITIES.into_iter().find(|one| *one == code).ok_or_else(|| {
                Refusal::new(
                    "severity",
                    "その深刻度はありません。深刻度を選び直してください。",
                    "There is no such severity. Choose the severity again.",
                )
            })?),
        };
        let after = Some(&query.after).filter(|after| !after.is_empty());
        Ok(Self {
            sort,
            exploited: !query.exploited.is_empty(),
            severity,
            maker: fold(&query.maker),
            device: fold(&query.device),
            component: query.component.to_lowercase(),
            advisory: query.advisory.clone(),
            unanswered: !query.unanswered.is_empty(),
            after: after.map(|after| after.parse()).transpose()?,
        })
    }

    /// The device versions that are wanted, in the order of a list by device; nothing where that is all of them by their keys.
    fn devices<'r>(&self, room: &'r Room, owner: Option<&str>) -> Option<Vec<&'r str>> {
        let by_name = self.sort == FindingSort::Device;
        if owner.is_none() && self.maker.is_empty() && self.device.is_empty() && !by_name {
            return None;
        }
        let has = |text: &str, part: &str| fold(text).contains(part);
        let is_wanted = |(key, device): &(&String, &Device)| {
            let of_maker = || {
                let mut names = room.words.makers_of(key);
                fold(&device.owner) == self.maker || names.any(|name| has(name, &self.maker))
            };
            owner.is_none_or(|owner| owner == device.owner)
                && (self.maker.is_empty() || of_maker())
                && (self.device.is_empty() || fold(key) == self.device || has(&device.called(), &self.device))
        };
        let wanted = room.devices.iter().filter(is_wanted);
        if !by_name {
            return Some(wanted.map(|(key, _)| key.as_str()).collect());
        }
        let mut named: Vec<(String, &str)> = wanted.map(|(key, device)| (device.called(), &**key)).collect();
        named.sort_unstable();
        // The device of the place may be gone, or be called otherwise now.
        let before = self.after.as_ref().map_or(0, |after| {
            let last = (after.called.as_str(), after.place.device.as_str());
            named.partition_point(|(called, key)| (called.as_str(), *key) < last)
        });
        Some(named.into_iter().skip(before).map(|(_, key)| key).collect())
    }

    /// The records that are wanted; nothing where that is all of them.
    fn records<'p>(&self, portfolio: &'p Portfolio) -> Option<BTreeSet<&'p str>> {
        (!self.advisory.is_empty()).then(|| portfolio.records_named(&self.advisory))
    }
}

impl Room {
    /// So many findings, and where the list goes on. Of what its makers have answered elsewhere than in VEX documents nothing is known here.
    fn list(&self, wanted: &Wanted, owner: Option<&str>, most: usize) -> (Vec<Row>, Option<FindingPlace>) {
        let devices = wanted.devices(self, owner);
        let records = wanted.records(&self.portfolio);
        let keep = |package: &Package, advisory: &str, urgency: Urgency| {
            let component = || component(package).to_lowercase().contains(&wanted.component);
            (!wanted.exploited || urgency.exploited)
                && wanted.severity.is_none_or(|severity| severity == graded(urgency))
                && records.as_ref().is_none_or(|records| records.contains(advisory))
                && (wanted.component.is_empty() || component())
        };
        let asked = Asked {
            sort: wanted.sort.sort(),
            devices: devices.as_deref(),
            after: wanted.after.as_ref().map(|after| &after.place),
        };
        let (mut rows, mut last) = (vec![], None);
        for (looked, implied) in self.portfolio.findings(&asked, keep).enumerate() {
            if rows.len() == most || looked == LOOKED {
                return (rows, last.map(|last| self.place(&last)));
            }
            if !wanted.unanswered || implied.status.is_none() {
                rows.extend(self.row(&implied));
            }
            last = Some(implied);
        }
        (rows, None)
    }

    fn place(&self, implied: &Implied<'_>) -> FindingPlace {
        FindingPlace {
            called: self
                .devices
                .get(implied.device)
                .map(Device::called)
                .unwrap_or_default(),
            place: Place::from(implied),
        }
    }

    fn row(&self, implied: &Implied<'_>) -> Option<Row> {
        let Implied {
            device,
            bill,
            package,
            advisory,
            urgency,
            ..
        } = implied;
        let named = self.devices.get(*device)?;
        let explained = self.portfolio.explain(bill, package, advisory)?;
        Some(Row {
            finding: ListedFinding {
                maker: named.owner.clone(),
                id: named.id.clone(),
                name: named.name.clone(),
                version: named.version.clone(),
                ecosystem: package.ecosystem.to_string(),
                component: component(package),
                advisory: (*advisory).to_owned(),
                aliases: explained.aliases,
                exploited: urgency.exploited,
                severity: graded(*urgency).to_owned(),
                score: urgency.score(),
                chance: urgency.chance.map(|chance| f64::from(chance) / 1e5),
                status: String::new(),
                said_by: String::new(),
            },
            place: self.place(implied),
            answer: explained.answer,
        })
    }
}

/// A component as a finding names it.
fn component(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

fn graded(urgency: Urgency) -> &'static str {
    severity(urgency.score())
}
