//! The records: series with every version of their observations, and the sources they were read in.

use indicator::decimal;
use jiff::civil::Date;
use plan::{Observation, Text};
use serde::Serialize;
use vocab::{Period, Refusal};

use crate::ask::{Rashin, not_found};

/// One observation as it was recorded.
#[derive(Debug, Clone, Serialize)]
pub struct RecordView {
    /// Series id.
    pub series: String,
    /// Its name.
    pub title: Text,
    /// Period it speaks of.
    pub at: Period,
    /// Value, in `unit`.
    pub value: String,
    /// Unit.
    pub unit: String,
    /// Size of the last printed digit, in `unit`; none where the value is exact.
    pub rounding: Option<String>,
    /// As the source prints it.
    pub printed: String,
    /// Source id and citation.
    pub source: (String, Text),
    /// Id and citation of the text that the source itself cites.
    pub via: Option<(String, Text)>,
    /// Section of the source.
    pub section: String,
    /// Day from which it was known.
    pub recorded: Date,
    /// Who wrote it down.
    pub author: String,
    /// Who approved it.
    pub approver: String,
    /// What a reader should know.
    pub note: Option<Text>,
}

/// A series with its records.
#[derive(Debug, Clone, Serialize)]
pub struct SeriesView {
    /// What the plan says of the series.
    #[serde(flatten)]
    pub series: plan::Series,
    /// Every record, in the order of recording.
    pub records: Vec<RecordView>,
    /// Ids and titles of the indicators that read it.
    pub used_by: Vec<(String, Text)>,
}

/// A source with what was read in it.
#[derive(Debug, Clone, Serialize)]
pub struct SourceView {
    /// What the plan says of the source.
    #[serde(flatten)]
    pub source: plan::Source,
    /// Every record that was read in it or cites it.
    pub records: Vec<RecordView>,
}

impl Rashin {
    /// Every record of a series, in the order of recording.
    pub fn records(&self, series: &str) -> Vec<RecordView> {
        self.plan()
            .observations
            .iter()
            .filter(|seen| seen.series == series)
            .filter_map(|seen| self.record(seen))
            .collect()
    }

    /// A series.
    ///
    /// # Errors
    /// `not-found`.
    pub fn series(&self, id: &str) -> Result<SeriesView, Refusal> {
        let series = self.plan().series.get(id).cloned().ok_or_else(|| {
            not_found(
                &format!("系列「{id}」はありません。データの一覧から選んでください。"),
                &format!("there is no series `{id}`. Choose one of the list of data."),
            )
        })?;
        let reads = |formula: &plan::Formula| {
            formula::references(&formula.expr)
                .iter()
                .any(|one| one.name == id)
        };
        let used_by = self
            .plan()
            .indicators
            .iter()
            .filter(|found| {
                let observed = found.observed.iter().any(&reads);
                observed || reads(&found.formula) || found.steps.iter().any(|step| reads(&step.formula))
            })
            .map(|found| (found.id.clone(), found.title.clone()))
            .collect();
        Ok(SeriesView {
            records: self.records(id),
            series,
            used_by,
        })
    }

    /// A source.
    ///
    /// # Errors
    /// `not-found`.
    pub fn source(&self, id: &str) -> Result<SourceView, Refusal> {
        let source = self.plan().sources.get(id).cloned().ok_or_else(|| {
            not_found(
                &format!("出典「{id}」はありません。出典の一覧から選んでください。"),
                &format!("there is no source `{id}`. Choose one of the list of sources."),
            )
        })?;
        let rests = |seen: &&Observation| seen.source == id || seen.via.as_deref() == Some(id);
        let records = self
            .plan()
            .observations
            .iter()
            .filter(rests)
            .filter_map(|seen| self.record(seen))
            .collect();
        Ok(SourceView { source, records })
    }

    pub(crate) fn record(&self, seen: &Observation) -> Option<RecordView> {
        let series = self.plan().series.get(&seen.series)?;
        let text = |value: &vocab::Quantity| {
            decimal(&value.shown_in(&series.unit).unwrap_or_else(|_| value.clone()))
        };
        let cited = |id: &String| Some((id.clone(), self.plan().sources.get(id)?.title.clone()));
        Some(RecordView {
            series: seen.series.clone(),
            title: series.title.clone(),
            at: seen.period,
            value: text(&seen.value),
            unit: series.unit.to_string(),
            rounding: seen.rounding.as_ref().map(text),
            printed: seen.printed.clone(),
            source: cited(&seen.source)?,
            via: seen.via.as_ref().and_then(cited),
            section: seen.section.clone(),
            recorded: seen.recorded,
            author: seen.author.clone(),
            approver: seen.approver.clone(),
            note: seen.note.clone(),
        })
    }
}
