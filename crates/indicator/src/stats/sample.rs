//! Draws of uncertain inputs for simulation, the same to the bit whatever the number of threads.
//! A column of draws is made of blocks, and each block has a generator of its own, seeded by (seed, stream, block): a draw depends on
//! nothing else. It must never share a generator between blocks or take one from outside.

use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal, Normal, Poisson, StudentT};
use rand_xoshiro::Xoshiro256PlusPlus;
use vocab::Refusal;

/// Draws in one block; a thread may take any whole block.
pub const BLOCK: usize = 4096;

/// How an input varies, in the input's own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// Taken as certain.
    None {
        /// The value of every draw.
        value: f64,
    },
    /// Anywhere between two values; the rounding interval of a printed figure.
    Uniform {
        /// Lowest value.
        low: f64,
        /// Highest value.
        high: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation, zero or more.
        sd: f64,
    },
    /// Student's t, shifted and scaled.
    StudentT {
        /// Centre.
        loc: f64,
        /// Scale, zero or more.
        scale: f64,
        /// Degrees of freedom, above zero.
        df: f64,
    },
    /// Triangular.
    Triangular {
        /// Lowest value.
        low: f64,
        /// Most likely value.
        mode: f64,
        /// Highest value.
        high: f64,
    },
    /// Log-normal.
    LogNormal {
        /// Median, above zero.
        median: f64,
        /// Standard deviation of the natural logarithm, zero or more.
        log_sd: f64,
    },
    /// Poisson counts.
    Poisson {
        /// Mean, above zero.
        rate: f64,
    },
}

impl Spread {
    /// Fills `out` with the draws 0, 1, 2 … of one stream (an input's index, so that inputs are independent).
    ///
    /// # Errors
    /// A spread whose parameters contradict each other, such as a lowest value above the highest.
    pub fn fill(&self, out: &mut [f64], seed: u64, stream: u64) -> Result<(), Refusal> {
        self.check()?;
        for (block, part) in (0..).zip(out.chunks_mut(BLOCK)) {
            self.fill_block(part, seed, stream, block)?;
        }
        Ok(())
    }

    /// Fills one block: the draws from `block * BLOCK` on, at most [`BLOCK`] of them. Threads that each take blocks of a column
    /// together write what [`Spread::fill`] writes.
    ///
    /// # Errors
    /// As [`Spread::fill`].
    pub fn fill_block(&self, out: &mut [f64], seed: u64, stream: u64, block: u64) -> Result<(), Refusal> {
        let mut rng = generator(seed, stream, block);
        let wrong = || self.refusal();
        match *self {
            Self::None { value } => out.fill(value),
            Self::Uniform { low, high } => {
                let width = high - low;
                out.fill_with(|| low + width * unit(&mut rng));
            }
            Self::Normal { mean, sd } => {
                draw(out, &mut rng, &Normal::new(mean, sd).map_err(|_| wrong())?);
            }
            Self::StudentT { loc, scale, df } => {
                let student = StudentT::new(df).map_err(|_| wrong())?;
                out.fill_with(|| loc + scale * student.sample(&mut rng));
            }
            Self::Triangular { low, mode, high } => {
                let (left, right) = ((high - low) * (mode - low), (high - low) * (high - mode));
                let turn = if high > low {
                    (mode - low) / (high - low)
                } else {
                    0.0
                };
                out.fill_with(|| match unit(&mut rng) {
                    u if u < turn => low + (u * left).sqrt(),
                    u => high - ((1.0 - u) * right).sqrt(),
                });
            }
            Self::LogNormal { median, log_sd } => {
                draw(
                    out,
                    &mut rng,
                    &LogNormal::new(median.ln(), log_sd).map_err(|_| wrong())?,
                );
            }
            Self::Poisson { rate } => {
                draw(out, &mut rng, &Poisson::new(rate).map_err(|_| wrong())?);
            }
        }
        Ok(())
    }

    /// Refuses parameters that are not finite or contradict each other.
    ///
    /// # Errors
    /// The refusal that [`Spread::fill`] would give.
    pub fn check(&self) -> Result<(), Refusal> {
        let sound = match *self {
            Self::None { value } => value.is_finite(),
            Self::Uniform { low, high } => low <= high && (high - low).is_finite(),
            Self::Normal { mean, sd } => mean.is_finite() && sd.is_finite() && sd >= 0.0,
            Self::StudentT { loc, scale, df } => {
                loc.is_finite() && scale.is_finite() && scale >= 0.0 && df.is_finite() && df > 0.0
            }
            Self::Triangular { low, mode, high } => low <= mode && mode <= high && (high - low).is_finite(),
            Self::LogNormal { median, log_sd } => {
                median.is_finite() && median > 0.0 && log_sd.is_finite() && log_sd >= 0.0
            }
            Self::Poisson { rate } => rate > 0.0 && rate < Poisson::<f64>::MAX_LAMBDA,
        };
        if sound { Ok(()) } else { Err(self.refusal()) }
    }

    fn refusal(&self) -> Refusal {
        Refusal::new(
            "spread",
            format!(
                "ばらつきの指定 {self:?} が成り立ちません。下限≦最頻値≦上限、標準偏差・尺度≧0、自由度・中央値・率>0 にしてください。"
            ),
            format!(
                "The spread {self:?} cannot hold; keep low <= mode <= high, sd and scale >= 0, df, median and rate > 0."
            ),
        )
    }
}

fn draw(out: &mut [f64], rng: &mut Xoshiro256PlusPlus, distribution: &impl Distribution<f64>) {
    out.fill_with(|| distribution.sample(rng));
}

/// Uniform in [0, 1) with 53 random bits.
fn unit(rng: &mut impl Rng) -> f64 {
    rng.random()
}

/// The generator of one block. The three numbers are mixed one after the other (the finaliser of `SplitMix64`), so that neighbouring
/// seeds, streams and blocks start far apart.
pub(crate) fn generator(seed: u64, stream: u64, block: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(mix(mix(mix(seed) ^ stream) ^ block))
}

fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
