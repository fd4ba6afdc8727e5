//! The plan's tree, and everything on a node's page.

use indicator::Finding;
use plan::{Node, NodeKind, Text};
use serde::Serialize;
use vocab::Refusal;

use crate::ask::{Rashin, not_found};

/// A node with what stands below it.
#[derive(Debug, Clone, Serialize)]
pub struct TreeItem {
    /// The node.
    #[serde(flatten)]
    pub node: Node,
    /// Indicators that measure it: id and title.
    pub indicators: Vec<(String, Text)>,
    /// The nodes below.
    pub children: Vec<TreeItem>,
}

/// A node as a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeLink {
    /// Id.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// As printed.
    pub number: String,
    /// Title.
    pub title: Text,
}

/// A node's page.
#[derive(Debug, Clone, Serialize)]
pub struct NodeView {
    /// The node.
    #[serde(flatten)]
    pub node: Node,
    /// The way from the vision down to its parent.
    pub above: Vec<NodeLink>,
    /// The nodes directly below.
    pub below: Vec<NodeLink>,
    /// Issues that a measure answers.
    pub issues: Vec<NodeLink>,
    /// Measures that answer an issue.
    pub answered_by: Vec<NodeLink>,
    /// Indicators that measure it.
    pub indicators: Vec<(String, Text)>,
    /// Findings on those indicators.
    pub findings: Vec<Finding>,
    /// Whether it has no indicator of its own and none is to be expected (§8: to be set next year).
    pub without_indicator: bool,
}

impl From<&Node> for NodeLink {
    fn from(node: &Node) -> Self {
        Self {
            id: node.id.clone(),
            kind: node.kind,
            number: node.number.clone(),
            title: node.title.clone(),
        }
    }
}

impl Rashin {
    /// The tree from the vision down.
    pub fn tree(&self) -> Vec<TreeItem> {
        let roots = self.plan().nodes.iter().filter(|node| node.parent.is_none());
        roots.map(|node| self.item(node)).collect()
    }

    fn item(&self, node: &Node) -> TreeItem {
        TreeItem {
            node: node.clone(),
            indicators: self.indicators_of(&node.id),
            children: self
                .plan()
                .children(&node.id)
                .map(|child| self.item(child))
                .collect(),
        }
    }

    /// A node's page.
    ///
    /// # Errors
    /// `not-found`.
    pub fn node(&self, id: &str) -> Result<NodeView, Refusal> {
        let plan = self.plan();
        let node = plan.node(id).cloned().ok_or_else(|| {
            not_found(
                &format!("計画の項目「{id}」はありません。計画の木から選んでください。"),
                &format!("the plan has no item `{id}`. Choose one in the plan's tree."),
            )
        })?;
        let mut above = vec![];
        let mut next = node.parent.as_deref();
        while let Some(parent) = next.and_then(|id| plan.node(id)) {
            above.push(NodeLink::from(parent));
            next = parent.parent.as_deref();
        }
        above.reverse();
        let indicators = self.indicators_of(id);
        let findings = self
            .engine(None)
            .findings()
            .into_iter()
            .filter(|finding| indicators.iter().any(|(id, _)| finding.about.contains(id)))
            .collect();
        Ok(NodeView {
            above,
            below: plan.children(id).map(NodeLink::from).collect(),
            issues: node
                .answers
                .iter()
                .filter_map(|id| plan.node(id))
                .map(NodeLink::from)
                .collect(),
            answered_by: self.answering(id).map(NodeLink::from).collect(),
            without_indicator: indicators.is_empty()
                && matches!(
                    node.kind,
                    NodeKind::Issue | NodeKind::Measure | NodeKind::Part | NodeKind::Focus
                ),
            indicators,
            findings,
            node,
        })
    }

    pub(crate) fn answering<'a>(&'a self, issue: &'a str) -> impl Iterator<Item = &'a Node> {
        self.plan()
            .nodes
            .iter()
            .filter(move |node| node.answers.iter().any(|answered| answered == issue))
    }

    /// The indicators that measure a node.
    pub fn indicators_of(&self, node: &str) -> Vec<(String, Text)> {
        let measuring = self
            .plan()
            .indicators
            .iter()
            .filter(|found| found.measures.iter().any(|one| one == node));
        measuring
            .map(|found| (found.id.clone(), found.title.clone()))
            .collect()
    }
}
