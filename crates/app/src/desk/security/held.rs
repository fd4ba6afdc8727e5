//! What hospitals hold, held against advisories that name devices in words: by maker, name, model and version, whether or not a maker has handed
//! anything in. What is not sure the hospital itself can see on its device, so it is told of that too, and asked to look.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cyber::device::{Device as Called, Devices};
use jiff::Timestamp;
use plan::Kind as Form;
use record::{Record, terms};
use store::{Filter, Name, Query, Test};
use vocab::Refusal;

use super::super::Desk;
use super::super::case::filter;
use super::super::kept::refused;
use super::super::register::{Found, opened, stored};
use super::super::supply::{ASSET, device_of, indexed, text};
use super::RESPONSE;
use super::facts::Concerned;
use super::item::{Item, Items};
use super::watch::Device;
use super::words::{Confidence, InWords, Wording, called_here, wordings};

/// So many assets are held against an advisory at once.
const AT_ONCE: usize = 5_000;
/// So many makers are asked for in one list.
const MAKERS: usize = 100;

/// An asset that an advisory in words may mean.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Meant {
    pub owner: String,
    pub id: String,
    pub sure: bool,
}

impl Desk {
    /// What is held, by one hospital or by all, that advisories name in words, beside what is a device version that was handed in: of that the
    /// version itself tells.
    pub(super) fn held_in_words(
        &self,
        kind: &Form,
        concerned: &Concerned,
        only: Option<&str>,
    ) -> Result<Vec<Meant>, Refusal> {
        let mut meant = vec![];
        for (one, first) in &concerned.in_words {
            let mut page = Vec::with_capacity(AT_ONCE);
            let mut seen = BTreeSet::new();
            for filter in self.ways_to(one)? {
                for version in self.every(assets(filter, only)?) {
                    let version = version?;
                    if !seen.insert(version.key.clone()) {
                        continue;
                    }
                    let found = opened(kind, &version)?;
                    if text(&found.record, "use") != "retired" && !concerned.has(&found) {
                        page.push(found);
                    }
                    if page.len() == AT_ONCE {
                        meant.extend(meant_of(one, first, &std::mem::take(&mut page))?);
                    }
                }
            }
            meant.extend(meant_of(one, first, &page)?);
        }
        Ok(meant)
    }

    /// By what assets are found that an advisory may mean: their makers, and the words of their names and models.
    fn ways_to(&self, one: &InWords) -> Result<Vec<Way>, Refusal> {
        let mut ways = vec![];
        let makers = self.different(ASSET, "maker")?;
        let makers: Vec<String> = makers
            .into_iter()
            .filter(|maker| one.sought.is_vendor(maker))
            .collect();
        for some in makers.chunks(MAKERS) {
            let some = some.iter().map(|maker| indexed(maker)).collect();
            ways.push(Way::Is(filter("maker", Test::OneOf(some))?));
        }
        for word in one.sought.words() {
            ways.push(Way::Named(terms(word)));
            ways.push(Way::Is(filter("model_number", Test::Prefix(indexed(word)))?));
        }
        Ok(ways)
    }

    /// Tells a hospital of what advisories say in words of an asset.
    pub(super) fn tell_asset_in_words(&self, at: Timestamp, asset: &Found) -> Result<u64, Refusal> {
        if text(&asset.record, "use") == "retired" {
            return Ok(0);
        }
        let called = called(&asset.record);
        let said = self.in_room(|room| {
            let mut said = vec![];
            for one in room.words.that_may_mean(&called) {
                for (first, wording) in one.says_of(&called) {
                    let id = called_here(&one.advisory, &first);
                    if let Some(facts) = room.facts(&id)?
                        && !room.concerned(&id, &facts.names).has(asset)
                    {
                        said.push((facts, is_sure(&wording)));
                    }
                }
            }
            Ok(said)
        })?;
        let rashin = self.rashin()?;
        let Some(kind) = rashin.plan().kind(RESPONSE) else {
            return Ok(0);
        };
        let mut told = 0;
        for (facts, sure) in said.into_iter().flatten() {
            let items = Items {
                kind,
                facts: &facts,
                about: "assets",
            };
            let item = Item {
                links: BTreeSet::from([asset.id.clone()]),
                sure,
                ..Item::new(asset.owner.clone())
            };
            told += self.keep_items(at, &rashin, &items, &[item])?;
        }
        Ok(told)
    }
}

impl Concerned {
    /// Whether an asset is one of these device versions: it names its version, and so these tell of it.
    fn has(&self, asset: &Found) -> bool {
        let link = device_of(&asset.owner, &asset.record);
        let is_one = |device: &Device| {
            let linked = link.is_some() && link == device.registered;
            device.is_held_as(&asset.record, linked)
        };
        !text(&asset.record, "software_version").is_empty()
            && self.sure.iter().chain(&self.doubtful).any(is_one)
    }
}

/// A way to assets.
enum Way {
    Is(Filter),
    Named(Vec<String>),
}

fn assets(way: Way, only: Option<&str>) -> Result<Query, Refusal> {
    let mut query = Query {
        owner: only.map(Name::new).transpose().map_err(refused)?,
        state: Some(Name::new("filed").map_err(refused)?),
        ..Query::of(stored(ASSET)?)
    };
    match way {
        Way::Is(filter) => query.filters.push(filter),
        Way::Named(tokens) => query.tokens = tokens,
    }
    Ok(query)
}

/// Which of these assets an advisory means by a vulnerability of this name.
fn meant_of(one: &Arc<InWords>, first: &str, assets: &[Found]) -> Result<Vec<Meant>, Refusal> {
    if assets.is_empty() {
        return Ok(vec![]);
    }
    let devices = Devices::new(assets.iter().map(|asset| called(&asset.record)).collect());
    let outcome = devices.against(&one.advisory)?;
    let mut meant: BTreeMap<usize, bool> = BTreeMap::new();
    for (place, wording) in wordings(&one.advisory, outcome) {
        if wording.vulnerability == first {
            *meant.entry(place).or_default() |= is_sure(&wording);
        }
    }
    let found = |(place, sure)| {
        let asset: &Found = assets.get(place)?;
        Some(Meant {
            owner: asset.owner.clone(),
            id: asset.id.clone(),
            sure,
        })
    };
    Ok(meant.into_iter().filter_map(found).collect())
}

/// Whether a hospital need not look itself.
fn is_sure(wording: &Wording) -> bool {
    matches!(wording.confidence, Some(Confidence::Certain | Confidence::Likely))
}

/// What a hospital calls what it holds.
pub(super) fn called(asset: &Record) -> Called {
    Called {
        maker: text(asset, "maker"),
        name: text(asset, "name"),
        model: text(asset, "model_number"),
        version: text(asset, "software_version"),
        udi_di: text(asset, "gtin"),
        jmdn: text(asset, "jmdn"),
    }
}
