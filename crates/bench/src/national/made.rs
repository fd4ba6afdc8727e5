//! A made-up nation (架空): organisations, institutions, devices, supply reports with their cases, and what hospitals hold. Each record
//! follows from its number, so that whoever asks for it later knows what it says. Keys, references and words are those that the
//! plan's kinds give such a record.

use std::error::Error;

use jiff::Timestamp;
use serde_json::{Value, json};
use store::{Change, Draft, Index, Key, Name};

use super::draw::{day, draw, pick, skewed};

type Made<T> = Result<T, Box<dyn Error>>;

/// Drafts of one change of a published list.
const BATCH: u64 = 10_000;
const CODES: u64 = 4_400;
/// Different words in names. Names of five words are cut into their bigrams.
const WORDS: u64 = 3_000;
const CAUSES: [&str; 5] = ["material", "factory", "transport", "demand", "recall"];
const PREFECTURES: u64 = 47;

/// How many records there are of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Nation {
    pub organisations: u64,
    pub institutions: u64,
    pub devices: u64,
    pub cases: u64,
    pub assets: u64,
}

/// The kinds in the order in which they are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Organisation,
    Institution,
    Device,
    /// A report with the case that it opened: two records.
    Case,
    Asset,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::Organisation,
        Self::Institution,
        Self::Device,
        Self::Case,
        Self::Asset,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Organisation => "organisations",
            Self::Institution => "institutions",
            Self::Device => "devices",
            Self::Case => "supply reports with their cases",
            Self::Asset => "hospital assets",
        }
    }
}

impl Nation {
    /// So many hundredths of what the country has.
    pub const fn of(percent: u64) -> Self {
        Self {
            organisations: 100 * percent,
            institutions: 97_024 * percent / 100,
            devices: 10_000 * percent,
            cases: 500 * percent,
            assets: 20_000 * percent,
        }
    }

    /// Three organisations in ten make devices, the others hold them.
    pub const fn makers(&self) -> u64 {
        self.organisations * 3 / 10
    }

    pub const fn hospitals(&self) -> u64 {
        self.organisations - self.makers()
    }

    /// How many records of a kind there are.
    pub const fn count(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Organisation => self.organisations,
            Kind::Institution => self.institutions,
            Kind::Device => self.devices,
            Kind::Case => self.cases,
            Kind::Asset => self.assets,
        }
    }

    /// How many changes write them: a published list in long ones, what an organisation hands in as one of its own.
    pub const fn changes(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Case => self.makers(),
            Kind::Asset => self.hospitals(),
            listed => self.count(listed).div_ceil(BATCH),
        }
    }

    /// One of these changes.
    pub fn change(&self, kind: Kind, at: u64) -> Made<Change> {
        let part = |of: u64| {
            let owners = self.changes(kind);
            of * at / owners..of * (at + 1) / owners
        };
        let batch = at * BATCH..self.count(kind).min((at + 1) * BATCH);
        let (owner, drafts) = match kind {
            Kind::Organisation => (REGISTRY.to_owned(), batch.map(|n| self.organisation(n)).collect()),
            Kind::Institution => (REGISTRY.to_owned(), batch.map(institution).collect()),
            Kind::Device => (
                Device::owner_of(at * BATCH),
                batch.map(|n| self.device(n).draft(0)).collect(),
            ),
            Kind::Case => {
                let both = part(self.cases).flat_map(|n| [self.case(n).report(), self.case(n).draft(0)]);
                (maker(at), both.collect::<Made<Vec<_>>>())
            }
            Kind::Asset => (
                self.hospital(at),
                part(self.assets).map(|n| self.asset(n).draft()).collect(),
            ),
        };
        change(&owner, drafts?)
    }

    pub fn device(&self, n: u64) -> Device {
        Device {
            n,
            makers: self.makers(),
            words: [10, 11, 12, 13, 14].map(|what| skewed(n, what, WORDS)),
        }
    }

    /// A supply report with its case.
    pub fn case(&self, n: u64) -> Case {
        // The maker whose share of the cases this one is in.
        let by = (n * self.makers() + self.makers() - 1) / self.cases;
        Case {
            n,
            owner: maker(by.min(self.makers() - 1)),
            device: self.device(draw(n, 40, self.devices)),
        }
    }

    pub fn asset(&self, n: u64) -> Asset {
        Asset {
            n,
            // Some devices are everywhere, most are in few places.
            device: self.device(skewed(n, 50, self.devices)),
        }
    }

    /// The organisation that is the hospital of a number.
    pub fn hospital(&self, n: u64) -> String {
        format!("org-{}", self.makers() + n)
    }

    fn organisation(&self, n: u64) -> Made<Draft> {
        let role = if n < self.makers() { "maker" } else { "hospital" };
        let called = format!(
            "架空{}{}株式会社{n}",
            word(draw(n, 60, WORDS)),
            word(draw(n, 61, WORDS))
        );
        let keys = [
            ("name", called.clone()),
            ("role", role.into()),
            ("prefecture", format!("{:02}", 1 + skewed(n, 62, PREFECTURES))),
        ];
        let body =
            json!({ "name": called, "role": role, "site": "架空県架空市", "number": format!("{:013}", n) });
        let index = index(keys, vec![], &[&called])?;
        draft("organisation", format!("org-{n}"), body, index)
    }
}

/// Whose the published lists are.
const REGISTRY: &str = "registry";

/// The organisation that is the maker of a number.
pub fn maker(n: u64) -> String {
    format!("org-{n}")
}

fn institution(n: u64) -> Made<Draft> {
    let called = format!("架空{}{}医院", word(draw(n, 70, WORDS)), word(draw(n, 71, WORDS)));
    let place = format!("架空県{}市{}", word(draw(n, 72, 800)), draw(n, 73, 3_000));
    let (code, prefecture) = (
        format!("{n:010}"),
        format!("{:02}", 1 + skewed(n, 74, PREFECTURES)),
    );
    let keys = [
        ("name", called.clone()),
        ("code", code.clone()),
        ("prefecture", prefecture.clone()),
        (
            "kind",
            pick(n, 75, &["clinic", "clinic", "clinic", "dental", "hospital"]).into(),
        ),
        ("beds", format!("1003{:03}", skewed(n, 76, 900))),
    ];
    let body = json!({
        "name": called, "code": code, "prefecture": prefecture, "address": place, "kind": keys[3].1, "beds": keys[4].1,
    });
    draft(
        "medical-institution",
        format!("i-{n}"),
        body,
        index(keys, vec![], &[&called, &place])?,
    )
}

/// One device of the register.
pub struct Device {
    pub n: u64,
    pub words: [u64; 5],
    makers: u64,
}

impl Device {
    pub fn id(&self) -> String {
        format!("{:012x}", draw(self.n, 0, 1 << 48))
    }

    pub fn owner(&self) -> String {
        Self::owner_of(self.n)
    }

    fn owner_of(n: u64) -> String {
        format!("agency-{}", n / BATCH % 5)
    }

    pub fn key(&self) -> Made<Key> {
        Ok(Key::new(self.owner(), "device", self.id())?)
    }

    pub fn maker(&self) -> String {
        maker(draw(self.n, 1, self.makers))
    }

    pub fn code(&self) -> String {
        format!("{:08}", 30_000_000 + skewed(self.n, 2, CODES))
    }

    pub fn class(&self) -> &'static str {
        pick(self.n, 3, &["1", "2", "2", "2", "3", "3", "4", "2"])
    }

    pub fn state(&self) -> &'static str {
        pick(self.n, 4, &["sold", "sold", "sold", "ended", "planned"])
    }

    pub fn approved(&self) -> String {
        day(self.n, 5)
    }

    pub fn family(&self) -> String {
        format!("family-{}", draw(self.n, 6, 100_000))
    }

    pub fn gtin(&self) -> String {
        format!("{:014}", draw(self.n, 9, 100_000_000_000_000))
    }

    pub fn name(&self) -> String {
        let words: String = self.words.iter().map(|number| word(*number)).collect();
        format!("架空{words}{:06}", self.n)
    }

    /// The next version after one that was seen.
    pub fn draft(&self, expected: u32) -> Made<Draft> {
        let keys = [
            ("maker", self.maker()),
            ("code", self.code()),
            ("class", self.class().into()),
            ("approved", self.approved()),
            ("name", self.name()),
            ("revised", expected.to_string()),
        ];
        let to = vec![("maker", Key::new(REGISTRY, "organisation", self.maker())?)];
        let index = index(keys, to, &[&self.name(), &format!("架空工業{}", self.maker())])?;
        let body = json!({
            "name": self.name(), "maker": self.maker(), "code": self.code(), "class": self.class(),
            "approved": self.approved(), "udi": self.gtin(), "model": format!("KK-{:06}", self.n),
            "price": draw(self.n, 7, 10_000_000).to_string(), "origin": "JP", "insured": draw(self.n, 8, 2) == 1,
            "revised": expected, "remarks": "架空の機器です。測るためだけのものです。",
        });
        Ok(Draft {
            expected,
            parent: Some(name(self.family())?),
            state: Some(name(self.state())?),
            ..draft("device", self.id(), body, index)?
        })
    }
}

/// A supply report and its case.
pub struct Case {
    pub n: u64,
    pub owner: String,
    pub device: Device,
}

impl Case {
    const STATES: [&'static str; 5] = ["received", "triage", "asked", "measures", "closed"];

    pub fn id(&self) -> String {
        format!("report-{}", self.n)
    }

    pub fn key(&self) -> Made<Key> {
        Ok(Key::new(&*self.owner, "case", self.case_id())?)
    }

    pub fn case_id(&self) -> String {
        format!("supply-report.{}", self.id())
    }

    pub fn state(&self) -> &'static str {
        pick(self.n, 41, &Self::STATES)
    }

    /// True if everybody sees the report.
    pub fn is_public(&self) -> bool {
        self.state() == "measures" || self.state() == "closed"
    }

    /// What a hospital compares with what it holds.
    pub fn device_key(&self) -> String {
        device_key(&self.device)
    }

    fn report(&self) -> Made<Draft> {
        let (called, code) = (self.device.name(), self.device.gtin());
        let keys = [
            ("name", called.clone()),
            ("device", self.device_key()),
            ("product_codes", code.clone()),
            ("jmdn", self.device.code()),
            (
                "report_type",
                pick(self.n, 42, &["concern", "shortage", "discontinuation"]).into(),
            ),
            ("from", day(self.n, 43)),
            ("cause", pick(self.n, 44, &CAUSES).into()),
            ("prefecture", format!("{:02}", 1 + draw(self.n, 45, PREFECTURES))),
        ];
        let body = json!({
            "name": called, "device": self.device_key(), "product_codes": [code], "jmdn": self.device.code(),
            "report_type": keys[4].1, "from": keys[5].1, "causes": [keys[6].1], "substitutes": [
                { "name": "架空代替品A", "maker": "架空メディカル株式会社", "code": "00000000000000", "consent": true },
                { "name": "架空代替品B", "maker": "架空テクノ株式会社", "code": "00000000000017", "consent": false },
            ],
            "plan": "架空の報告です。測るためだけのものです。部材の入荷が遅れるため、出荷を調整します。",
        });
        let index = index(
            keys,
            vec![("device", self.device.key()?)],
            &[&called, &self.device.gtin()],
        )?;
        Ok(Draft {
            state: Some(name("filed")?),
            ..draft("supply-report", self.id(), body, index)?
        })
    }

    /// The case with six to ten events, and one more for each version that was seen.
    pub fn draft(&self, expected: u32) -> Made<Draft> {
        let events = 6 + draw(self.n, 46, 5) + u64::from(expected);
        let history: Vec<Value> = (0..events).map(|event| self.event(event)).collect();
        let over = self.state() == "closed";
        let own = format!("organisation:{}", self.owner);
        let society = format!("organisation:society-{}", draw(self.n, 47, 40));
        let due = if over {
            "9999-12-31".to_owned()
        } else {
            day(self.n, 48)
        };
        let turn = if over {
            None
        } else {
            Some(pick(self.n, 49, &["role:ministry", "role:triage", &own]))
        };
        let mut keys = vec![
            ("due", due),
            ("procedure", "supply-report".into()),
            ("over", if over { "yes" } else { "no" }.into()),
            ("part", "role:ministry".into()),
            ("part", own.clone()),
            ("part", society),
            ("since", format!("{}T00:00:00Z", day(self.n, 43))),
        ];
        keys.extend(turn.map(|turn| ("turn", turn.to_owned())));
        keys.extend(self.is_public().then(|| ("part", "public".to_owned())));
        let number = format!("供給2026-{:05}", self.n);
        let about = Key::new(self.owner.clone(), "supply-report", self.id())?;
        let body = json!({
            "procedure": "supply-report", "number": number, "state": self.state(), "since": "2026-04-01T00:00:00Z",
            "clocks": { "triage": { "started": "2026-04-01", "pauses": [], "stopped": "2026-04-03" } }, "history": history,
        });
        let index = index(keys, vec![("record", about)], &[&number, &self.device.name()])?;
        Ok(Draft {
            expected,
            state: Some(name(self.state())?),
            ..draft("case", self.case_id(), body, index)?
        })
    }

    fn event(&self, number: u64) -> Value {
        let by = json!({ "person": { "account": format!("account-{}", draw(self.n, 80 + number, 500)),
            "organisation": self.owner, "ministry": number % 2 == 1 } });
        let what = match number % 3 {
            0 => {
                json!({ "moved": { "transition": "next", "from": "received", "to": self.state(), "reason": "架空の理由です。", "dissent": null } })
            }
            1 => json!({ "timed": { "clock": "triage", "change": "started" } }),
            _ => {
                json!({ "said": { "with": self.owner, "text": "架空の照会です。在庫の見込みを教えてください。", "files": [] } })
            }
        };
        json!({ "at": "2026-04-01T00:00:00Z", "by": by, "what": what })
    }
}

/// What a hospital holds of one device.
pub struct Asset {
    n: u64,
    pub device: Device,
}

impl Asset {
    fn draft(&self) -> Made<Draft> {
        let called = self.device.name();
        let keys = [
            ("name", called.clone()),
            ("asset_number", format!("ME-{:07}", self.n)),
            ("device", device_key(&self.device)),
            ("gtin", self.device.gtin()),
            (
                "use",
                pick(self.n, 51, &["in-use", "in-use", "in-use", "spare", "repair"]).into(),
            ),
            (
                "department",
                pick(self.n, 52, &["icu", "or", "ward-3", "ward-4", "me"]).into(),
            ),
        ];
        let body = json!({
            "name": called, "asset_number": keys[1].1, "device": keys[2].1, "gtin": keys[3].1, "use": keys[4].1,
            "department": keys[5].1, "quantity": (1 + draw(self.n, 53, 9)).to_string(),
        });
        let index = index(keys, vec![("device", self.device.key()?)], &[&called])?;
        Ok(Draft {
            state: Some(name("filed")?),
            ..draft("hospital-asset", format!("a-{:07}", self.n), body, index)?
        })
    }
}

/// A link to a device, as it is kept.
pub fn device_key(device: &Device) -> String {
    format!("{}/{}", device.owner(), device.id())
}

/// A word of three ideographs.
pub fn word(number: u64) -> String {
    let ideograph = |what| char::from_u32(0x4e00 + u32::try_from(draw(number, what, 2_000)).unwrap_or(0));
    [20, 21, 22].into_iter().filter_map(ideograph).collect()
}

/// What a search for a text looks for.
pub fn tokens(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.windows(2).map(|pair| pair.iter().collect()).collect()
}

pub fn name(text: impl Into<String>) -> Made<Name> {
    Ok(Name::new(text)?)
}

fn index(
    keys: impl IntoIterator<Item = (&'static str, String)>,
    references: Vec<(&'static str, Key)>,
    texts: &[&str],
) -> Made<Index> {
    let keys = keys.into_iter().map(|(field, value)| Ok((name(field)?, value)));
    let references = references.into_iter().map(|(field, to)| Ok((name(field)?, to)));
    Ok(Index {
        keys: keys.collect::<Made<_>>()?,
        references: references.collect::<Made<_>>()?,
        tokens: texts.iter().flat_map(|text| tokens(text)).collect(),
    })
}

fn draft(kind: &str, id: String, body: Value, index: Index) -> Made<Draft> {
    Ok(Draft {
        kind: name(kind)?,
        id: name(id)?,
        expected: 0,
        parent: None,
        state: None,
        body,
        index,
    })
}

pub fn change(owner: &str, drafts: Vec<Draft>) -> Made<Change> {
    Ok(Change {
        owner: name(owner)?,
        at: Timestamp::UNIX_EPOCH,
        actor: name("system")?,
        action: name("import")?,
        detail: Value::Null,
        drafts,
        erase: vec![],
        blobs: vec![],
        jobs: vec![],
    })
}
