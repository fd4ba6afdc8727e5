//! The life cycle of a device version: supported, limited support, unsupported, and a year of notice before each. The stage follows from two days that the
//! maker names and from today, nothing else; whoever holds the device is told once of each stage that it comes to.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use plan::{Kind as Form, Text};
use record::procedure::Channel;
use serde::Serialize;
use serde_json::json;
use store::{Progress, sha256};
use vocab::{Lang, Refusal};

use super::super::Desk;
use super::super::notice::{Notice, Once};
use super::super::supply::ASSET;
use super::super::work::Work;
use super::tell::done;
use super::watch::{Device, Room};

/// A change is announced so many months before: a hospital's budget is made once a year. The length is this system's own proposal.
const NOTICE_MONTHS: i32 = 12;

/// Where a device version stands in its life (IMDRF N70: support, limited support, end of support).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LifeStage {
    /// In full support, with no end in sight.
    Supported,
    /// Full support ends within a year.
    EolNotice,
    /// In limited support.
    Limited,
    /// All support ends within a year.
    EosNotice,
    /// Out of support.
    Unsupported,
}

/// A part of a device's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LifePart {
    /// Which.
    pub stage: LifeStage,
    /// Its first day; none for the first part.
    pub from: Option<Date>,
    /// Whether it is now.
    pub now: bool,
}

/// The days on which a device version changes, as its maker names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LifeDays {
    /// The first day of limited support (EOL).
    pub eol: Option<Date>,
    /// The last day of any support (EOS).
    pub eos: Option<Date>,
}

impl LifeDays {
    /// The stage on a day. It never goes back as days pass.
    pub fn stage(self, today: Date) -> LifeStage {
        // Support that ends altogether before it is limited is never limited.
        let eol = self.eol.filter(|eol| self.eos.is_none_or(|eos| *eol <= eos));
        let soon = |day: Date| notice(day) <= today;
        let limited = eol.is_none_or(|eol| eol <= today);
        if self.eos.is_some_and(|eos| eos < today) {
            LifeStage::Unsupported
        } else if limited && self.eos.is_some_and(soon) {
            LifeStage::EosNotice
        } else if limited && eol.is_some() {
            LifeStage::Limited
        } else if eol.is_some_and(soon) {
            LifeStage::EolNotice
        } else {
            LifeStage::Supported
        }
    }

    /// The whole life, from its first part to its last.
    pub fn life(self, today: Date) -> Vec<LifePart> {
        let mut days: Vec<Date> = [
            self.eol.map(notice),
            self.eol,
            self.eos.map(notice),
            self.eos.and_then(|eos| eos.tomorrow().ok()),
        ]
        .into_iter()
        .flatten()
        .collect();
        days.sort_unstable();
        let first = days.first().and_then(|day| day.yesterday().ok()).unwrap_or(today);
        let mut parts = vec![LifePart {
            stage: self.stage(first),
            from: None,
            now: false,
        }];
        for day in days {
            let stage = self.stage(day);
            if parts.last().is_some_and(|last| last.stage != stage) {
                parts.push(LifePart {
                    stage,
                    from: Some(day),
                    now: false,
                });
            }
        }
        let now = self.stage(today);
        for part in &mut parts {
            part.now = part.stage == now;
        }
        parts
    }
}

/// The day on which a change is announced.
fn notice(day: Date) -> Date {
    day.checked_sub(NOTICE_MONTHS.months()).unwrap_or(Date::MIN)
}

impl Device {
    pub fn days(&self) -> LifeDays {
        LifeDays {
            eol: self.eol,
            eos: self.eos,
        }
    }
}

impl Desk {
    /// Puts a job in for every device version that has come to another stage: those who hold it are told once, however often this is asked.
    ///
    /// # Errors
    /// Those of the store.
    pub fn tell_support(&self, at: Timestamp) -> Result<(), Refusal> {
        let today = record::in_japan(at).date();
        let staged = |room: &Room| {
            let devices = room.devices.values().filter_map(|device| {
                let (days, stage) = (device.days(), device.days().stage(today));
                let says = format!("{} {stage:?} {days:?}", device.key());
                let work = Work::Support {
                    owner: device.owner.clone(),
                    id: device.id.clone(),
                };
                (stage > LifeStage::Supported).then(|| (format!("support.{}", sha256(says.as_bytes())), work))
            });
            Ok(devices.collect())
        };
        let staged: Vec<_> = self.in_room(staged)?.unwrap_or_default();
        self.later(at, "support", &staged)
    }

    /// Tells those who hold a device version to which stage it has come.
    pub(in crate::desk) fn tell_stage(
        &self,
        at: Timestamp,
        owner: &str,
        id: &str,
    ) -> Result<Progress, Refusal> {
        self.watch_advisories(at)?;
        let rashin = self.rashin()?;
        let device = self.in_room(|room| Ok(room.devices.get(&format!("{owner}/{id}")).cloned()))?;
        let (Some(asset), Some(device)) = (rashin.plan().kind(ASSET), device.flatten()) else {
            return Ok(Progress::default());
        };
        Ok(done(self.tell_stage_of(at, asset, &device, None)?))
    }

    /// The same, `only` one hospital if it is named; gives how many were told.
    pub(super) fn tell_stage_of(
        &self,
        at: Timestamp,
        asset: &Form,
        device: &Device,
        only: Option<&str>,
    ) -> Result<u64, Refusal> {
        let (owner, id) = (&device.owner, &device.id);
        let stage = device.days().stage(record::in_japan(at).date());
        let Some((text, day)) = told(device, stage) else {
            return Ok(0);
        };
        // By holder: one is told once, of the first asset that is the device.
        let mut holding: Vec<(String, String)> = self.holding(asset, device, only)?.into_iter().collect();
        holding.dedup_by(|next, one| next.0 == one.0);
        let once = |(holder, held): (String, String)| Once {
            name: format!("support.{owner}.{id}.{}.{day}", code(stage)),
            notice: Notice {
                to: vec![Channel::Organisation(holder.clone()).to_string()],
                text: text.clone(),
                urgent: false,
                kind: ASSET.into(),
                owner: holder.clone(),
                id: held,
                number: String::new(),
                at,
            },
            detail: json!({ "kind": ASSET, "what": "support", "stage": code(stage) }),
            owner: holder,
        };
        self.tell_once(at, holding.into_iter().map(once).collect())
    }
}

/// The stage in the ids of notices.
const fn code(stage: LifeStage) -> &'static str {
    match stage {
        LifeStage::Supported => "supported",
        LifeStage::EolNotice => "eol-notice",
        LifeStage::Limited => "limited",
        LifeStage::EosNotice => "eos-notice",
        LifeStage::Unsupported => "unsupported",
    }
}

/// What holders are told, and the day that it is about; nothing of a device that is in full support.
fn told(device: &Device, stage: LifeStage) -> Option<(Text, Date)> {
    let name = format!("{} {}", device.name, device.version);
    let (eol, eos) = (device.eol, device.eos);
    Some(match stage {
        LifeStage::Supported => return None,
        LifeStage::EolNotice => {
            let day = eol?;
            let ja = format!(
                "「{name}」は、{}から限定的なサポートになります。更新か入れ替えの時期を確かめてください。",
                Lang::Ja.day(day)
            );
            let en = format!(
                "“{name}” goes into limited support on {}. See when to update or replace it.",
                Lang::En.day(day)
            );
            (Text { ja, en }, day)
        }
        LifeStage::Limited => {
            let day = eol?;
            let ja = format!(
                "「{name}」は、{}から限定的なサポートになりました。",
                Lang::Ja.day(day)
            );
            let en = format!(
                "“{name}” has been in limited support since {}.",
                Lang::En.day(day)
            );
            (Text { ja, en }, day)
        }
        LifeStage::EosNotice => {
            let day = eos?;
            let ja = format!(
                "「{name}」のサポートは、{}に終わります。更新か入れ替えを検討してください。",
                Lang::Ja.day(day)
            );
            let en = format!(
                "Support of “{name}” ends on {}. Consider updating or replacing it.",
                Lang::En.day(day)
            );
            (Text { ja, en }, day)
        }
        LifeStage::Unsupported => {
            let day = eos?;
            let ja = format!(
                "「{name}」のサポートは、{}に終わりました。使い続けるときは、ネットワークから切り離すなどの対策を確かめてください。",
                Lang::Ja.day(day)
            );
            let en = format!(
                "Support of “{name}” ended on {}. If you go on using it, see to measures such as taking it off the network.",
                Lang::En.day(day)
            );
            (Text { ja, en }, day)
        }
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use proptest::prelude::*;

    use super::{LifeDays, LifeStage};

    #[test]
    fn stages_follow_from_the_days() {
        use LifeStage::{EolNotice, EosNotice, Limited, Supported, Unsupported};
        let (eol, eos) = (Some(date(2026, 4, 1)), Some(date(2028, 3, 31)));
        for (eol, eos, today, stage) in [
            (None, None, date(2026, 4, 1), Supported),
            (eol, eos, date(2025, 3, 31), Supported),
            (eol, eos, date(2025, 4, 1), EolNotice),
            (eol, eos, date(2026, 3, 31), EolNotice),
            (eol, eos, date(2026, 4, 1), Limited),
            (eol, eos, date(2027, 3, 30), Limited),
            (eol, eos, date(2027, 3, 31), EosNotice),
            (eol, eos, date(2028, 3, 31), EosNotice),
            (eol, eos, date(2028, 4, 1), Unsupported),
            (eol, None, date(2099, 1, 1), Limited),
            (None, eos, date(2026, 4, 1), Supported),
            (None, eos, date(2027, 3, 31), EosNotice),
            // Days in the wrong order: the end of support is the end.
            (Some(date(2029, 1, 1)), eos, date(2028, 2, 1), EosNotice),
        ] {
            assert_eq!(
                LifeDays { eol, eos }.stage(today),
                stage,
                "{eol:?} {eos:?} {today}"
            );
        }
    }

    fn days() -> impl Strategy<Value = Date> {
        (2020..2032_i16, 1..13_i8, 1..29_i8).prop_map(|(year, month, day)| date(year, month, day))
    }

    proptest! {
        #[test]
        fn a_stage_never_goes_back_and_the_life_tells_the_same(
            eol in proptest::option::of(days()),
            eos in proptest::option::of(days()),
            mut two in proptest::array::uniform2(days()),
        ) {
            two.sort_unstable();
            let days = LifeDays { eol, eos };
            prop_assert!(days.stage(two[0]) <= days.stage(two[1]));
            let life = days.life(two[1]);
            prop_assert_eq!(life.iter().filter(|part| part.now).count(), 1);
            let by_life = life.iter().rfind(|part| part.from.is_none_or(|from| from <= two[1]));
            prop_assert_eq!(by_life.map(|part| part.stage), Some(days.stage(two[1])));
            prop_assert!(life.windows(2).all(|two| two[0].stage < two[1].stage && two[0].from < two[1].from));
        }
    }
}
