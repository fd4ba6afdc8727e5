//! An annex entry as PROV-JSON (W3C PROV): figures and records are entities, computations are activities, those who stand for a record
//! are agents.
//!
//! Every identifier that a relation names is declared in the same document.

use indicator::TraceKind;
use serde_json::{Map, Value, json};

use super::{Entry, Report, Row};

/// One document while it is being written.
#[derive(Default)]
struct Document {
    sections: Map<String, Value>,
}

impl Document {
    fn put(&mut self, section: &str, id: &str, value: Value) {
        let section = self
            .sections
            .entry(section)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(map) = section {
            map.entry(id).or_insert(value);
        }
    }

    fn relate(&mut self, relation: &str, roles: [(&str, &str); 2]) {
        let id = format!("_:{relation}-{}-{}", local(roles[0].1), local(roles[1].1));
        let pairs = roles.map(|(role, id)| (format!("prov:{role}"), Value::from(id)));
        self.put(relation, &id, Value::Object(pairs.into_iter().collect()));
    }
}

impl Report {
    /// The provenance of one annex entry; none if there is no such entry.
    pub fn prov(&self, entry: &str) -> Option<Value> {
        let entry = self.annex.iter().find(|one| one.id == entry)?;
        let mut document = Document::default();
        document.put(
            "prefix",
            "rashin",
            format!("urn:rashin:{}:", self.cover.plan).into(),
        );
        document.put("prefix", "xsd", "http://www.w3.org/2001/XMLSchema#".into());
        let edition = format!("rashin:edition-{}", self.cover.seal);
        document.put(
            "entity",
            &edition,
            json!({
                "prov:type": "edition",
                "rashin:fiscalYear": self.cover.fiscal_year.to_string(),
                "rashin:asOf": self.cover.as_of.to_string(),
                "rashin:sha256": self.cover.seal,
            }),
        );
        let figure = format!("rashin:{}", entry.id);
        document.figure(entry, &figure, &edition);
        // The rows stand in the order of a walk: what a row rests on follows it, one level deeper.
        let mut above: Vec<String> = vec![figure];
        for row in &entry.rows {
            above.truncate(row.depth + 1);
            let id = document.row(row);
            if let Some(derived) = above.last() {
                let activity = format!("rashin:compute-{}", local(derived));
                document.relate(
                    "wasDerivedFrom",
                    [("generatedEntity", derived), ("usedEntity", &id)],
                );
                document.relate("used", [("activity", &activity), ("entity", &id)]);
                document.put("activity", &activity, json!({ "prov:type": "computation" }));
                document.relate("wasGeneratedBy", [("entity", derived), ("activity", &activity)]);
            }
            above.push(id);
        }
        Some(Value::Object(document.sections))
    }
}

impl Document {
    fn figure(&mut self, entry: &Entry, id: &str, edition: &str) {
        self.put(
            "entity",
            id,
            json!({
                "prov:type": "figure",
                "prov:label": [{ "$": entry.shown.ja, "lang": "ja" }, { "$": entry.shown.en, "lang": "en" }],
                "rashin:formula": entry.formula,
            }),
        );
        self.relate("hadMember", [("collection", edition), ("entity", id)]);
    }

    fn row(&mut self, row: &Row) -> String {
        let recorded = row.recorded.map_or_else(String::new, |day| format!("-{day}"));
        let value = row.value.as_deref().unwrap_or("missing");
        let id = format!("rashin:{}{recorded}-{}", local(&row.name), local(value));
        let kind = match row.kind {
            TraceKind::Indicator => "indicator",
            TraceKind::Step => "step",
            TraceKind::Assumption => "assumption",
            TraceKind::Observation => "observation",
        };
        self.put(
            "entity",
            &id,
            json!({
                "prov:type": kind,
                "prov:label": [{ "$": row.title.ja, "lang": "ja" }, { "$": row.title.en, "lang": "en" }],
                "prov:value": row.value.clone().unwrap_or_default(),
                "rashin:unit": row.unit,
                "rashin:name": row.name,
                "rashin:formula": row.formula.clone().unwrap_or_default(),
            }),
        );
        if let Some((source, title, section)) = &row.source {
            let source_id = format!("rashin:source-{}", local(source));
            self.put(
                "entity",
                &source_id,
                json!({
                    "prov:type": "source",
                    "prov:label": [{ "$": title.ja, "lang": "ja" }, { "$": title.en, "lang": "en" }],
                    "rashin:section": section,
                }),
            );
            self.relate(
                "wasDerivedFrom",
                [("generatedEntity", &id), ("usedEntity", &source_id)],
            );
        }
        if let Some((author, approver)) = &row.people {
            for (role, person) in [("author", author), ("approver", approver)] {
                let agent = format!("rashin:{role}-{}", local(person));
                self.put(
                    "agent",
                    &agent,
                    json!({ "prov:type": "prov:Person", "rashin:role": role, "prov:label": person }),
                );
                self.relate("wasAttributedTo", [("entity", &id), ("agent", &agent)]);
            }
        }
        id
    }
}

/// An identifier as a local name: what is not a letter, a digit or one of `.-_` becomes `-`.
fn local(id: &str) -> String {
    let id = id.strip_prefix("rashin:").unwrap_or(id);
    id.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || ".-_".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect()
}
