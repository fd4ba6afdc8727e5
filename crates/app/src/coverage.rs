//! The coverage matrix: which measures answer which issues, which indicators measure them, and where
//! nothing does.

use plan::{Class, NodeKind, Text};
use serde::Serialize;

use crate::ask::Rashin;
use crate::tree::NodeLink;

/// Issues, measures and indicators against each other.
#[derive(Debug, Clone, Serialize)]
pub struct Coverage {
    /// The measures, which are the columns.
    pub measures: Vec<NodeLink>,
    /// The issues, which are the rows.
    pub rows: Vec<CoverageRow>,
    /// Issues and measures with something missing.
    pub holes: Vec<Hole>,
}

/// One issue.
#[derive(Debug, Clone, Serialize)]
pub struct CoverageRow {
    /// The policy to which it belongs.
    pub policy: Option<NodeLink>,
    /// The focus item to which it belongs.
    pub focus: Option<NodeLink>,
    /// The issue.
    pub issue: NodeLink,
    /// For each measure, in the order of the columns: the measure or its parts that answer the issue.
    pub answers: Vec<Vec<NodeLink>>,
    /// Indicators that measure the issue itself.
    pub indicators: Vec<(String, Text)>,
    /// Indicators that measure the focus item or policy above it.
    pub indicators_above: Vec<(String, Text)>,
}

/// What is missing.
#[derive(Debug, Clone, Serialize)]
pub struct Hole {
    /// The issue or measure.
    pub node: NodeLink,
    /// An issue that no measure answers.
    pub unanswered: bool,
    /// An issue or measure that no indicator measures.
    pub unmeasured: bool,
}

impl Rashin {
    /// The coverage matrix. Figures of the situation and of the second plan do not count as measuring.
    pub fn coverage(&self) -> Coverage {
        let plan = self.plan();
        let measures: Vec<_> = plan
            .nodes
            .iter()
            .filter(|node| node.kind == NodeKind::Measure)
            .collect();
        let issues = plan.nodes.iter().filter(|node| node.kind == NodeKind::Issue);
        let rows: Vec<CoverageRow> = issues
            .map(|issue| {
                let answering: Vec<_> = self.answering(&issue.id).collect();
                let answers = measures
                    .iter()
                    .map(|measure| {
                        let within = answering
                            .iter()
                            .filter(|node| self.root_measure(&node.id) == Some(&measure.id));
                        within.map(|node| NodeLink::from(*node)).collect()
                    })
                    .collect();
                let focus = issue.parent.as_deref().and_then(|id| plan.node(id));
                let policy = focus.and_then(|focus| plan.node(focus.parent.as_deref()?));
                let above = focus
                    .into_iter()
                    .chain(policy)
                    .flat_map(|node| self.measuring(&node.id))
                    .collect();
                CoverageRow {
                    policy: policy.map(NodeLink::from),
                    focus: focus.map(NodeLink::from),
                    issue: NodeLink::from(issue),
                    answers,
                    indicators: self.measuring(&issue.id),
                    indicators_above: above,
                }
            })
            .collect();
        let issue_holes = rows.iter().map(|row| Hole {
            node: row.issue.clone(),
            unanswered: row.answers.iter().all(Vec::is_empty),
            unmeasured: row.indicators.is_empty(),
        });
        let measure_holes = measures.iter().map(|measure| Hole {
            node: NodeLink::from(*measure),
            unanswered: false,
            unmeasured: self.measuring(&measure.id).is_empty(),
        });
        let holes = issue_holes
            .chain(measure_holes)
            .filter(|hole| hole.unanswered || hole.unmeasured)
            .collect();
        Coverage {
            measures: measures.iter().map(|node| NodeLink::from(*node)).collect(),
            rows,
            holes,
        }
    }

    fn measuring(&self, node: &str) -> Vec<(String, Text)> {
        let counts = |id: &str| {
            let class = self.plan().indicator(id).map(|found| found.class);
            matches!(class, Some(Class::Kgi | Class::Reference | Class::Proposed))
        };
        self.indicators_of(node)
            .into_iter()
            .filter(|(id, _)| counts(id))
            .collect()
    }

    /// The measure to which a measure or part belongs.
    fn root_measure(&self, id: &str) -> Option<&String> {
        let mut node = self.plan().node(id)?;
        while node.kind == NodeKind::Part {
            node = self.plan().node(node.parent.as_deref()?)?;
        }
        (node.kind == NodeKind::Measure).then_some(&node.id)
    }
}
