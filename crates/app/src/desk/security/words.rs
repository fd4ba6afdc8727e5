//! Advisories that name devices in words alone, by maker, name and version, as those of medical devices do, held against the device versions that were
//! handed in. Of each vulnerability it is known which devices it concerns and of which a person must tell: their makers are asked of both. What
//! hospitals hold beside these is sought where it is kept ([`super::held`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use cyber::device::Confidence;
use cyber::device::{Device as Called, Devices, Outcome, Sought};
use cyber::document::{Advisory, Product};
use cyber::matching::Proof;
use cyber::osv::Severity;
use serde::Serialize;
use store::sha256;
use vocab::Refusal;

use super::watch::Device;

/// How an advisory names a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wording {
    /// Identifier of the advisory.
    pub advisory: String,
    /// Its title; may be empty.
    pub title: String,
    /// What it calls the product.
    pub product: String,
    /// How sure it is that the device is meant; none where a person must tell.
    pub confidence: Option<Confidence>,
    /// Why a person must tell.
    pub cause: Option<Refusal>,
    /// What was compared with what.
    pub proof: Proof,
    /// The vulnerability, by the first name that the advisory gives it.
    pub vulnerability: String,
}

/// An advisory that names devices in words.
#[derive(Debug)]
pub(super) struct InWords {
    pub advisory: Advisory,
    /// By what devices are found that it may concern.
    pub sought: Sought,
}

/// A vulnerability of which an advisory in words speaks.
#[derive(Debug)]
pub(super) struct Vulnerability {
    pub by: Arc<InWords>,
    /// The first name that the advisory gives it.
    pub first: String,
    /// Every name that the advisory gives it, and what it is called here.
    pub names: BTreeSet<String>,
    /// The advisory's title; may be empty.
    pub title: String,
    pub severity: Vec<Severity>,
    /// A text that changes when the advisory does.
    pub says: String,
    /// Devices by their keys, and whether it is sure that they are meant; at least one.
    pub devices: BTreeMap<String, bool>,
}

impl InWords {
    pub fn of(advisory: Advisory) -> Self {
        Self {
            sought: Sought::of(&advisory),
            advisory,
        }
    }

    /// What it says of one device: its vulnerabilities by their first names, each with whether it is sure that the device is meant.
    pub fn says_of(&self, called: &Called) -> BTreeMap<String, Wording> {
        let mut said: BTreeMap<String, Wording> = BTreeMap::new();
        if self.sought.may_be(called)
            // One device is never too many.
            && let Ok(outcome) = Devices::new(vec![called.clone()]).against(&self.advisory)
        {
            for (_, wording) in wordings(&self.advisory, outcome) {
                let name = wording.vulnerability.clone();
                if said.get(&name).is_none_or(|before| rank(&wording) < rank(before)) {
                    said.insert(name, wording);
                }
            }
        }
        said
    }
}

/// What advisories in words say of the devices.
#[derive(Default)]
pub(super) struct Words {
    /// By their keys in the database.
    advisories: BTreeMap<String, Arc<InWords>>,
    /// What each device is called.
    called: BTreeMap<String, Vec<Called>>,
    /// The same, ready to be asked, with the key of each; none since it changed.
    all: Option<(Devices, Vec<String>)>,
    /// By device and vulnerability.
    said: BTreeMap<String, BTreeMap<String, Wording>>,
    /// By what they are called here: the advisory and their first name in it.
    vulnerabilities: BTreeMap<String, Vulnerability>,
    /// What those were called of which withdrawn advisories spoke, by the advisories' keys.
    withdrawn: BTreeMap<String, BTreeSet<String>>,
}

impl Words {
    /// Whether an advisory names something in words alone.
    pub fn are_in(advisory: &Advisory) -> bool {
        // A component within a product is named beside that product; hardware is in no bill of materials.
        let in_words = |product: &Product| {
            let is_hardware = |cpe: &String| cpe.starts_with("cpe:2.3:h:") || cpe.starts_with("cpe:/h:");
            product.within.is_none() && product.purls.is_empty() && product.cpes.iter().all(is_hardware)
        };
        advisory.products.iter().any(in_words)
    }

    /// Takes advisories in words that came or changed, and the keys alone of others; adds the vulnerabilities of which they speak.
    ///
    /// # Errors
    /// `too_many` if one cannot be held against the devices; all the others are taken.
    pub fn take(
        &mut self,
        news: Vec<(String, Option<Advisory>)>,
        told: &mut BTreeSet<String>,
    ) -> Result<(), Refusal> {
        let mut taken = Ok(());
        for (key, advisory) in news {
            if let Some(before) = self.advisories.remove(&key) {
                self.forget(&before.advisory.id);
            }
            self.withdrawn.remove(&key);
            let Some(advisory) = advisory else { continue };
            if advisory.withdrawn {
                self.withdrawn.insert(key, all_called(&advisory));
                continue;
            }
            let one = Arc::new(InWords::of(advisory));
            for name in first_names(&one.advisory) {
                told.insert(self.speaks(&one, name));
            }
            let (devices, keys) = self.all.take().unwrap_or_else(|| ready(&self.called));
            match devices.against(&one.advisory) {
                Ok(outcome) => self.lay(&one, outcome, &keys),
                Err(refusal) => taken = taken.and(Err(refusal)),
            }
            self.all = Some((devices, keys));
            self.advisories.insert(key, one);
        }
        taken
    }

    /// Takes a device, in the place of what it was called before, with the names of its maker.
    pub fn put(&mut self, device: &Device, makers: &[String]) {
        let key = device.key();
        self.all = None;
        self.said.remove(&key);
        for one in self.vulnerabilities.values_mut() {
            one.devices.remove(&key);
        }
        let called = |maker: &String| Called {
            maker: maker.clone(),
            name: device.name.clone(),
            version: device.version.clone(),
            ..Called::default()
        };
        let called: Vec<Called> = makers.iter().map(called).collect();
        let keys = vec![key.clone(); called.len()];
        let alone = Devices::new(called.clone());
        let advisories = std::mem::take(&mut self.advisories);
        for one in advisories.values() {
            // One device is never too many.
            if let Ok(outcome) = alone.against(&one.advisory) {
                self.lay(one, outcome, &keys);
            }
        }
        self.advisories = advisories;
        self.called.insert(key, called);
    }

    /// What the maker of a device is called.
    pub fn makers_of(&self, key: &str) -> impl Iterator<Item = &str> {
        let called = self.called.get(key).into_iter().flatten();
        called.map(|called| called.maker.as_str())
    }

    /// How advisories name a device, by vulnerability.
    pub fn of_device(&self, key: &str) -> impl Iterator<Item = &Wording> {
        self.said.get(key).into_iter().flat_map(BTreeMap::values)
    }

    /// What the vulnerabilities of a device are called here, and whether it is sure that it is meant.
    pub fn vulnerabilities_of<'w>(&'w self, key: &'w str) -> impl Iterator<Item = (&'w String, bool)> {
        let all = self.vulnerabilities.iter();
        all.filter_map(move |(id, one)| Some((id, *one.devices.get(key)?)))
    }

    /// Vulnerabilities that have one of these names, with what they are called here.
    pub fn named<'w>(
        &'w self,
        names: &'w BTreeSet<String>,
    ) -> impl Iterator<Item = (&'w String, &'w Vulnerability)> {
        let all = self.vulnerabilities.iter();
        all.filter(|(_, one)| !one.names.is_disjoint(names))
    }

    /// A vulnerability by what it is called here.
    pub fn vulnerability(&self, id: &str) -> Option<&Vulnerability> {
        self.vulnerabilities.get(id)
    }

    /// Whether a withdrawn advisory called a vulnerability so.
    pub fn is_withdrawn(&self, id: &str) -> bool {
        self.withdrawn.values().any(|called| called.contains(id))
    }

    /// Advisories in words that may speak of a device.
    pub fn that_may_mean<'w>(&'w self, called: &'w Called) -> impl Iterator<Item = &'w Arc<InWords>> {
        self.advisories.values().filter(|one| one.sought.may_be(called))
    }

    fn forget(&mut self, advisory: &str) {
        self.vulnerabilities
            .retain(|_, one| one.by.advisory.id != advisory);
        self.said.retain(|_, said| {
            said.retain(|_, wording| wording.advisory != advisory);
            !said.is_empty()
        });
    }

    /// Writes down what an advisory says of devices, with the key of each.
    fn lay(&mut self, by: &Arc<InWords>, outcome: Outcome, keys: &[String]) {
        for (place, wording) in wordings(&by.advisory, outcome) {
            let Some(key) = keys.get(place) else { continue };
            let id = self.speaks(by, &wording.vulnerability);
            let said = self.said.entry(key.clone()).or_default();
            // Of a device's several names the surest tells.
            if said.get(&id).is_some_and(|before| rank(before) <= rank(&wording)) {
                continue;
            }
            if let Some(one) = self.vulnerabilities.get_mut(&id) {
                one.devices.insert(key.clone(), wording.confidence.is_some());
            }
            said.insert(id, wording);
        }
    }

    /// Writes down that an advisory speaks of a vulnerability; gives what it is called here.
    fn speaks(&mut self, by: &Arc<InWords>, name: &str) -> String {
        let id = called_here(&by.advisory, name);
        self.vulnerabilities
            .entry(id.clone())
            .or_insert_with_key(|id| Vulnerability::of(by, name, id));
        id
    }
}

impl Vulnerability {
    fn of(by: &Arc<InWords>, name: &str, id: &str) -> Self {
        let advisory = &by.advisory;
        let all = advisory.vulnerabilities.iter();
        let own = all.filter(|one| {
            one.names
                .first()
                .map_or(name == advisory.id, |first| first == name)
        });
        let mut found = Self {
            by: Arc::clone(by),
            first: name.to_owned(),
            names: BTreeSet::from([id.to_owned()]),
            title: advisory.title.clone().unwrap_or_default(),
            severity: vec![],
            says: serde_json::to_string(advisory)
                .map_or_else(|_| String::new(), |text| sha256(text.as_bytes())),
            devices: BTreeMap::new(),
        };
        for one in own {
            found.names.extend(one.names.iter().cloned());
            found.severity.extend(one.severity.iter().cloned());
        }
        found
    }
}

/// What a vulnerability of an advisory is called here; one that has no name is called as the advisory is.
pub(super) fn called_here(advisory: &Advisory, name: &str) -> String {
    if name == advisory.id {
        name.to_owned()
    } else {
        format!("{}/{name}", advisory.id)
    }
}

/// The first name of each vulnerability of an advisory.
fn first_names(advisory: &Advisory) -> impl Iterator<Item = &String> {
    let all = advisory.vulnerabilities.iter();
    all.map(|one| one.names.first().unwrap_or(&advisory.id))
}

/// What all vulnerabilities of an advisory are called here.
fn all_called(advisory: &Advisory) -> BTreeSet<String> {
    first_names(advisory)
        .map(|name| called_here(advisory, name))
        .collect()
}

/// The surest first.
fn rank(wording: &Wording) -> (bool, Option<Confidence>) {
    (wording.confidence.is_none(), wording.confidence)
}

/// What an advisory says of devices, vulnerability by vulnerability, each with the device's place.
pub(super) fn wordings(advisory: &Advisory, outcome: Outcome) -> Vec<(usize, Wording)> {
    let mut all = vec![];
    let mut add = |place: usize, mut names: Vec<String>, wording: Wording| {
        if names.is_empty() {
            names.push(advisory.id.clone());
        }
        all.extend(names.into_iter().map(|vulnerability| {
            let wording = wording.clone();
            (
                place,
                Wording {
                    vulnerability,
                    ..wording
                },
            )
        }));
    };
    let said = |product, proof| Wording {
        advisory: advisory.id.clone(),
        title: advisory.title.clone().unwrap_or_default(),
        product,
        confidence: None,
        cause: None,
        proof,
        vulnerability: String::new(),
    };
    for found in outcome.matches {
        let wording = Wording {
            confidence: Some(found.confidence),
            ..said(found.product, found.proof)
        };
        add(found.place, found.vulnerabilities, wording);
    }
    for found in outcome.person {
        let wording = Wording {
            cause: Some(found.cause),
            ..said(found.product, found.proof)
        };
        add(found.place, found.vulnerabilities, wording);
    }
    all
}

/// What devices are called, ready to be asked.
fn ready(called: &BTreeMap<String, Vec<Called>>) -> (Devices, Vec<String>) {
    let each = called
        .iter()
        .flat_map(|(key, names)| names.iter().map(move |name| (key, name)));
    let (keys, names): (Vec<String>, Vec<Called>) =
        each.map(|(key, name)| (key.clone(), name.clone())).unzip();
    (Devices::new(names), keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const MAKERS: [&str; 3] = ["Kakuu Medical Inc.", "架空メディカル株式会社", "Tegaki Devices"];
    const NAMES: [&str; 3] = ["Kakuu Pump C", "Kakuu Monitor D", "Tegaki Scope"];
    const VERSIONS: [&str; 4] = ["2.4.1", "2.6", "3.0", "春の版"];
    const RANGES: [&str; 6] = [
        "2.4.1",
        "< 2.5",
        "versions prior to 3.0",
        "all versions",
        "春の版",
        "3.0",
    ];

    /// What may happen to the index.
    #[derive(Debug, Clone)]
    enum Step {
        /// These came or changed; what has nothing is withdrawn.
        Take(Vec<(String, Option<Advisory>)>),
        Put(Box<Device>, Vec<String>),
    }

    /// Each product by its vendor, name and version text, and how it is named besides; each vulnerability by its names and the product that it concerns.
    fn advisory(id: u8, products: &[[usize; 4]], vulnerabilities: &[(u8, u8, usize)]) -> Advisory {
        let product = |(at, [vendor, name, range, besides]): (usize, &[usize; 4])| {
            let (cpes, purls) = match besides {
                0 => (json!(["cpe:2.3:h:kakuu:pump:*:*:*:*:*:*:*:*"]), json!([])),
                1 => (json!([]), json!(["pkg:npm/kakuu-pump@1.0.0"])),
                _ => (json!([]), json!([])),
            };
            json!({
                "id": format!("P-{at}"), "name": format!("{} {}", NAMES[*name], RANGES[*range]), "vendor": MAKERS[*vendor],
                "product": NAMES[*name], "version": { "range": *range > 0, "text": RANGES[*range] },
                "purls": purls, "cpes": cpes, "models": [],
            })
        };
        let vulnerability = |(first, other, product): &(u8, u8, usize)| {
            let names = match first {
                0 => vec![],
                _ => vec![format!("CVE-2026-000{first}"), format!("CVE-2026-100{other}")],
            };
            let product = format!("P-{}", product % products.len().max(1));
            json!({ "names": names, "products": { product: "affected" }, "severity": [] })
        };
        let advisory = json!({
            "id": format!("ADVISORY-{id}"), "title": "架空の脆弱性", "released": "2026-06-01T00:00:00Z", "withdrawn": false,
            "products": products.iter().enumerate().map(product).collect::<Vec<_>>(),
            "vulnerabilities": vulnerabilities.iter().map(vulnerability).collect::<Vec<_>>(),
        });
        serde_json::from_value(advisory).unwrap()
    }

    fn advisories() -> impl Strategy<Value = (String, Option<Advisory>)> {
        let product = [0..MAKERS.len(), 0..NAMES.len(), 0..RANGES.len(), 0..6];
        let products = prop::collection::vec(product, 0..4);
        let vulnerabilities = prop::collection::vec((0u8..3, 0u8..2, 0usize..4), 0..3);
        (0u8..4, prop::option::weighted(0.8, (products, vulnerabilities))).prop_map(|(id, says)| {
            let says = says.map(|(products, vulnerabilities)| advisory(id, &products, &vulnerabilities));
            // As they are taken from a database.
            (format!("advisory-{id}"), says.filter(Words::are_in))
        })
    }

    fn step() -> impl Strategy<Value = Step> {
        let makers = prop::collection::btree_set(0..MAKERS.len(), 0..3);
        let device = (0u8..4, 0..NAMES.len(), 0..VERSIONS.len(), makers);
        prop_oneof![
            prop::collection::vec(advisories(), 1..4).prop_map(Step::Take),
            device.prop_map(|(id, name, version, makers)| {
                let device = Device {
                    name: NAMES[name].to_owned(),
                    version: VERSIONS[version].to_owned(),
                    ..Device::of("maker-a", &id.to_string(), &record::Record::default())
                };
                let makers = makers.into_iter().map(|maker| MAKERS[maker].to_owned());
                Step::Put(Box::new(device), makers.collect())
            }),
        ]
    }

    /// All that is said, as text.
    fn canonical(words: &Words) -> String {
        format!("{:#?}\n{:#?}", words.said, words.vulnerabilities)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

        #[test]
        fn what_changes_one_after_another_leave_is_what_the_last_state_alone_does(
            steps in prop::collection::vec(step(), 0..16),
        ) {
            let mut words = Words::default();
            let (mut devices, mut advisories) = (BTreeMap::new(), BTreeMap::new());
            for step in steps {
                match step {
                    Step::Put(device, makers) => {
                        words.put(&device, &makers);
                        devices.insert(device.key(), (device, makers));
                    }
                    Step::Take(news) => {
                        let mut told = BTreeSet::new();
                        words.take(news.clone(), &mut told).unwrap();
                        let last: BTreeMap<String, Option<Advisory>> = news.into_iter().collect();
                        for (key, advisory) in &last {
                            let of = |one: &Vulnerability| advisory.as_ref().is_some_and(|advisory| advisory.id == one.by.advisory.id);
                            let new = words.vulnerabilities.iter().filter(|(_, one)| of(one));
                            for (id, _) in new {
                                prop_assert!(told.contains(id), "{} of {} is not told", id, key);
                            }
                        }
                        advisories.extend(last);
                    }
                }
            }
            // Whatever comes first, devices or advisories.
            for first in [true, false] {
                let mut alone = Words::default();
                let put = |alone: &mut Words| devices.values().for_each(|(device, makers)| alone.put(device, makers));
                if first {
                    put(&mut alone);
                }
                alone.take(advisories.clone().into_iter().collect(), &mut BTreeSet::new()).unwrap();
                if !first {
                    put(&mut alone);
                }
                prop_assert_eq!(canonical(&words), canonical(&alone));
            }
        }
    }
}
