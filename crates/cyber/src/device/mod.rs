//! Advisories about devices held against registered devices, by maker, name and version text: advisories of medical devices have neither
//! package URLs nor CPE names. Each match has its confidence and says what was compared with what; what cannot be read goes to a person and
//! never becomes "not affected".

mod names;
mod sought;
mod sound;
mod versions;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use vocab::Refusal;

use crate::document::{Advisory, Product, Status};
use crate::matching::Proof;

use names::{Company, Fit, Named, Registered};
use versions::{Claim, Stand};

pub use sought::Sought;
pub use versions::Confidence;

/// A registered device, as its register writes it; empty texts are missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Maker.
    pub maker: String,
    /// Name.
    pub name: String,
    /// Model.
    pub model: String,
    /// Version.
    pub version: String,
    /// Device identifier (UDI-DI).
    pub udi_di: String,
    /// Code of its generic name.
    pub jmdn: String,
}

/// Registered devices, ready to be asked.
#[derive(Debug)]
pub struct Devices {
    all: Vec<Device>,
    names: Vec<Registered>,
    /// Different makers, and which of them each device has.
    makers: Vec<Option<Company>>,
    maker_of: Vec<usize>,
    /// Devices by the words of their names, and by what words may be written as.
    by_word: HashMap<String, Vec<usize>>,
    /// Devices whose names have kana.
    in_kana: Vec<usize>,
}

/// What an advisory says of registered devices. Devices that are not in it are none of its products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The advisory's identifier.
    pub advisory: String,
    /// Its title.
    pub title: Option<String>,
    /// Devices that it concerns, the surest first.
    pub matches: Vec<Match>,
    /// Devices that a person must look at.
    pub person: Vec<Doubtful>,
    /// Devices of its products, whose versions it does not name.
    pub outside: Vec<Outside>,
    /// Products whose version text could not be read as a range.
    pub unreadable: Vec<String>,
}

/// A device that an advisory concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Match {
    /// Place in the list of devices.
    pub place: usize,
    /// The device.
    pub device: Device,
    /// How sure it is.
    pub confidence: Confidence,
    /// Vulnerabilities.
    pub vulnerabilities: Vec<String>,
    /// The advisory's product, in full.
    pub product: String,
    /// What was compared with what.
    pub proof: Proof,
}

/// A device of which it cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doubtful {
    /// Place in the list of devices.
    pub place: usize,
    /// The device.
    pub device: Device,
    /// Vulnerabilities that may concern it.
    pub vulnerabilities: Vec<String>,
    /// The advisory's product, in full.
    pub product: String,
    /// What was compared with what.
    pub proof: Proof,
    /// Why a person must look.
    pub cause: Refusal,
}

/// A device of the product in a version that the advisory does not name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outside {
    /// Place in the list of devices.
    pub place: usize,
    /// The device.
    pub device: Device,
    /// What was compared with what.
    pub proof: Proof,
}

/// A product of an advisory, read once.
struct Target<'a> {
    product: &'a Product,
    vendor: &'a str,
    vendors: Vec<Company>,
    named: Named,
    claim: Claim,
    status: Status,
    vulnerabilities: Vec<String>,
}

/// How a device stands to one product.
struct Compared<'a> {
    target: &'a Target<'a>,
    fit: Fit,
    /// Whether every word of vendor and maker is the same; nothing where the maker is another.
    vendor: Option<bool>,
    stand: Stand,
}

/// Comparisons that one advisory may cost.
const MOST: usize = 20_000_000;

impl Devices {
    /// Reads names and indexes them.
    pub fn new(devices: Vec<Device>) -> Self {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut makers = Vec::new();
        let mut maker_of = Vec::new();
        for device in &devices {
            let place = *places.entry(device.maker.as_str()).or_insert_with(|| {
                makers.push(Company::maker(&device.maker));
                makers.len() - 1
            });
            maker_of.push(place);
        }
        let names: Vec<Registered> = devices
            .iter()
            .map(|device| Registered::of(&device.name, &device.model))
            .collect();
        let mut by_word: HashMap<String, Vec<usize>> = HashMap::new();
        let mut in_kana = Vec::new();
        for (place, name) in names.iter().enumerate() {
            for key in name.keys() {
                by_word.entry(key).or_default().push(place);
            }
            if name.has_kana() {
                in_kana.push(place);
            }
        }
        Self {
            all: devices,
            names,
            makers,
            maker_of,
            by_word,
            in_kana,
        }
    }

    /// The devices, in their order.
    pub fn all(&self) -> &[Device] {
        &self.all
    }

    /// What an advisory says of them; of one that is withdrawn nothing.
    ///
    /// # Errors
    ///
    /// `too_many` if it names so many products, each like so many devices, that holding them against each other has no end.
    pub fn against(&self, advisory: &Advisory) -> Result<Outcome, Refusal> {
        let targets = targets(advisory);
        let mut found: BTreeMap<usize, Vec<Compared<'_>>> = BTreeMap::new();
        let mut left = MOST;
        // A vendor is asked once for all its products.
        let mut asked: Option<(&str, Vec<Option<bool>>)> = None;
        for target in &targets {
            let makers = match asked.take() {
                Some((vendor, makers)) if vendor == target.vendor => makers,
                _ => {
                    left = left.checked_sub(self.makers.len()).ok_or_else(too_many)?;
                    let makers = self.makers.iter();
                    makers.map(|maker| target.is_from(maker.as_ref())).collect()
                }
            };
            let candidates = self.candidates(target, &makers);
            left = left.checked_sub(candidates.len()).ok_or_else(too_many)?;
            for place in candidates {
                let vendor = self.maker_of.get(place).and_then(|maker| *makers.get(*maker)?);
                if let Some(compared) = self.compare(place, target, vendor) {
                    found.entry(place).or_default().push(compared);
                }
            }
            asked = Some((target.vendor, makers));
        }
        let unreadable = targets.iter().filter(|target| !target.claim.is_readable());
        let mut outcome = Outcome {
            advisory: advisory.id.clone(),
            title: advisory.title.clone(),
            matches: Vec::new(),
            person: Vec::new(),
            outside: Vec::new(),
            unreadable: unreadable.map(|target| target.product.name.clone()).collect(),
        };
        for (place, compared) in found {
            if let Some(device) = self.all.get(place) {
                outcome.take(place, device, compared);
            }
        }
        outcome
            .matches
            .sort_by_key(|found| (found.confidence, found.place));
        Ok(outcome)
    }

    /// Devices that may be a product: of its vendor with a word of its name, or with a name in kana; and under another maker, where the name
    /// alone tells the product.
    fn candidates(&self, target: &Target<'_>, makers: &[Option<bool>]) -> BTreeSet<usize> {
        let distinctive = target.is_distinctive();
        let of_vendor = |place: &usize| {
            let maker = self.maker_of.get(*place).and_then(|maker| *makers.get(*maker)?);
            maker.is_some()
        };
        let listed = |words: &[String]| {
            let lists = words.iter().filter_map(|word| self.by_word.get(word));
            lists.flatten().copied().collect::<Vec<usize>>()
        };
        let mut found: BTreeSet<usize> = listed(&target.named.keys())
            .into_iter()
            .chain(self.in_kana.iter().copied())
            .filter(of_vendor)
            .collect();
        if distinctive {
            // A name in full has every part, so the rarest finds it.
            let parts = target.named.parts().map(listed);
            found.extend(parts.min_by_key(Vec::len).unwrap_or_default());
            found.extend(listed(target.named.codes()));
        }
        found
    }

    fn compare<'a>(
        &self,
        place: usize,
        target: &'a Target<'a>,
        vendor: Option<bool>,
    ) -> Option<Compared<'a>> {
        let maker = self
            .maker_of
            .get(place)
            .and_then(|maker| self.makers.get(*maker)?.as_ref());
        let fit = target.named.fits(self.names.get(place)?, maker)?;
        let unknown = maker.is_none() || target.vendors.is_empty();
        if vendor.is_none() && fit > (if unknown { Fit::Variant } else { Fit::Same }) {
            return None;
        }
        Some(Compared {
            target,
            fit,
            vendor,
            stand: target.claim.holds(&self.all.get(place)?.version),
        })
    }
}

/// Whether a version of a device is among those that a text of an advisory names; nothing where that cannot be told.
pub fn is_among(versions: &str, version: &str) -> Option<bool> {
    match Claim::read(Some(versions)).holds(version) {
        Stand::Inside(Confidence::Certain | Confidence::Likely) => Some(true),
        Stand::Outside => Some(false),
        Stand::Inside(Confidence::Possible) | Stand::Unknown => None,
    }
}

fn too_many() -> Refusal {
    Refusal::new(
        "too_many",
        "勧告の製品と機器の組合せが多すぎます。機器の一覧を分けて指定してください。",
        "there are too many products in the advisory for so many devices. Split the list of devices.",
    )
}

/// Products that an advisory says something of, and what, by vendor.
fn targets(advisory: &Advisory) -> Vec<Target<'_>> {
    let products: HashMap<&str, &Product> = advisory
        .products
        .iter()
        .map(|product| (product.id.as_str(), product))
        .collect();
    // Of each product the vulnerabilities by status; what calls for no action only where nothing does.
    let mut said: BTreeMap<&str, Vec<(Status, Vec<String>)>> = BTreeMap::new();
    for vulnerability in advisory.vulnerabilities.iter().filter(|_| !advisory.withdrawn) {
        for (id, status) in &vulnerability.products {
            let of = said.entry(id).or_default();
            let names = vulnerability.names.first().cloned();
            match of.iter_mut().find(|(other, _)| other == status) {
                Some((_, known)) => known.extend(names),
                None => of.push((*status, names.into_iter().collect())),
            }
        }
    }
    for of in said.values_mut() {
        let gravest = of.iter().map(|(status, _)| *status).reduce(Status::graver);
        of.retain(|(status, _)| {
            matches!(status, Status::Affected | Status::UnderInvestigation) || Some(*status) == gravest
        });
    }
    let said = said
        .into_iter()
        .flat_map(|(id, of)| of.into_iter().map(move |(status, names)| (id, status, names)));
    let targets = said.filter_map(|(id, status, vulnerabilities)| {
        let product = *products.get(id)?;
        // A component within another product has the names of both.
        let within = |id: Option<&String>| id.and_then(|id| products.get(id.as_str()).copied());
        let (part, whole) = product
            .within
            .as_ref()
            .map_or((None, None), |(part, whole)| (Some(part), Some(whole)));
        let whole = within(whole).unwrap_or(product);
        let version = product.version.as_ref().or(whole.version.as_ref());
        let version = version.or_else(|| within(part)?.version.as_ref());
        let vendor = whole.vendor.as_deref().unwrap_or_default();
        let vendors = Company::vendors(vendor);
        let (name, text) = match (&whole.product, version) {
            (Some(name), Some(version)) => (name.as_str(), Some(version.text.as_str())),
            (Some(name), None) => (name.as_str(), None),
            (None, version) => {
                let (name, text) = whole
                    .name
                    .split_once(": ")
                    .map_or((whole.name.as_str(), None), |(name, text)| (name, Some(text)));
                (name, version.map(|version| version.text.as_str()).or(text))
            }
        };
        Some(Target {
            named: Named::of(name, &whole.models, &vendors),
            product,
            vendor,
            vendors,
            claim: Claim::read(text),
            status,
            vulnerabilities,
        })
    });
    let mut targets: Vec<Target<'_>> = targets.collect();
    targets.sort_by_key(|target| target.vendor);
    targets
}

impl Target<'_> {
    /// Whether its name alone tells the product, whoever is written as its maker.
    fn is_distinctive(&self) -> bool {
        self.named.is_distinctive() || self.vendors.is_empty()
    }

    fn is_from(&self, maker: Option<&Company>) -> Option<bool> {
        let maker = maker?;
        let found = self.vendors.iter().filter_map(|vendor| vendor.is(maker));
        found.max()
    }
}

impl Compared<'_> {
    fn confidence(&self, of_version: Confidence) -> Confidence {
        let vendor = match self.vendor {
            Some(true) => Confidence::Certain,
            Some(false) => Confidence::Likely,
            None => Confidence::Possible,
        };
        let product = match self.fit {
            Fit::Same => Confidence::Certain,
            Fit::More | Fit::Variant | Fit::Model => Confidence::Likely,
            Fit::Part | Fit::Excluded => Confidence::Possible,
        };
        vendor.max(product).max(of_version)
    }

    /// What was compared with what.
    fn proof(&self, device: &Device) -> Proof {
        let product = self.target.product;
        let or = |text: &Option<String>| text.as_deref().unwrap_or("-").to_owned();
        let (vendor, name) = (
            or(&product.vendor),
            product.product.clone().unwrap_or_else(|| product.name.clone()),
        );
        let version = product
            .version
            .as_ref()
            .map_or("-", |version| version.text.as_str());
        let (maker_ja, maker_en) = match self.vendor {
            Some(true) => ("と同じ", "is"),
            Some(false) => ("と主な語が同じ", "shares its main words with"),
            None => ("とは別", "is another than"),
        };
        let (name_ja, name_en) = match self.fit {
            Fit::Same => ("と同じ", "is"),
            Fit::More => ("にほかの語を加えたもの", "adds words to"),
            Fit::Variant => ("の派生型番", "is a variant of"),
            Fit::Model => ("の型番を書いたもの", "names the model of"),
            Fit::Part => ("の一部だけを書いたもの", "gives only a part of"),
            Fit::Excluded => (
                "から除かれたものの名前を含む",
                "has the name of what is left out of",
            ),
        };
        let (version_ja, version_en) = match self.stand {
            Stand::Inside(Confidence::Certain) => ("は次に含まれる", "is among"),
            Stand::Inside(_) => ("は次に含まれるとみられる", "appears to be among"),
            Stand::Outside => ("は次に含まれない", "is not among"),
            Stand::Unknown => ("は次と比べられない", "cannot be compared with"),
        };
        let shown = [device.name.as_str(), device.model.as_str()];
        let shown: Vec<&str> = shown.into_iter().filter(|text| !text.is_empty()).collect();
        let (maker, shown, own) = (&device.maker, shown.join(" "), &device.version);
        let (own_ja, own_en) = if own.is_empty() {
            let (ja, en) = (
                "バージョンの登録がなく、次に当たり得る",
                "no version is registered, so it may be among",
            );
            (ja.to_owned(), en.to_owned())
        } else {
            (
                format!("バージョン「{own}」{version_ja}"),
                format!("version `{own}` {version_en}"),
            )
        };
        Proof {
            ja: format!(
                "製造業者「{maker}」は「{vendor}」{maker_ja}、製品「{shown}」は「{name}」{name_ja}、{own_ja}:「{version}」。"
            ),
            en: format!(
                "maker `{maker}` {maker_en} `{vendor}`; product `{shown}` {name_en} `{name}`; {own_en} `{version}`."
            ),
        }
    }

    /// Why a person must look, if so.
    fn doubt(&self) -> Option<Refusal> {
        let cause = |kind, ja: &str, en: &str| Some(Refusal::new(kind, ja, en));
        match (self.target.status, self.fit, self.stand) {
            (_, Fit::Excluded, _) => cause(
                "excluded_name",
                "勧告が対象から除く製品の名前を含みます。除かれる製品そのものか、人が確かめてください。",
                "its name has that of a product which the advisory leaves out. A person must look whether it is that product.",
            ),
            (Status::UnderInvestigation, _, Stand::Inside(_) | Stand::Unknown) => cause(
                "under_investigation",
                "影響の有無は調査中です。製造販売業者に確かめてください。",
                "whether it is affected is under investigation. Ask the maker.",
            ),
            (Status::Affected, _, Stand::Unknown) if self.target.claim.is_readable() => cause(
                "unreadable_version",
                "登録されたバージョンを勧告の範囲と比べられません。バージョンの表記を人が確かめてください。",
                "the registered version cannot be compared with the advisory's range. A person must look at how it is written.",
            ),
            (Status::Affected, _, Stand::Unknown) => cause(
                "unreadable_range",
                "勧告のバージョンの書き方を範囲として読めません。人が確かめてください。",
                "the advisory's version text cannot be read as a range. A person must look at it.",
            ),
            _ => None,
        }
    }
}

impl Outcome {
    /// Sorts a device in by everything that the advisory says of it.
    fn take(&mut self, place: usize, device: &Device, mut compared: Vec<Compared<'_>>) {
        // A product that the name gives in full leaves nothing to those that it gives in part.
        if compared.iter().any(|compared| compared.fit <= Fit::More) {
            compared.retain(|compared| compared.fit <= Fit::More || compared.fit == Fit::Excluded);
        }
        let affected = |compared: &&Compared<'_>| {
            compared.target.status == Status::Affected && compared.fit != Fit::Excluded
        };
        let inside: Vec<(Confidence, &Compared<'_>)> = compared
            .iter()
            .filter(affected)
            .filter_map(|compared| match compared.stand {
                Stand::Inside(confidence) => Some((compared.confidence(confidence), compared)),
                _ => None,
            })
            .collect();
        let told: BTreeSet<&String> = inside
            .iter()
            .flat_map(|(_, compared)| &compared.target.vulnerabilities)
            .collect();
        // Of what surely concerns it no person need tell.
        let untold = |compared: &Compared<'_>| {
            let mut names = compared.target.vulnerabilities.iter();
            names.any(|name| !told.contains(name))
        };
        let doubts: Vec<(&Compared<'_>, Refusal)> = compared
            .iter()
            .filter(|compared| inside.is_empty() || untold(compared))
            .filter_map(|compared| Some((compared, compared.doubt()?)))
            .collect();
        let best = inside.iter().min_by_key(|(confidence, _)| *confidence);
        if let Some((confidence, best)) = best {
            self.matches.push(Match {
                place,
                device: device.clone(),
                confidence: *confidence,
                vulnerabilities: told.iter().copied().cloned().collect(),
                product: best.target.product.name.clone(),
                proof: best.proof(device),
            });
        }
        if let Some((first, cause)) = doubts.first() {
            let names: BTreeSet<&String> = doubts
                .iter()
                .flat_map(|(compared, _)| &compared.target.vulnerabilities)
                .filter(|name| !told.contains(name))
                .collect();
            self.person.push(Doubtful {
                place,
                device: device.clone(),
                vulnerabilities: names.into_iter().cloned().collect(),
                product: first.target.product.name.clone(),
                proof: first.proof(device),
                cause: cause.clone(),
            });
        } else if let (None, Some(compared)) = (best, compared.first()) {
            self.outside.push(Outside {
                place,
                device: device.clone(),
                proof: compared.proof(device),
            });
        }
    }
}
