//! Disclosure control: whether a total may be published without giving one firm's answer away (§5 ②: nine firms answered), by itself
//! ([`may_publish`]) and beside what was published of the same cell before ([`smallest_step`]).
//! The rules are those of magnitude tables (Hundepool et al., Statistical Disclosure Control, 2012, ch. 4). It must never
//! look at anything but the contributions, and never suggest a way round a refusal.

use std::collections::{BTreeMap, BTreeSet};

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

/// A total as it was, or would be, published: who contributed what, and the step that the sum was rounded to. All in one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Each contributor's value, zero or more.
    pub contributions: BTreeMap<String, f64>,
    /// The total was rounded to a multiple of this; above zero.
    pub quantum: f64,
}

impl Published {
    /// The published figure.
    pub fn value(&self) -> f64 {
        (self.contributions.values().sum::<f64>() / self.quantum).round() * self.quantum
    }

    fn of(&self, firm: &str) -> f64 {
        self.contributions.get(firm).copied().unwrap_or(0.0)
    }
}

/// The smallest step of the ladder 1, 2, 5, 10, 20, 50 … (times `finest`) to which a total may be rounded and published beside every
/// earlier total of the same cell. Steps above a tenth of the total say too little and are not tried.
///
/// # Errors
/// What [`may_publish`] refuses of the contributions, else `disclosure_difference`: no step keeps a change from being known.
pub fn smallest_step(
    earlier: &[Published],
    contributions: &BTreeMap<String, f64>,
    finest: f64,
    rule: &DisclosureRule,
) -> Result<u32, Refusal> {
    may_publish(&contributions.values().copied().collect::<Vec<_>>(), rule)?;
    let coarsest = contributions.values().sum::<f64>() / 10.0;
    let decades = (0..9).map(|decade| 10_u32.pow(decade));
    decades
        .flat_map(|ten| [1, 2, 5].map(|digit| digit * ten))
        .take_while(|step| *step == 1 || f64::from(*step) * finest <= coarsest)
        .find(|step| {
            let next = Published {
                contributions: contributions.clone(),
                quantum: f64::from(*step) * finest,
            };
            earlier
                .iter()
                .all(|before| keeps_changes(before, &next, rule.p_share))
                && withstands(earlier, next, rule.p_share)
        })
        .ok_or_else(|| {
            Refusal::new(
                "disclosure_difference",
                "先に公表した合計との差から、回答が変わった企業の値が推し量れるため公表できません。次の変更とまとめて公表してください。",
                "The difference from a total published earlier would give a changed answer away; publish it together with later changes.",
            )
        })
}

/// The p % rule for the difference of two totals. With `d` the sizes of the contributors' changes in descending order (a newcomer's or
/// leaver's whole value), the contributor of `d₂` knows its own change and, within the rounding of both totals, the sum of all:
///
/// `Σd − d₁ − d₂ + (q₁ + q₂)/2 ≥ p·d₁`
fn keeps_changes(before: &Published, after: &Published, p: f64) -> bool {
    let firms: BTreeSet<&String> = before
        .contributions
        .keys()
        .chain(after.contributions.keys())
        .collect();
    let mut changes: Vec<f64> = firms
        .into_iter()
        .map(|firm| (after.of(firm) - before.of(firm)).abs())
        .filter(|change| *change > 0.0)
        .collect();
    changes.sort_unstable_by(|a, b| b.total_cmp(a));
    let rest: f64 = changes.iter().skip(2).sum();
    changes
        .first()
        .is_none_or(|largest| rest + f64::midpoint(before.quantum, after.quantum) >= p * largest)
}

/// Whether no interval arithmetic over all the totals together, by an outsider or by a contributor whose answer changed, narrows any
/// other contributor's answer or change to less than ± p of it.
fn withstands(earlier: &[Published], next: Published, p: f64) -> bool {
    let mut tables = earlier.to_vec();
    tables.push(next);
    let puzzle = Puzzle::new(&tables);
    if puzzle.differences.is_empty() {
        return true;
    }
    let insiders = puzzle
        .differences
        .iter()
        .flat_map(|sum| sum.terms.iter().map(|term| term.firm))
        .collect::<BTreeSet<_>>();
    std::iter::once(None)
        .chain(insiders.into_iter().map(Some))
        .all(|attacker| puzzle.withstands(attacker, p))
}

/// What an attacker knows of a cell that was published several times: the rounded totals, and who contributed to each the same or another
/// value than before. Unknown are the values themselves.
struct Puzzle {
    /// For each firm its distinct values; the first is 0, for a total to which it did not contribute.
    values: Vec<Vec<f64>>,
    /// The totals.
    totals: Vec<Sum>,
    /// The differences of each two totals: what did not change falls out.
    differences: Vec<Sum>,
}

/// Terms whose sum lies within an interval.
struct Sum {
    terms: Vec<Term>,
    low: f64,
    high: f64,
}

/// A firm's value less another value of the same firm, by their places.
struct Term {
    firm: usize,
    more: usize,
    less: usize,
}

impl Puzzle {
    /// Rounds of narrowing; each uses what the last one found.
    const ROUNDS: usize = 12;

    fn new(tables: &[Published]) -> Self {
        let firms: BTreeSet<&String> = tables
            .iter()
            .flat_map(|table| table.contributions.keys())
            .collect();
        let mut values = vec![];
        // For each firm, the place of its value in each table.
        let mut places: Vec<Vec<usize>> = vec![];
        for firm in firms {
            let mut distinct = vec![0.0];
            let found = tables.iter().map(|table| {
                let value = table.of(firm);
                let known = distinct
                    .iter()
                    .position(|one: &f64| one.total_cmp(&value).is_eq());
                known.unwrap_or_else(|| {
                    distinct.push(value);
                    distinct.len() - 1
                })
            });
            places.push(found.collect());
            values.push(distinct);
        }
        let bounds: Vec<(f64, f64)> = tables
            .iter()
            .map(|table| {
                (
                    table.value() - table.quantum / 2.0,
                    table.value() + table.quantum / 2.0,
                )
            })
            .collect();
        let terms = |more: usize, less: Option<usize>| -> Vec<Term> {
            let term = |(firm, at): (usize, &Vec<usize>)| {
                let (more, less) = (at[more], less.map_or(0, |less| at[less]));
                (more != less).then_some(Term { firm, more, less })
            };
            places.iter().enumerate().filter_map(term).collect()
        };
        let totals = (0..tables.len()).map(|table| Sum {
            terms: terms(table, None),
            low: bounds[table].0,
            high: bounds[table].1,
        });
        let pairs = (0..tables.len()).flat_map(|after| (0..after).map(move |before| (before, after)));
        let differences = pairs.map(|(before, after)| Sum {
            terms: terms(after, Some(before)),
            low: bounds[after].0 - bounds[before].1,
            high: bounds[after].1 - bounds[before].0,
        });
        Self {
            totals: totals.collect(),
            differences: differences.filter(|sum| !sum.terms.is_empty()).collect(),
            values,
        }
    }

    /// Whether an attacker (one of the firms, or an outsider) is left with intervals that are wide enough.
    fn withstands(&self, attacker: Option<usize>, p: f64) -> bool {
        let mut known: Vec<Bounds> = self
            .values
            .iter()
            .enumerate()
            .map(|(firm, values)| Bounds::new(values, attacker == Some(firm)))
            .collect();
        for _ in 0..Self::ROUNDS {
            let mut moved = false;
            for sum in self.totals.iter().chain(&self.differences) {
                moved |= sum.narrow(&mut known);
            }
            for bounds in &mut known {
                moved |= bounds.close();
            }
            if !moved {
                break;
            }
        }
        known
            .iter()
            .zip(&self.values)
            .enumerate()
            .filter(|(firm, _)| attacker != Some(*firm))
            .all(|(_, (bounds, values))| bounds.wide_enough(values, p))
    }
}

impl Sum {
    /// Each term lies within what the sum leaves when all others are at their ends. True if anything became narrower.
    fn narrow(&self, known: &mut [Bounds]) -> bool {
        let spread = |known: &[Bounds]| {
            self.terms
                .iter()
                .fold((End::default(), End::default()), |(low, high), term| {
                    let bounds = &known[term.firm];
                    (
                        low.plus(-bounds.most(term.less, term.more)),
                        high.plus(bounds.most(term.more, term.less)),
                    )
                })
        };
        let (low, high) = spread(known);
        let mut moved = false;
        for term in &self.terms {
            let bounds = &mut known[term.firm];
            let (least, most) = (
                -bounds.most(term.less, term.more),
                bounds.most(term.more, term.less),
            );
            moved |= bounds.lower(term.more, term.less, self.high - low.without(least));
            moved |= bounds.lower(term.less, term.more, high.without(most) - self.low);
        }
        moved
    }
}

/// A sum of ends of intervals, some of them infinite.
#[derive(Clone, Copy, Default)]
struct End {
    finite: f64,
    infinite: usize,
    sign: f64,
}

impl End {
    fn plus(self, end: f64) -> Self {
        if end.is_finite() {
            return Self {
                finite: self.finite + end,
                ..self
            };
        }
        Self {
            infinite: self.infinite + 1,
            sign: end,
            ..self
        }
    }

    /// The sum of the others.
    fn without(self, end: f64) -> f64 {
        match self.infinite - usize::from(end.is_infinite()) {
            0 if end.is_infinite() => self.finite,
            0 => self.finite - end,
            _ => self.sign,
        }
    }
}

/// For each two values of one firm, the most by which the first can exceed the second.
struct Bounds {
    count: usize,
    most: Vec<f64>,
    /// Below this a narrowing is rounding error.
    grain: f64,
}

impl Bounds {
    fn new(values: &[f64], known: bool) -> Self {
        let count = values.len();
        let cell = |place: usize| {
            let (more, less) = (place / count, place % count);
            match known {
                true => values[more] - values[less],
                // No value is below zero.
                false if more == less || more == 0 => 0.0,
                false => f64::INFINITY,
            }
        };
        let scale = values.iter().copied().fold(0.0, f64::max);
        Self {
            count,
            most: (0..count * count).map(cell).collect(),
            grain: scale * 1e-9,
        }
    }

    fn most(&self, more: usize, less: usize) -> f64 {
        self.most[more * self.count + less]
    }

    fn lower(&mut self, more: usize, less: usize, bound: f64) -> bool {
        let cell = &mut self.most[more * self.count + less];
        let lower = bound < *cell - self.grain;
        if lower {
            *cell = bound;
        }
        lower
    }

    /// What follows for other pairs: a − c ≤ (a − b) + (b − c). True if anything became narrower.
    fn close(&mut self) -> bool {
        let mut moved = false;
        for through in 0..self.count {
            for more in 0..self.count {
                for less in 0..self.count {
                    let bound = self.most(more, through) + self.most(through, less);
                    moved |= self.lower(more, less, bound);
                }
            }
        }
        moved
    }

    fn wide_enough(&self, values: &[f64], p: f64) -> bool {
        let pairs = (0..self.count).flat_map(|more| (0..more).map(move |less| (more, less)));
        pairs.into_iter().all(|(more, less)| {
            let width = self.most(more, less) + self.most(less, more);
            let change = (values[more] - values[less]).abs();
            width / 2.0 >= p * change - self.grain
        })
    }
}
