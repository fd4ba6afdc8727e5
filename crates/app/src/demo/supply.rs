//! Made-up supply (架空データ): a hospital with its devices, and reports that are on their way, so that every page of it shows something.

use record::procedure::Command;
use vocab::Refusal;

use super::records::{self, Controls};
use crate::desk::{Acted, CaseAct, CaseQuery, Desk, Visit};

/// The kind of a report.
const REPORT: &str = "supply-report";

impl Desk {
    /// Fills in what a hospital holds, and takes the reports of a firm some steps on: one stays with the ministry, one is public, one with its firm's
    /// answer.
    pub(super) fn fill_supply(
        &self,
        hospital: &Visit,
        firm: &Visit,
        secretariat: &Visit,
        seed: u64,
    ) -> Result<(), Refusal> {
        for form in records::assets(seed) {
            self.add_record(hospital, "hospital-asset", &form)?;
        }
        let reports = self.cases(secretariat, &CaseQuery::default())?.rows;
        for (place, line) in reports.iter().filter(|line| line.kind == REPORT).enumerate() {
            if place == 0 {
                continue;
            }
            let phase = if place == 1 { "actual" } else { "anticipated" };
            let fields = [("phase", phase), ("severity", "high")];
            self.go_on(secretariat, &line.owner, &line.id, "take-up", &fields)?;
            if place == 2 {
                let fields = [
                    ("affected.from", "2026-12-01"),
                    ("affected.to", "2027-03-31"),
                    ("causes", "materials"),
                    ("substitutable", "others"),
                    (
                        "measures",
                        "架空: 在庫を医療機関に割り当て、別の工場で増産します。",
                    ),
                ];
                self.go_on(firm, &line.owner, &line.id, "report-impact", &fields)?;
            }
        }
        Ok(())
    }

    fn go_on(
        &self,
        visit: &Visit,
        owner: &str,
        id: &str,
        transition: &str,
        fields: &[(&str, &str)],
    ) -> Result<(), Refusal> {
        let seen = self.record(visit, REPORT, owner, id)?;
        let controls: Controls = fields
            .iter()
            .map(|(name, text)| ((*name).into(), (*text).into()))
            .collect();
        let acted = self.act(
            visit,
            &CaseAct {
                kind: REPORT,
                owner,
                id,
                version: seen.case.map_or(0, |case| case.version),
                command: Command::Move {
                    transition: transition.into(),
                    reason: String::new(),
                    dissent: String::new(),
                },
                controls: &controls,
            },
        )?;
        match acted {
            Acted::Done => Ok(()),
            Acted::Faults(faults) => Err(super::fill::refused(REPORT, faults)),
        }
    }
}
