//! The functions that a formula may call, with their arities. One row here, one arm in `check`, one in `eval`, and one in `program`
//! if it can be simulated, is all that a function is.

/// A built-in function. The meaning of each is in the crate's README.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "each is documented, with its arguments, in the README's table"
)]
pub enum Function {
    Abs,
    Min,
    Max,
    Round,
    Sqrt,
    Cagr,
    Project,
    Line,
    Fx,
    Years,
    AsFy,
    AsCy,
    Share,
    PerCapita,
    Last,
    First,
    Latest,
    Sum,
    Count,
    Mean,
    Median,
    Quantile,
    RatioTotal,
    Yoy,
    MovingTotal,
    Start,
    End,
    Printed,
    Path,
    Recorded,
    Sources,
    Period,
}

/// Name, function, least and most arguments.
const TABLE: &[(&str, Function, usize, usize)] = &[
    ("abs", Function::Abs, 1, 1),
    ("min", Function::Min, 1, 64),
    ("max", Function::Max, 1, 64),
    ("round", Function::Round, 2, 2),
    ("sqrt", Function::Sqrt, 1, 1),
    ("cagr", Function::Cagr, 4, 4),
    ("project", Function::Project, 4, 4),
    ("line", Function::Line, 5, 5),
    ("fx", Function::Fx, 2, 2),
    ("years", Function::Years, 2, 2),
    ("as_fy", Function::AsFy, 1, 1),
    ("as_cy", Function::AsCy, 1, 1),
    ("share", Function::Share, 2, 2),
    ("per_capita", Function::PerCapita, 2, 2),
    ("last", Function::Last, 1, 2),
    ("first", Function::First, 1, 1),
    ("latest", Function::Latest, 1, 1),
    ("sum", Function::Sum, 1, 3),
    ("count", Function::Count, 1, 3),
    ("mean", Function::Mean, 1, 3),
    ("median", Function::Median, 1, 3),
    ("quantile", Function::Quantile, 2, 4),
    ("ratio_total", Function::RatioTotal, 3, 3),
    ("yoy", Function::Yoy, 2, 2),
    ("moving_total", Function::MovingTotal, 3, 3),
    ("start", Function::Start, 1, 1),
    ("end", Function::End, 1, 1),
    ("printed", Function::Printed, 1, 2),
    ("path", Function::Path, 1, 2),
    ("recorded", Function::Recorded, 1, 2),
    ("sources", Function::Sources, 1, 2),
    ("period", Function::Period, 1, 2),
];

impl Function {
    /// The function of this name.
    pub fn find(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.0 == name).map(|row| row.1)
    }

    /// Its name in a formula.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Least and most arguments.
    pub fn arity(self) -> (usize, usize) {
        (self.row().2, self.row().3)
    }

    /// All names, for hints.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|row| row.0)
    }

    /// May `where` follow its arguments, because it aggregates the rows of a table?
    pub fn filters(self) -> bool {
        matches!(
            self,
            Self::Sum | Self::Count | Self::Mean | Self::Median | Self::Quantile | Self::RatioTotal
        )
    }

    /// Does it ask *about* its first argument (a name, or an observation `s[P]`) rather than for its value?
    pub fn refers(self) -> bool {
        matches!(
            self,
            Self::Printed | Self::Path | Self::Recorded | Self::Sources | Self::Period
        )
    }

    fn row(self) -> &'static (&'static str, Self, usize, usize) {
        // The table is in the order of the enum; the test below holds it to that.
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::TABLE;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.1 as usize, index, "{}", row.0);
        }
    }
}
