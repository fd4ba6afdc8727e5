//! By what devices are sought that an advisory may concern, where they are too many to be held against it one by one: every device that
//! [`super::Devices::against`] finds is found by its maker or by a word of its name.

use std::collections::BTreeSet;

use super::names::{Company, Registered};
use super::{Device, targets};
use crate::document::Advisory;

/// Words of so many bytes are looked for; shorter ones only where a name has none.
const TELLING: usize = 3;

/// By what devices of an advisory's products are found.
#[derive(Debug, Clone)]
pub struct Sought {
    vendors: Vec<Company>,
    words: BTreeSet<String>,
}

impl Sought {
    /// What an advisory's products are found by; nothing finds those of one that is withdrawn.
    pub fn of(advisory: &Advisory) -> Self {
        let mut sought = Self {
            vendors: vec![],
            words: BTreeSet::new(),
        };
        for target in targets(advisory) {
            if target.is_distinctive() {
                let (telling, short): (Vec<_>, Vec<_>) = target
                    .named
                    .keys()
                    .into_iter()
                    .partition(|word| word.len() >= TELLING);
                sought
                    .words
                    .extend(if telling.is_empty() { short } else { telling });
            }
            for vendor in target.vendors {
                if !sought.vendors.contains(&vendor) {
                    sought.vendors.push(vendor);
                }
            }
        }
        sought
    }

    /// Whether a maker, as registers write it, may be one of the advisory's vendors.
    pub fn is_vendor(&self, maker: &str) -> bool {
        Company::maker(maker)
            .is_some_and(|maker| self.vendors.iter().any(|vendor| vendor.is(&maker).is_some()))
    }

    /// Words, folded, one of which the name or the model of every device has that is meant although its maker is missing or written as another's; a
    /// device may write one with letters or digits after it, or as two words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Whether a device may be one of the advisory's products.
    pub fn may_be(&self, device: &Device) -> bool {
        let keys = || Registered::of(&device.name, &device.model).keys();
        self.is_vendor(&device.maker) || !self.words.is_empty() && !self.words.is_disjoint(&keys())
    }
}
