//! Advisories that name devices in words alone, by maker, name and version, as those of medical devices do, held against the device versions that were
//! handed in. Of each vulnerability it is known which devices it concerns and of which a person must tell: their makers are asked of both.

use std::collections::{BTreeMap, BTreeSet};

pub use cyber::device::Confidence;
use cyber::device::{Device as Called, Devices, Outcome};
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

/// A vulnerability of which an advisory in words speaks.
#[derive(Debug)]
pub(super) struct Vulnerability {
    advisory: String,
    /// Every name that the advisory gives it, and what it is called here.
    pub names: BTreeSet<String>,
    /// The advisory's title; may be empty.
    pub title: String,
    pub severity: Vec<Severity>,
    /// A text that changes when the advisory does.
    pub says: String,
    /// Devices by their keys, and whether it is sure that they are meant.
    pub devices: BTreeMap<String, bool>,
}

/// What advisories in words say of the devices.
#[derive(Default)]
pub(super) struct Words {
    /// By their keys in the database.
    advisories: BTreeMap<String, Advisory>,
    /// What each device is called.
    called: BTreeMap<String, Vec<Called>>,
    /// The same, ready to be asked, with the key of each; none since it changed.
    all: Option<(Devices, Vec<String>)>,
    /// By device and vulnerability.
    said: BTreeMap<String, BTreeMap<String, Wording>>,
    /// By what they are called here: the advisory and their first name in it.
    vulnerabilities: BTreeMap<String, Vulnerability>,
}

impl Words {
    /// Whether an advisory names something in words alone.
    pub fn are_in(advisory: &Advisory) -> bool {
        // A component within a product is named beside that product; hardware is in no bill of materials.
        let in_words = |product: &Product| {
            let is_hardware = |cpe: &String| cpe.starts_with("cpe:2.3:h:") || cpe.starts_with("cpe:/h:");
            product.within.is_none() && product.purls.is_empty() && product.cpes.iter().all(is_hardware)
        };
        !advisory.withdrawn && advisory.products.iter().any(in_words)
    }

    /// Takes advisories in words that came or changed, and the keys alone of others; adds which vulnerabilities concern some device now.
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
                self.forget(&before.id);
            }
            let Some(advisory) = advisory else { continue };
            let (devices, keys) = self.all.take().unwrap_or_else(|| ready(&self.called));
            match devices.against(&advisory) {
                Ok(outcome) => told.extend(self.lay(&advisory, outcome, &keys)),
                Err(refusal) => taken = taken.and(Err(refusal)),
            }
            self.all = Some((devices, keys));
            self.advisories.insert(key, advisory);
        }
        taken
    }

    /// Takes a device, in the place of what it was called before, with the names of its maker.
    pub fn put(&mut self, device: &Device, makers: &[String]) {
        let key = device.key();
        self.all = None;
        self.said.remove(&key);
        for vulnerability in self.vulnerabilities.values_mut() {
            vulnerability.devices.remove(&key);
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
        for advisory in advisories.values() {
            // One device is never too many.
            if let Ok(outcome) = alone.against(advisory) {
                self.lay(advisory, outcome, &keys);
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

    fn forget(&mut self, advisory: &str) {
        self.vulnerabilities.retain(|_, one| one.advisory != advisory);
        for said in self.said.values_mut() {
            said.retain(|_, wording| wording.advisory != advisory);
        }
    }

    /// Writes down what an advisory says of devices, with the key of each; gives which vulnerabilities concern some.
    fn lay(&mut self, advisory: &Advisory, outcome: Outcome, keys: &[String]) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        for (place, wording) in wordings(advisory, outcome) {
            let Some(key) = keys.get(place) else { continue };
            let name = &wording.vulnerability;
            let id = called_here(advisory, name);
            let said = self.said.entry(key.clone()).or_default();
            // Of a device's several names the surest tells.
            if said.get(&id).is_some_and(|before| rank(before) <= rank(&wording)) {
                continue;
            }
            let one = self.vulnerabilities.entry(id.clone());
            let one = one.or_insert_with_key(|id| Vulnerability::of(advisory, name, id));
            one.devices.insert(key.clone(), wording.confidence.is_some());
            said.insert(id.clone(), wording);
            told.insert(id);
        }
        told
    }
}

impl Vulnerability {
    fn of(advisory: &Advisory, name: &str, id: &str) -> Self {
        let all = advisory.vulnerabilities.iter();
        let own = all.filter(|one| {
            one.names
                .first()
                .map_or(name == advisory.id, |first| first == name)
        });
        let mut found = Self {
            advisory: advisory.id.clone(),
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
fn called_here(advisory: &Advisory, name: &str) -> String {
    if name == advisory.id {
        name.to_owned()
    } else {
        format!("{}/{name}", advisory.id)
    }
}

/// The surest first.
fn rank(wording: &Wording) -> (bool, Option<Confidence>) {
    (wording.confidence.is_none(), wording.confidence)
}

/// What an advisory says of devices, vulnerability by vulnerability, each with the device's place.
fn wordings(advisory: &Advisory, outcome: Outcome) -> Vec<(usize, Wording)> {
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
