//! Names of one vulnerability, joined into groups: CVE, GHSA, PYSEC, GO and so on. A group only says that its names mean the same; it never
//! makes one record stand in for another.

use std::collections::BTreeMap;

/// Whether a name is a CVE number.
pub(crate) fn is_cve(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = name.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, number)| year.len() == 4 && digits(year) && number.len() >= 4 && digits(number))
}

/// Names and which of them mean the same: a disjoint-set forest.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    places: BTreeMap<String, usize>,
    parents: Vec<usize>,
}

impl Groups {
    /// Says that two names mean the same.
    pub fn join(&mut self, a: &str, b: &str) {
        let (a, b) = (self.place(a), self.place(b));
        let (a, b) = (self.root(a), self.root(b));
        if let Some(parent) = self.parents.get_mut(a) {
            *parent = b;
        }
    }

    /// Every group of two or more names, each sorted.
    pub fn all(mut self) -> Vec<Vec<String>> {
        let mut groups: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (name, place) in std::mem::take(&mut self.places) {
            groups.entry(self.root(place)).or_default().push(name);
        }
        let mut groups: Vec<_> = groups.into_values().filter(|group| group.len() > 1).collect();
        groups.sort_unstable();
        groups
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.parents.len();
        self.parents.push(place);
        self.places.insert(name.to_owned(), place);
        place
    }

    /// The name that stands for a group; halves the path on the way.
    fn root(&mut self, mut place: usize) -> usize {
        while let Some(parent) = self.parents.get(place).copied().filter(|parent| *parent != place) {
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(place) {
                *slot = above;
            }
            place = above;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::Groups;

    proptest! {
        /// Groups are what walking from name to name reaches, whatever the order of joining.
        #[test]
        fn groups_are_connected_components(pairs in prop::collection::vec((0u8..12, 0u8..12), 0..20)) {
            let name = |number: u8| format!("N-{number:02}");
            let joined = |pairs: &mut dyn Iterator<Item = &(u8, u8)>| {
                let mut groups = Groups::default();
                for (a, b) in pairs {
                    groups.join(&name(*a), &name(*b));
                }
                groups.all()
            };
            let groups = joined(&mut pairs.iter());
            prop_assert_eq!(&groups, &joined(&mut pairs.iter().rev()));
            let mut expected = BTreeSet::new();
            for start in 0..12 {
                let mut reached = BTreeSet::from([start]);
                for _ in 0..12 {
                    for (a, b) in &pairs {
                        if reached.contains(a) || reached.contains(b) {
                            reached.extend([*a, *b]);
                        }
                    }
                }
                if reached.len() > 1 {
                    expected.insert(reached.into_iter().map(name).collect::<Vec<_>>());
                }
            }
            prop_assert_eq!(groups, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
