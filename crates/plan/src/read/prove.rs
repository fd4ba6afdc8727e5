//! What can only be seen in the whole: references lead somewhere, the tree hangs together, observations fit their series, formulas
//! resolve, do not need themselves and agree in their units.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use formula::{Scope, Type};

use crate::fault::Fault;
use crate::graph::{self, Key, NodeName};
use crate::model::{Frequency, Input, Node, NodeKind, Plan};

use super::seen::{Inner, Owner, Pending, Place, References};
use super::{HEAD, Reader};

impl Reader<'_> {
    /// Every reference leads somewhere; every id stands once.
    /// What rests on a section of the report names one that the tree has too, down to its parentheses.
    fn sections(&mut self, refs: &References) {
        fn each(text: &str) -> impl Iterator<Item = &str> {
            let marks = |c: char| matches!(c, '①'..='⑳');
            let parts = text.split([',', '、']);
            parts.map(move |part| part.trim().trim_end_matches(marks).trim())
        }
        let nodes = refs.tree_sections.iter().flat_map(|section| each(section));
        // Whoever names a part of a section names the section.
        let known: BTreeSet<&str> = nodes
            .flat_map(|section| [Some(section), section.split_once(' ').map(|(whole, _)| whole)])
            .flatten()
            .collect();
        for (place, text) in &refs.sections {
            let missing = each(text).find(|part| part.starts_with('§') && !known.contains(part));
            if let Some(part) = missing.filter(|_| !known.is_empty()) {
                let hint = match formula::nearest(part, known.iter().copied()) {
                    Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
                    None => "中間とりまとめの節を書いてください。例: §7 (6) / Write a section of the interim report, such as `§7 (6)`.".into(),
                };
                self.fault_in(
                    place,
                    "unknown-section",
                    &format!("中間とりまとめに「{part}」という節がありません。"),
                    &format!("the interim report has no section `{part}`."),
                    &hint,
                );
            }
        }
    }

    pub(super) fn references(&mut self, plan: &Plan, refs: &References) {
        for ((_, id), places) in &refs.defined {
            for place in &places[1..] {
                self.fault_in(
                    place,
                    "duplicate",
                    &format!("「{id}」がすでにあります。"),
                    &format!("`{id}` stands already."),
                    "別の名前にするか、どちらかを消してください。 / Rename it or remove one.",
                );
            }
        }
        self.sections(refs);
        let known = |kind: &str| -> BTreeSet<&str> {
            match kind {
                "node" => plan.nodes.iter().map(|node| node.id.as_str()).collect(),
                "issue" => plan
                    .nodes
                    .iter()
                    .filter(|node| node.kind == NodeKind::Issue)
                    .map(|node| node.id.as_str())
                    .collect(),
                "source" => plan.sources.keys().map(String::as_str).collect(),
                "series" => plan.series.keys().map(String::as_str).collect(),
                "kind" => plan.kinds.iter().map(|kind| kind.id.as_str()).collect(),
                _ => refs.indicators.keys().map(String::as_str).collect(),
            }
        };
        let mut tables: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        let written: BTreeSet<(&str, &str)> = refs
            .defined
            .keys()
            .map(|(kind, id)| (*kind, id.as_str()))
            .collect();
        for (kind, reference) in &refs.needed {
            let table = tables.entry(kind).or_insert_with(|| known(kind));
            let id = reference.id.as_str();
            // An entry that exists but has a mistake of its own was told already.
            let told = match *kind {
                "series" | "indicator" => written.contains(&("name", id)),
                "issue" => written.contains(&("node", id)) && plan.node(id).is_none(),
                other => written.contains(&(other, id)),
            };
            if !table.contains(id) && !told {
                let hint = match formula::nearest(id, table.iter().copied()) {
                    Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
                    None => "id を確かめてください。 / Check the id.".into(),
                };
                let what = match *kind {
                    "node" => "項目",
                    "issue" => "課題",
                    "source" => "出典",
                    "series" => "系列",
                    "kind" => "記録の種類",
                    _ => "指標",
                };
                self.fault_in(
                    &reference.place,
                    "unknown-reference",
                    &format!("{what}「{id}」がありません。"),
                    &format!("there is no {kind} `{id}`."),
                    &hint,
                );
            }
        }
        if !plan.sources.contains_key(&plan.head.source)
            && !written.contains(&("source", plan.head.source.as_str()))
        {
            let id = &plan.head.source;
            self.faults.push(Fault::file(
                HEAD,
                "unknown-reference",
                &format!("出典「{id}」がありません。"),
                &format!("there is no source `{id}`."),
                "sources に加えてください。 / Add it to the sources.",
            ));
        }
        for Inner { place, name, .. } in &refs.inner {
            if plan.series.contains_key(name) || plan.indicator(name).is_some() {
                self.fault_in(
                    place,
                    "shadowed",
                    &format!("「{name}」は系列か指標の名前として使われています。"),
                    &format!("`{name}` is the name of a series or an indicator."),
                    "別の名前にしてください。 / Choose another name.",
                );
            }
        }
        for (place, input) in &refs.inputs {
            let fault = match input {
                Input::Named { indicator, name } => plan
                    .indicator(indicator)
                    .is_some_and(|found| found.step(name).is_none() && found.assumption(name).is_none()),
                Input::Observed { series, period } => !refs
                    .observations
                    .iter()
                    .any(|seen| seen.series == *series && seen.period == Some(*period)),
            };
            if fault {
                self.fault_in(place, "unknown-reference", "動かせる入力として書かれた名前がありません。", "there is no such step, assumption or observation to move.", "手順か仮定の名前、または「系列[FY2024]」と書いてください。 / Name a step, an assumption, or `series[FY2024]`.");
            }
        }
    }

    /// One vision, every other node below a parent that leads to it, parents before children.
    pub(super) fn tree(&mut self, plan: &mut Plan, refs: &References) {
        let visions: Vec<_> = plan
            .nodes
            .iter()
            .filter(|node| node.kind == NodeKind::Vision)
            .map(|node| node.id.clone())
            .collect();
        if visions.is_empty() && !plan.nodes.is_empty() {
            self.faults.push(Fault::file(
                HEAD,
                "no-vision",
                "将来像（kind = \"vision\"）がありません。",
                "there is no vision (kind = \"vision\").",
                "木の根になる将来像を一つ書いてください。 / Write one vision, the root of the tree.",
            ));
        }
        for id in visions.iter().skip(1) {
            if let Some(place) = refs.places.get(id) {
                self.fault_in(
                    place,
                    "second-vision",
                    "将来像が二つあります。",
                    "there is a second vision.",
                    "将来像は一つにしてください。 / Keep one.",
                );
            }
        }
        let parents: HashMap<&str, Option<&str>> = plan
            .nodes
            .iter()
            .map(|node| (node.id.as_str(), node.parent.as_deref()))
            .collect();
        let mut faults = vec![];
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for node in &plan.nodes {
            let mut way = vec![node.id.as_str()];
            let mut above = node.parent.as_deref();
            while let Some(id) = above.filter(|id| !way.contains(id)) {
                way.push(id);
                above = parents.get(id).copied().flatten();
            }
            let place = refs.places.get(&node.id).cloned();
            // A whole circle is told once, at the first of its nodes; what hangs below it is not told.
            if above == Some(node.id.as_str()) && !way.iter().any(|id| told.contains(id)) {
                told.extend(way);
                faults.push((
                    place,
                    "parent-cycle",
                    "親をたどると自分に戻ります。",
                    "following the parents leads back here.",
                    "親の指定を直してください。 / Mend the parents.",
                ));
            } else if node.parent.is_none() && node.kind != NodeKind::Vision && !visions.is_empty() {
                faults.push((
                    place,
                    "no-parent",
                    "親がないため、どこからもたどり着けません。",
                    "it has no parent, so nothing leads to it.",
                    "parent に親の id を書いてください。 / Name its parent.",
                ));
            }
        }
        for (place, code, ja, en, hint) in faults {
            if let Some(place) = place {
                self.fault_in(&place, code, ja, en, hint);
            }
        }
        let mut ordered: Vec<Node> = Vec::with_capacity(plan.nodes.len());
        let mut open: Vec<String> = visions.into_iter().rev().collect();
        while let Some(id) = open.pop() {
            let Some(node) = plan.nodes.iter().find(|node| node.id == id) else {
                continue;
            };
            if ordered.iter().any(|seen| seen.id == id) {
                continue;
            }
            ordered.push(node.clone());
            let below: Vec<_> = plan.children(&id).map(|node| node.id.clone()).collect();
            open.extend(below.into_iter().rev());
        }
        plan.nodes = ordered;
    }

    /// Observations fit their series: dimension, calendar, and a rounding of the same dimension.
    pub(super) fn series(&mut self, plan: &Plan, refs: &References) {
        let mut stated = BTreeSet::new();
        for seen in &refs.observations {
            let Some(series) = plan.series.get(&seen.series) else {
                continue;
            };
            if let Some(value) = &seen.value
                && value.dim() != series.unit.dim()
            {
                self.fault_in(&seen.value_place, "unit-clash", &format!("単位「{}」の系列に、合わない単位の値があります。", series.unit), &format!("this value does not fit the series' unit `{}`.", series.unit), "系列の単位に直せる単位で書いてください。 / Write it in a unit that converts into the series' unit.");
            }
            if let (Some(place), Some(rounding), Some(value)) =
                (&seen.rounding_place, &seen.rounding, &seen.value)
            {
                if rounding.dim() != value.dim() {
                    self.fault_in(
                        place,
                        "unit-clash",
                        "丸めの単位が値の単位と合いません。",
                        "the rounding does not fit the value's unit.",
                        "値と同じ種類の単位で書いてください。 / Use a unit of the same kind.",
                    );
                } else if rounding.number() > &value.number().abs() && !value.number().is_zero() {
                    self.fault_in(place, "rounding-too-wide", "丸めの幅が値より大きくなっています。", "the rounding is wider than the value.", "印刷された最後の桁の大きさを書いてください。 / Give the size of the last printed digit.");
                }
            }
            let Some(period) = seen.period else { continue };
            if period.calendar != series.calendar {
                self.fault_in(&seen.period_place, "calendar-clash", "系列の年の種類（年度・暦年）と合いません。", "fiscal and calendar years are mixed in this series.", "年度は FY2024、暦年は CY2024 と書いてください。 / Write FY2024 for a fiscal and CY2024 for a calendar year.");
            }
            let Some(recorded) = seen.recorded else { continue };
            // A goal or forecast (frequency "once") may speak of a year that has not begun.
            if recorded < period.start() && series.frequency != Frequency::Once {
                self.fault_in(
                    &seen.recorded_place,
                    "recorded-too-early",
                    "その年が始まる前の日に記録されたことになっています。",
                    "it is recorded on a day before its year began.",
                    "recorded か period を直してください。 / Mend `recorded` or `period`.",
                );
            }
            if !stated.insert((&seen.series, period, recorded, seen.order)) {
                self.fault_in(&seen.period_place, "duplicate", "同じ系列・同じ時期・同じ記録日の値がすでにあります。", "the same series, period and day of recording stand already.", "訂正なら recorded を新しい日に、同じ日の訂正なら order を大きくしてください。 / For a correction give a later `recorded`, or on the same day a larger `order`.");
            }
        }
    }

    /// Every name resolves, no formula needs itself, every unit agrees.
    pub(super) fn formulas(&mut self, plan: &mut Plan, refs: &References, pending: &[Pending]) {
        let mut needs: BTreeMap<NodeName, Vec<NodeName>> = BTreeMap::new();
        for waiting in pending {
            let Owner::Named(name) = &waiting.owner else {
                continue;
            };
            let list = needs.entry(name.clone()).or_default();
            for reference in formula::references(&waiting.formula.expr) {
                if let Some(Key::Formula(need)) = graph::resolve(plan, Some(&name.indicator), &reference.name)
                {
                    list.push(need);
                }
            }
        }
        let order = match graph::order(&needs) {
            Ok(order) => order,
            Err(cycle) => {
                let text = cycle
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" → ");
                if let Some(waiting) = pending.iter().find(|waiting| matches!((&waiting.owner, cycle.first()), (Owner::Named(name), Some(first)) if name == first)) {
                    self.fault_in(&waiting.place, "cycle", &format!("式が自分自身を必要としています（{text}）。"), &format!("this formula needs itself ({text})."), "どれか一つを、ほかを使わない式に直してください。 / Make one of them independent of the others.");
                }
                return;
            }
        };
        let mut by_name: HashMap<&NodeName, Vec<&Pending>> = HashMap::new();
        for waiting in pending {
            if let Owner::Named(name) = &waiting.owner {
                by_name.entry(name).or_default().push(waiting);
            }
        }
        for name in &order {
            for waiting in by_name.get(name).into_iter().flatten() {
                let found = self.type_of(plan, refs, Some(&name.indicator), waiting);
                // A formula that is wrong still counts as what its unit says, so that its mistake is told once.
                let declared = waiting.unit.as_ref().map(|unit| Type::quantity(unit.dim()));
                if let Some(kind) = found.or(declared) {
                    plan.types.insert(name.clone(), kind);
                }
            }
        }
        for waiting in pending {
            if let Owner::Leaf(indicator) = &waiting.owner {
                self.type_of(plan, refs, indicator.as_deref(), waiting);
            }
        }
        plan.order = order;
    }

    pub(super) fn type_of(
        &mut self,
        plan: &Plan,
        refs: &References,
        indicator: Option<&str>,
        waiting: &Pending,
    ) -> Option<Type> {
        let scope = PlanScope { plan, indicator };
        let at = |span: Range<usize>| Place {
            file: waiting.place.file.clone(),
            span: waiting.place.span.start + span.start..waiting.place.span.start + span.end,
        };
        match formula::check(&waiting.formula.expr, &scope) {
            Err(fault) => {
                // A name whose own entry is faulty has no type: that was told where it stands.
                let told = |name: &str| {
                    let untyped = match graph::resolve(plan, indicator, name) {
                        Some(Key::Formula(node)) => !plan.types.contains_key(&node),
                        Some(_) => false,
                        None => true,
                    };
                    untyped && refs.names(indicator, name)
                };
                let silent = formula::references(&waiting.formula.expr)
                    .iter()
                    .any(|reference| told(&reference.name));
                if !silent {
                    self.formula_fault(&at(fault.span.clone()), &fault);
                }
                None
            }
            Ok(kind) => {
                let place = &waiting.place;
                match (&kind, &waiting.unit) {
                    (Type::Bool, None) if waiting.truth => {}
                    (_, None) if waiting.truth => self.fault_in(
                        place,
                        "not-a-truth-value",
                        "「はい・いいえ」になる式ではありません。",
                        "this is not a yes-or-no formula.",
                        "比較（例: a != b）を書いてください。 / Write a comparison such as a != b.",
                    ),
                    (Type::Bool | Type::Quantity(_) | Type::Text | Type::Period(_) | Type::Date, None) => {}
                    (Type::Quantity(measure), Some(unit)) if measure.dim == unit.dim() => return Some(kind),
                    (_, Some(unit)) => {
                        self.fault_in(
                            place,
                            "unit-clash",
                            &format!("式の単位が、宣言された単位「{unit}」になりません。"),
                            &format!(
                                "the formula does not give the declared unit `{unit}` (it gives {kind})."
                            ),
                            "式か unit を直してください。 / Mend the formula or the unit.",
                        );
                        return None;
                    }
                    (_, None) => self.fault_in(
                        place,
                        "not-a-value",
                        "一つの値になる式ではありません。",
                        "this formula does not give one value.",
                        "",
                    ),
                }
                Some(kind)
            }
        }
    }
}

/// The names that a formula of one indicator may use, with their types.
pub(super) struct PlanScope<'a> {
    pub plan: &'a Plan,
    pub indicator: Option<&'a str>,
}

impl Scope for PlanScope<'_> {
    fn lookup(&self, name: &str) -> Option<Type> {
        self.plan.type_of(self.indicator, name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.plan.series.keys().cloned().collect();
        names.extend(self.plan.indicators.iter().map(|indicator| indicator.id.clone()));
        if let Some(indicator) = self.indicator.and_then(|id| self.plan.indicator(id)) {
            names.extend(indicator.steps.iter().map(|step| step.name.clone()));
            names.extend(
                indicator
                    .assumptions
                    .iter()
                    .map(|assumption| assumption.name.clone()),
            );
        }
        names
    }
}
