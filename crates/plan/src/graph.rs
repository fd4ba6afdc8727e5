//! What the names in formulas mean, and in which order formulas can be computed.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::Plan;

/// What a name in a formula stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A series of observations.
    Series(String),
    /// An assumption of an indicator.
    Assumption {
        /// Indicator id.
        indicator: String,
        /// Name inside it.
        name: String,
    },
    /// A formula: an indicator's step or its final value.
    Formula(NodeName),
}

/// A formula that other formulas can name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeName {
    /// Indicator id.
    pub indicator: String,
    /// The step; none for the indicator's final value.
    pub step: Option<String>,
}

impl std::fmt::Display for NodeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.step {
            Some(step) => write!(f, "{}.{step}", self.indicator),
            None => f.write_str(&self.indicator),
        }
    }
}

/// What `name` means inside `indicator` (or outside any): a step or assumption of the same indicator,
/// a series, another indicator's final value, or `indicator.name` of another indicator.
pub fn resolve(plan: &Plan, indicator: Option<&str>, name: &str) -> Option<Key> {
    let inside = |id: &str, name: &str| {
        let indicator = plan.indicator(id)?;
        if indicator.step(name).is_some() {
            return Some(Key::Formula(NodeName {
                indicator: id.into(),
                step: Some(name.into()),
            }));
        }
        indicator.assumption(name).map(|_| Key::Assumption {
            indicator: id.into(),
            name: name.into(),
        })
    };
    if let Some((id, rest)) = name.split_once('.') {
        return inside(id, rest);
    }
    if let Some(key) = indicator.and_then(|id| inside(id, name)) {
        return Some(key);
    }
    if plan.series.contains_key(name) {
        return Some(Key::Series(name.into()));
    }
    plan.indicator(name).map(|found| {
        Key::Formula(NodeName {
            indicator: found.id.clone(),
            step: None,
        })
    })
}

/// Orders formulas so that each stands after all that it needs.
///
/// # Errors
/// The names of one cycle, in the order in which they need each other; the first is named again last.
pub(crate) fn order(needs: &BTreeMap<NodeName, Vec<NodeName>>) -> Result<Vec<NodeName>, Vec<NodeName>> {
    let mut done: HashSet<&NodeName> = HashSet::new();
    let mut order = Vec::with_capacity(needs.len());
    for start in needs.keys() {
        // Depth first without recursion: a plan may chain thousands of indicators.
        let mut open: Vec<(&NodeName, usize)> = vec![(start, 0)];
        let mut on_path: HashMap<&NodeName, usize> = HashMap::new();
        while let Some((name, next)) = open.pop() {
            if done.contains(name) {
                continue;
            }
            on_path.entry(name).or_insert(open.len());
            match needs.get(name).and_then(|list| list.get(next)) {
                Some(need) => {
                    open.push((name, next + 1));
                    if let Some(&depth) = on_path.get(need) {
                        let mut cycle: Vec<NodeName> =
                            open[depth..].iter().map(|(name, _)| (*name).clone()).collect();
                        cycle.push(need.clone());
                        return Err(cycle);
                    }
                    if !done.contains(need) && needs.contains_key(need) {
                        open.push((need, 0));
                    }
                }
                None => {
                    on_path.remove(name);
                    done.insert(name);
                    order.push(name.clone());
                }
            }
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> NodeName {
        NodeName {
            indicator: text.into(),
            step: None,
        }
    }

    fn graph(edges: &[(&str, &[&str])]) -> BTreeMap<NodeName, Vec<NodeName>> {
        edges
            .iter()
            .map(|(from, to)| (name(from), to.iter().map(|to| name(to)).collect()))
            .collect()
    }

    #[test]
    fn what_is_needed_stands_first() {
        let order = order(&graph(&[
            ("a", &["b", "c"]),
            ("b", &["c"]),
            ("c", &[]),
            ("d", &["a"]),
        ]))
        .unwrap();
        let text: Vec<_> = order.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["c", "b", "a", "d"]);
    }

    #[test]
    fn a_cycle_is_named_from_end_to_end() {
        let cycle = order(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])).unwrap_err();
        assert_eq!(cycle, [name("b"), name("c"), name("b")]);
        assert_eq!(
            order(&graph(&[("a", &["a"])])).unwrap_err(),
            [name("a"), name("a")]
        );
    }

    #[test]
    fn a_long_chain_does_not_exhaust_the_stack() {
        let needs = (0..50_000)
            .map(|i| (name(&format!("n{i:06}")), vec![name(&format!("n{:06}", i + 1))]))
            .collect();
        assert_eq!(order(&needs).unwrap().len(), 50_000);
    }
}
