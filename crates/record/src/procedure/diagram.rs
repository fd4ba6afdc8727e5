//! A procedure laid out for drawing: states in layers from what opens a case to its end, and one edge for each way of going on. It draws nothing.

use std::collections::{BTreeMap, BTreeSet};

use plan::Procedure;
use serde::Serialize;

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagram {
    /// Ids of the states, layer by layer; within a layer, in the order of drawing.
    pub layers: Vec<Vec<String>>,
    /// Every transition from every state that it leaves.
    pub edges: Vec<Edge>,
}

/// One way of going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Id of the transition.
    pub transition: String,
    /// Id of the state that it leaves; none where it opens a case.
    pub from: Option<String>,
    /// Id of the state that follows.
    pub to: String,
    /// Whether it leads back, to where a case may have been before.
    pub back: bool,
}

/// Lays a procedure out: each state below all that lead to it, but for ways back, and near the middle of those.
pub fn diagram(procedure: &Procedure) -> Diagram {
    let mut edges: Vec<Edge> = procedure
        .transitions
        .iter()
        .flat_map(|transition| {
            let edge = |from: Option<&String>| Edge {
                transition: transition.id.clone(),
                from: from.cloned(),
                to: transition.to.clone(),
                back: false,
            };
            let opening = transition.from.is_empty().then(|| edge(None));
            opening
                .into_iter()
                .chain(transition.from.iter().map(move |from| edge(Some(from))))
        })
        .collect();
    let (mut path, mut seen) = (vec![], BTreeSet::new());
    find_ways_back(&mut edges, None, &mut path, &mut seen);
    let depths = depths(procedure, &edges);
    let mut layers: Vec<Vec<String>> = vec![];
    for state in &procedure.states {
        let depth = depths.get(state.id.as_str()).copied().unwrap_or_default();
        if layers.len() <= depth {
            layers.resize(depth + 1, vec![]);
        }
        layers[depth].push(state.id.clone());
    }
    layers.retain(|layer| !layer.is_empty());
    near_what_leads_to_them(&mut layers, &edges);
    Diagram { layers, edges }
}

/// Marks each edge to a state on the way to it, depth first.
fn find_ways_back(
    edges: &mut [Edge],
    from: Option<&str>,
    path: &mut Vec<String>,
    seen: &mut BTreeSet<String>,
) {
    for place in 0..edges.len() {
        if edges[place].from.as_deref() != from {
            continue;
        }
        let to = edges[place].to.clone();
        if path.contains(&to) {
            edges[place].back = true;
        } else if seen.insert(to.clone()) {
            path.push(to.clone());
            find_ways_back(edges, Some(&to), path, seen);
            path.pop();
        }
    }
}

/// The longest way to each state.
fn depths<'p>(procedure: &'p Procedure, edges: &'p [Edge]) -> BTreeMap<&'p str, usize> {
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    // Without ways back, no way is longer than there are states.
    for _ in &procedure.states {
        for edge in edges.iter().filter(|edge| !edge.back) {
            if let Some(from) = &edge.from {
                let depth = depths.get(from.as_str()).copied().unwrap_or_default() + 1;
                let known = depths.entry(&edge.to).or_default();
                *known = depth.max(*known);
            }
        }
    }
    depths
}

/// One pass of barycentres: each state moves to the mean place of those that lead to it.
fn near_what_leads_to_them(layers: &mut [Vec<String>], edges: &[Edge]) {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for layer in layers {
        let mean = |place: usize, state: &String| {
            let leading: Vec<usize> = edges
                .iter()
                .filter(|edge| !edge.back && edge.to == *state)
                .filter_map(|edge| places.get(edge.from.as_ref()?).copied())
                .collect();
            if leading.is_empty() {
                place as f64
            } else {
                leading.iter().sum::<usize>() as f64 / leading.len() as f64
            }
        };
        let mut placed: Vec<(f64, String)> = layer
            .drain(..)
            .enumerate()
            .map(|(place, state)| (mean(place, &state), state))
            .collect();
        placed.sort_by(|a, b| a.0.total_cmp(&b.0));
        layer.extend(placed.into_iter().map(|(_, state)| state));
        places.extend(
            layer
                .iter()
                .enumerate()
                .map(|(place, state)| (state.clone(), place)),
        );
    }
}
