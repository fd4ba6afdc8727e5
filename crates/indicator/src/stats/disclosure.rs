//! Disclosure control: whether a total may be published without giving one firm's answer away (§5 ②: nine firms answered).
//! The rules are those of magnitude tables (Hundepool et al., Statistical Disclosure Control, 2012, ch. 4). It must never
//! look at anything but the contributions, and never suggest a way round a refusal.

use vocab::Refusal;

/// The three rules; a cell must pass them all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DisclosureRule {
    /// Fewest contributors.
    pub minimum_frequency: usize,
    /// (n, k): the n largest contributors together may hold at most the share k (0..=1) of the total.
    pub dominance: (usize, f64),
    /// p % rule as a share: the second largest contributor, who knows their own answer, must not be able to bound the largest more
    /// closely than this share of it.
    pub p_share: f64,
}

impl Default for DisclosureRule {
    /// At least 3 contributors, (2, 85 %) dominance, p = 10 %.
    fn default() -> Self {
        Self {
            minimum_frequency: 3,
            dominance: (2, 0.85),
            p_share: 0.10,
        }
    }
}

/// Whether the total of `contributions` (one a firm, zero or more) may be published.
///
/// # Errors
/// The first rule that the cell breaks; also a contribution that is negative or not a number, about which the rules say nothing.
pub fn may_publish(contributions: &[f64], rule: &DisclosureRule) -> Result<(), Refusal> {
    if contributions.iter().any(|c| !(c.is_finite() && *c >= 0.0)) {
        return Err(Refusal::new(
            "disclosure_value",
            "負の値または数値でない回答があるため、秘匿の判定ができません。回答を確認してください。",
            "An answer is negative or not a number, so disclosure cannot be judged; check the answers.",
        ));
    }
    let mut sorted: Vec<f64> = contributions.iter().copied().filter(|c| *c > 0.0).collect();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    if sorted.len() < rule.minimum_frequency {
        return Err(Refusal::new(
            "disclosure_frequency",
            format!(
                "回答が {} 社未満の集計値は公表できません。より大きな区分にまとめてください。",
                rule.minimum_frequency
            ),
            format!(
                "A total of fewer than {} contributors may not be published; merge it into a larger group.",
                rule.minimum_frequency
            ),
        ));
    }
    let total: f64 = sorted.iter().sum();
    let (n, k) = rule.dominance;
    if sorted.iter().take(n).sum::<f64>() > k * total {
        return Err(Refusal::new(
            "disclosure_dominance",
            format!(
                "上位 {n} 社が合計の {:.0}% を超えるため公表できません。より大きな区分にまとめてください。",
                k * 100.0
            ),
            format!(
                "The {n} largest contributors hold more than {:.0} % of the total; merge it into a larger group.",
                k * 100.0
            ),
        ));
    }
    let rest: f64 = sorted.iter().skip(2).sum();
    if sorted
        .first()
        .is_some_and(|largest| rest < rule.p_share * largest)
    {
        return Err(Refusal::new(
            "disclosure_p_percent",
            format!(
                "2 番目に大きい企業が最大の企業の回答を {:.0}% 以内の幅で推定できるため公表できません。より大きな区分にまとめてください。",
                rule.p_share * 100.0
            ),
            format!(
                "The second largest contributor could bound the largest to within {:.0} %; merge it into a larger group.",
                rule.p_share * 100.0
            ),
        ));
    }
    Ok(())
}
