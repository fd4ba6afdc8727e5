//! The total of a small population of firms from the answers of some of them (KGI 2, §5 ②: 9 of 26 firms), by every usual estimator,
//! each with its interval. Firms are taken to answer as a simple random sample would; what non-respondents might do otherwise is an
//! assumption ([`Survey::non_response`]) and must never be mixed into the sampling interval.
//!
//! One method is [`Method::RECOMMENDED`]; the coverage study that chose it is [`super::coverage`].

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Serialize;
use vocab::{Lang, Refusal};

use super::quantile::quantiles;
use super::sample::generator;
use super::{Interval, check_level, mean, student_factor};

/// Resamples of each bootstrap.
const RESAMPLES: usize = 999;
/// Fewer answers than this have too few distinct resamples for a bootstrap interval.
const BOOTSTRAP_MINIMUM: usize = 5;

/// Amounts are kept within this magnitude, in whatever unit, so that their squares can be added.
const LARGEST: f64 = 1e100;

/// A checked survey: one pair a firm, and the frame that they were drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    answers: Vec<Answer>,
    frame_total: f64,
    frame_n: usize,
    out_of_frame: f64,
}

/// One firm's answer `y` (such as its investment) and its known size `x` (such as its sales), in the same unit for all firms.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Answer {
    y: f64,
    x: f64,
}

/// How a total and its interval are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Ratio estimator; the other firms' total predicted with leverage-adjusted residuals; limits on the log scale below and with
    /// Johnson's correction for skewness above.
    RatioPrediction,
    /// Ratio estimator; linearised variance, Student's t with n - 1 degrees of freedom (Cochran 1977, §6.4).
    Ratio,
    /// Ratio estimator; delete-one jackknife variance, Student's t with n - 1.
    RatioJackknife,
    /// As the jackknife, with the limits on the log scale.
    RatioLogJackknife,
    /// Ratio estimator; percentiles of the rescaled bootstrap (Rao & Wu 1988).
    RatioBootstrap,
    /// Ratio estimator; studentised bootstrap (bootstrap-t).
    RatioBootstrapT,
    /// Mean per answering firm times the number of firms; does not use sizes.
    Expansion,
    /// Simple linear regression on size (Cochran 1977, §7), Student's t with n - 2.
    Regression,
}

impl Method {
    /// Every method, in the order of presentation.
    pub const ALL: [Self; 8] = [
        Self::RatioPrediction,
        Self::Ratio,
        Self::RatioJackknife,
        Self::RatioLogJackknife,
        Self::RatioBootstrap,
        Self::RatioBootstrapT,
        Self::Expansion,
        Self::Regression,
    ];

    /// The method whose 95 % interval covers 93–97 % on synthetic 9-of-26 surveys; see [`super::coverage`].
    pub const RECOMMENDED: Self = Self::RatioPrediction;

    /// Stable name, such as `ratio_prediction`.
    pub fn code(self) -> &'static str {
        match self {
            Self::RatioPrediction => "ratio_prediction",
            Self::Ratio => "ratio",
            Self::RatioJackknife => "ratio_jackknife",
            Self::RatioLogJackknife => "ratio_log_jackknife",
            Self::RatioBootstrap => "ratio_bootstrap",
            Self::RatioBootstrapT => "ratio_bootstrap_t",
            Self::Expansion => "expansion",
            Self::Regression => "regression",
        }
    }

    /// Name for a reader.
    pub fn label(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::RatioPrediction => (
                "比推定（予測区間・歪み補正）",
                "ratio, prediction interval corrected for skewness",
            ),
            Self::Ratio => (
                "比推定（線形化分散・t 分布）",
                "ratio, linearised variance, Student's t",
            ),
            Self::RatioJackknife => (
                "比推定（ジャックナイフ・t 分布）",
                "ratio, jackknife, Student's t",
            ),
            Self::RatioLogJackknife => (
                "比推定（対数ジャックナイフ・t 分布）",
                "ratio, jackknife on the log scale",
            ),
            Self::RatioBootstrap => ("比推定（Rao–Wu ブートストラップ）", "ratio, Rao–Wu bootstrap"),
            Self::RatioBootstrapT => ("比推定（スチューデント化ブートストラップ）", "ratio, bootstrap-t"),
            Self::Expansion => ("単純拡大推定", "mean per firm, expanded"),
            Self::Regression => ("回帰推定", "regression on size"),
        };
        match lang {
            Lang::Ja => ja,
            Lang::En => en,
        }
    }
}

/// A total with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// How it was made.
    pub method: Method,
    /// Estimated total, in the unit of `y`.
    pub total: f64,
    /// Standard error of the total, in the unit of `y`.
    pub standard_error: f64,
    /// Interval of the total.
    pub interval: Interval,
}

impl Survey {
    /// Checks a survey: `pairs` are `(y, x)` of the firms that answered, `frame_total` the sum of `x` over all `frame_n` firms
    /// asked, `out_of_frame` the `x` of firms that were not asked and to which the result is extended.
    ///
    /// # Errors
    /// Fewer than two answers, more answers than firms, a size that is not above zero, a negative answer, anything that is not a number or
    /// beyond 10^100, only zero answers, or sizes that contradict the frame.
    pub fn new(
        pairs: &[(f64, f64)],
        frame_total: f64,
        frame_n: usize,
        out_of_frame: Option<f64>,
    ) -> Result<Self, Refusal> {
        let answers: Vec<Answer> = pairs.iter().map(|&(y, x)| Answer { y, x }).collect();
        let out_of_frame = out_of_frame.unwrap_or(0.0);
        if answers.len() < 2 {
            return Err(Refusal::new(
                "survey_too_few",
                format!(
                    "回答が {} 社しかありません。総額と誤差の推定には 2 社以上の回答が必要です。",
                    answers.len()
                ),
                format!(
                    "Only {} firms answered; a total with its error needs at least two.",
                    answers.len()
                ),
            ));
        }
        if answers.len() > frame_n {
            return Err(Refusal::new(
                "survey_more_than_frame",
                format!(
                    "回答数 {} が対象企業数 {frame_n} を超えています。対象企業数を確認してください。",
                    answers.len()
                ),
                format!(
                    "{} answers exceed the {frame_n} firms of the frame; check the number of firms.",
                    answers.len()
                ),
            ));
        }
        if let Some(row) = answers
            .iter()
            .position(|a| !(1.0 / LARGEST..=LARGEST).contains(&a.x))
        {
            return Err(Refusal::new(
                "survey_size",
                format!(
                    "{} 件目の規模 x（{}）が 0 より大きい数値ではありません。",
                    row + 1,
                    answers[row].x
                ),
                format!(
                    "The size x of answer {} ({}) is not a number above zero.",
                    row + 1,
                    answers[row].x
                ),
            ));
        }
        if let Some(row) = answers.iter().position(|a| !(0.0..=LARGEST).contains(&a.y)) {
            return Err(Refusal::new(
                "survey_answer",
                format!(
                    "{} 件目の回答 y（{}）が 0 以上の数値ではありません。",
                    row + 1,
                    answers[row].y
                ),
                format!(
                    "The answer y of answer {} ({}) is not a number of zero or more.",
                    row + 1,
                    answers[row].y
                ),
            ));
        }
        if answers.iter().all(|a| a.y == 0.0) {
            return Err(Refusal::new(
                "survey_all_zero",
                "すべての回答が 0 のため、ばらつきを推定できません。回答を確認してください。",
                "Every answer is zero, so their spread cannot be estimated; check the answers.",
            ));
        }
        if ![frame_total, out_of_frame]
            .iter()
            .all(|size| (0.0..=LARGEST).contains(size))
        {
            return Err(Refusal::new(
                "survey_frame",
                "対象全体の規模と対象外の規模は、0 以上の数値で指定してください。",
                "Give the frame total and the out-of-frame size as numbers of zero or more.",
            ));
        }
        let survey = Self {
            answers,
            frame_total,
            frame_n,
            out_of_frame,
        };
        survey.check_frame()?;
        Ok(survey)
    }

    /// Sizes and frame must tell one story: something is left for the firms that did not answer, and nothing if all answered.
    fn check_frame(&self) -> Result<(), Refusal> {
        let (sum, total) = (self.sum_x(), self.frame_total);
        let tolerance = 1e-9 * sum;
        let all_answered = self.n() == self.frame_n;
        if sum > total + tolerance {
            return Err(Refusal::new(
                "survey_frame_total",
                format!(
                    "回答企業の規模の合計 {sum} が対象全体の規模 {total} を超えています。どちらかを確認してください。"
                ),
                format!(
                    "The sizes of the answering firms add to {sum}, above the frame total {total}; check either."
                ),
            ));
        }
        if all_answered != (total - sum <= tolerance) {
            return Err(Refusal::new(
                "survey_frame_rest",
                format!(
                    "対象 {} 社のうち {} 社が回答し、規模の合計は {sum}、対象全体は {total} です。未回答企業の数と規模が合いません。",
                    self.frame_n,
                    self.n()
                ),
                format!(
                    "{} of {} firms answered with sizes adding to {sum} of {total}; the number and the size of the rest disagree.",
                    self.n(),
                    self.frame_n
                ),
            ));
        }
        Ok(())
    }

    /// R̂ = Σy / Σx over the firms that answered.
    pub fn ratio(&self) -> f64 {
        self.sum_y() / self.sum_x()
    }

    /// Share of the frame's size, with what lies out of it, that the answers cover (0..=1).
    pub fn covered_share(&self) -> f64 {
        self.sum_x() / self.reach()
    }

    /// The total if firms that did not answer have `k` times the ratio of those that did:
    /// Ŷ(k) = `y_s` + k·R̂·(`X_U` − `x_s`) + R̂·`X_out`. A bound to be shown for k from 0.5 to 1.5, not an error.
    pub fn non_response(&self, k: f64) -> f64 {
        self.sum_y() + self.ratio() * (k * (self.frame_total - self.sum_x()) + self.out_of_frame)
    }

    /// Every estimator that these answers allow, in the order of [`Method::ALL`]; the first is the recommended one.
    ///
    /// # Errors
    /// A level outside 0..1.
    pub fn estimates(&self, level: f64, seed: u64) -> Result<Vec<Estimate>, Refusal> {
        check_level(level)?;
        Ok(Method::ALL
            .into_iter()
            .filter_map(|method| self.estimate(method, level, seed))
            .collect())
    }

    /// The recommended estimate.
    ///
    /// # Errors
    /// A level outside 0..1.
    pub fn recommended(&self, level: f64) -> Result<Estimate, Refusal> {
        check_level(level)?;
        Ok(self
            .estimate(Method::RECOMMENDED, level, 0)
            .unwrap_or_else(|| self.prediction(level)))
    }

    /// One estimator; `None` where the answers do not allow it (regression needs three, a bootstrap five).
    pub(super) fn estimate(&self, method: Method, level: f64, seed: u64) -> Option<Estimate> {
        let factor = student_factor(level, self.degrees());
        let total = self.ratio() * self.reach();
        let estimate = |total: f64, standard_error: f64, low: f64, high: f64| Estimate {
            method,
            total,
            standard_error,
            interval: Interval { level, low, high },
        };
        let symmetric = |total: f64, error: f64, factor: f64| {
            Some(estimate(
                total,
                error,
                total - factor * error,
                total + factor * error,
            ))
        };
        match method {
            Method::RatioPrediction => Some(self.prediction(level)),
            Method::Ratio => symmetric(total, self.linearised(), factor),
            Method::RatioJackknife => symmetric(total, self.jackknife(), factor),
            Method::RatioLogJackknife => {
                let error = self.jackknife();
                let stretch = (factor * error / total).exp();
                Some(estimate(total, error, total / stretch, total * stretch))
            }
            Method::RatioBootstrap => {
                let (error, low, high) = self.rescaled_bootstrap(level, seed)?;
                Some(estimate(total, error, low, high))
            }
            Method::RatioBootstrapT => {
                let error = self.linearised();
                let (low, high) = self.studentised_bootstrap(level, seed)?;
                Some(estimate(total, error, total - high * error, total - low * error))
            }
            Method::Expansion => {
                let average = self.sum_y() / self.n() as f64;
                let squares: f64 = self.answers.iter().map(|a| (a.y - average).powi(2)).sum();
                let (total, error) = self.expand(average, squares, self.degrees());
                symmetric(total, error, factor)
            }
            Method::Regression => {
                let (fitted, squares) = self.regression()?;
                let df = self.degrees() - 1.0;
                let (total, error) = self.expand(fitted, squares, df);
                symmetric(total, error, student_factor(level, df))
            }
        }
    }

    /// The prediction interval. What is unknown is `B`, the total of the firms that did not answer, estimated by R̂·(X − `x_s`); its
    /// error is that of R̂ and the spread of those firms around R̂:
    ///
    /// `V = X_rest²·Σ(u_i / x_s)² + s_r²·Σ_rest x²`, with `u_i = (y_i − R̂·x_i) / (1 − x_i/x_s)` (each residual as if its firm had been
    /// left out, as HC3), `s_r²` the mean of `(u_i/x_i)²`, and `Σ_rest x²` from the answering firms' spread of sizes.
    ///
    /// With c = √V / B and t the Student quantile with n − 1: below, `B·exp(−t·c)`, which cannot pass zero; above,
    /// `B·(1 + t·c + (t² + ½)·c²)`, Johnson's (1978) correction of t for a skewness of 3·CV, that of log-normal ratios to first
    /// order: nine answers cannot show their own skewness. Firms out of the frame are many and small: they share the error of R̂ and add
    /// no spread of their own.
    fn prediction(&self, level: f64) -> Estimate {
        let (known, size, ratio) = (self.sum_y(), self.sum_x(), self.ratio());
        let rest_in_frame = (self.frame_total - size).max(0.0);
        let rest = rest_in_frame + self.out_of_frame;
        let left_out = |a: &Answer| (a.y - ratio * a.x) / (1.0 - a.x / size);
        let ratio_variance: f64 = self.answers.iter().map(|a| (left_out(a) / size).powi(2)).sum();
        let spread = mean(self.answers.iter().map(|a| (left_out(a) / a.x).powi(2)));
        let standard_error =
            (rest.powi(2) * ratio_variance + spread * self.rest_squares(rest_in_frame)).sqrt();

        let predicted = ratio * rest;
        let c = if predicted > 0.0 {
            standard_error / predicted
        } else {
            0.0
        };
        let t = student_factor(level, self.degrees());
        let low = known + predicted * (-t * c).exp();
        let high = known + predicted * (1.0 + t * c + (t * t + 0.5) * c * c);
        Estimate {
            method: Method::RatioPrediction,
            total: known + predicted,
            standard_error,
            interval: Interval { level, low, high },
        }
    }

    /// Σx² over the firms that did not answer, whose sizes are known only by their sum: as uneven as those that answered, and at most
    /// as uneven as one firm having it all.
    fn rest_squares(&self, rest: f64) -> f64 {
        let others = self.frame_n - self.n();
        if others == 0 {
            return 0.0;
        }
        let unevenness =
            mean(self.answers.iter().map(|a| a.x.powi(2))) / (self.sum_x() / self.n() as f64).powi(2);
        rest.powi(2) * (unevenness / others as f64).min(1.0)
    }

    /// Standard error of R̂·X, X the whole reach: `V̂(R̂) = (1 − n/N)·s_e²/(n·x̄²)`.
    fn linearised(&self) -> f64 {
        self.reach() * (self.unsampled_share() * ratio_variance(self.answers.iter().copied())).sqrt()
    }

    /// Standard error of R̂·X by leaving out each firm once: (1 − n/N)·(n − 1)/n·Σ(R̂₍ⱼ₎ − mean)².
    fn jackknife(&self) -> f64 {
        let (y, x) = (self.sum_y(), self.sum_x());
        let without: Vec<f64> = self.answers.iter().map(|a| (y - a.y) / (x - a.x)).collect();
        let centre = mean(without.iter().copied());
        let squares: f64 = without.iter().map(|r| (r - centre).powi(2)).sum();
        self.reach() * (self.unsampled_share() * self.degrees() / self.n() as f64 * squares).sqrt()
    }

    /// Standard error and percentile limits of the Rao–Wu bootstrap: n − 1 firms drawn with replacement, their weights
    /// pulled towards 1 by √(1 − n/N), so that the resamples vary as a sample without replacement does.
    fn rescaled_bootstrap(&self, level: f64, seed: u64) -> Option<(f64, f64, f64)> {
        let n = self.n();
        let pull = self.unsampled_share().sqrt();
        let step = pull * n as f64 / self.degrees();
        let (y, x) = (self.sum_y(), self.sum_x());
        let mut totals = self.resample(seed, |rng| {
            let (mut sum_y, mut sum_x) = (y * (1.0 - pull), x * (1.0 - pull));
            for _ in 1..n {
                let a = self.answers[rng.random_range(0..n)];
                sum_y += step * a.y;
                sum_x += step * a.x;
            }
            sum_y / sum_x * self.reach()
        })?;
        let centre = mean(totals.iter().copied());
        let error = mean(totals.iter().map(|t| (t - centre).powi(2))).sqrt();
        let (low, high) = tails(&mut totals, level)?;
        Some((error, low, high))
    }

    /// Quantiles of the studentised ratio (R* − R̂)/s(R*) over resamples of n firms with replacement. A resample of one firm only has
    /// no spread and is left out.
    fn studentised_bootstrap(&self, level: f64, seed: u64) -> Option<(f64, f64)> {
        let n = self.n();
        let ratio = self.ratio();
        let mut drawn = self.answers.clone();
        let mut pivots = self.resample(seed, |rng| {
            drawn.fill_with(|| self.answers[rng.random_range(0..n)]);
            let star = drawn.iter().map(|a| a.y).sum::<f64>() / drawn.iter().map(|a| a.x).sum::<f64>();
            (star - ratio) / ratio_variance(drawn.iter().copied()).sqrt()
        })?;
        pivots.retain(|pivot| pivot.is_finite());
        tails(&mut pivots, level)
    }

    fn resample(&self, seed: u64, mut draw: impl FnMut(&mut Xoshiro256PlusPlus) -> f64) -> Option<Vec<f64>> {
        let mut rng = generator(seed, 0, 0);
        (self.n() >= BOOTSTRAP_MINIMUM).then(|| (0..RESAMPLES).map(|_| draw(&mut rng)).collect())
    }

    /// Mean at the frame's mean size by the regression line, and the squared residuals; `None` under three answers or one size.
    fn regression(&self) -> Option<(f64, f64)> {
        let n = self.n() as f64;
        let (mean_y, mean_x) = (self.sum_y() / n, self.sum_x() / n);
        let across: f64 = self.answers.iter().map(|a| (a.x - mean_x) * (a.y - mean_y)).sum();
        let along: f64 = self.answers.iter().map(|a| (a.x - mean_x).powi(2)).sum();
        if self.n() < 3 || along <= f64::EPSILON * mean_x.powi(2) {
            return None;
        }
        let slope = across / along;
        let squares = self
            .answers
            .iter()
            .map(|a| (a.y - mean_y - slope * (a.x - mean_x)).powi(2))
            .sum();
        Some((
            mean_y + slope * (self.frame_total / self.frame_n as f64 - mean_x),
            squares,
        ))
    }

    /// Total and standard error from a mean per firm and its squared residuals; beyond the frame in proportion to size.
    fn expand(&self, average: f64, squares: f64, df: f64) -> (f64, f64) {
        let firms = self.frame_n as f64 * self.reach() / self.frame_total;
        (
            firms * average,
            firms * (self.unsampled_share() * squares / df / self.n() as f64).sqrt(),
        )
    }

    fn n(&self) -> usize {
        self.answers.len()
    }

    fn degrees(&self) -> f64 {
        (self.n() - 1) as f64
    }

    fn sum_y(&self) -> f64 {
        self.answers.iter().map(|a| a.y).sum()
    }

    fn sum_x(&self) -> f64 {
        self.answers.iter().map(|a| a.x).sum()
    }

    /// The size that the total speaks of: the frame and what lies out of it.
    fn reach(&self) -> f64 {
        self.frame_total + self.out_of_frame
    }

    /// 1 − n/N, the finite population correction.
    fn unsampled_share(&self) -> f64 {
        1.0 - self.n() as f64 / self.frame_n as f64
    }
}

/// Relative standard error of a ratio estimate when only totals are published and the coefficient of variation between firms has
/// to be stated: CV·√((1 − n/N)/n), for firms of about equal size; uneven sizes make it larger.
///
/// # Errors
/// A CV that is negative or not finite, no answers, or more answers than firms.
pub fn ratio_spread(cv: f64, answers: usize, frame_n: usize) -> Result<f64, Refusal> {
    if !(cv.is_finite() && cv >= 0.0) || answers == 0 || answers > frame_n {
        return Err(Refusal::new(
            "ratio_spread",
            format!(
                "変動係数 {cv}、回答 {answers} 社、対象 {frame_n} 社では計算できません。変動係数は 0 以上、回答数は 1 以上かつ対象企業数以下にしてください。"
            ),
            format!(
                "CV {cv} with {answers} of {frame_n} firms cannot be used; keep CV >= 0 and 1 <= answers <= firms."
            ),
        ));
    }
    let n = answers as f64;
    Ok(cv * ((1.0 - n / frame_n as f64) / n).sqrt())
}

/// `s_e²/(n·x̄²)` with e = y − R̂x: the variance of R̂ without the finite population correction.
fn ratio_variance(answers: impl ExactSizeIterator<Item = Answer> + Clone) -> f64 {
    let n = answers.len() as f64;
    let (y, x) = answers.clone().fold((0.0, 0.0), |(y, x), a| (y + a.y, x + a.x));
    let squares: f64 = answers.map(|a| (a.y - y / x * a.x).powi(2)).sum();
    squares / (n - 1.0) * n / (x * x)
}

fn tails(values: &mut [f64], level: f64) -> Option<(f64, f64)> {
    match quantiles(values, &[0.5 - level / 2.0, 0.5 + level / 2.0])?[..] {
        [low, high] => Some((low, high)),
        _ => None,
    }
}
