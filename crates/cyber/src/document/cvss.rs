//! CVSS vectors of versions 2, 3.0, 3.1 and 4.0 and their scores, by the formulas of the specifications. Version 4 is scored by the
//! `cvss` crate, which carries its table of equivalence sets. Scores are what a document says of itself; this only recomputes them.

use std::collections::BTreeMap;

/// A vector: its version and metrics by their abbreviations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vector {
    version: &'static str,
    metrics: BTreeMap<String, String>,
}

impl Vector {
    /// Parses a vector; nothing if its version is unknown, a metric stands twice, or a base metric is missing.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (version, rest) = match text.split_once('/') {
            Some(("CVSS:3.0", rest)) => ("3.0", rest),
            Some(("CVSS:3.1", rest)) => ("3.1", rest),
            Some(("CVSS:4.0", rest)) => ("4.0", rest),
            Some((prefix, _)) if prefix.starts_with("CVSS:") => return None,
            _ => ("2.0", text),
        };
        let mut metrics = BTreeMap::new();
        for part in rest.split('/') {
            let (name, value) = part.split_once(':')?;
            if metrics.insert(name.to_owned(), value.to_owned()).is_some() {
                return None;
            }
        }
        let vector = Self { version, metrics };
        let base: &[&str] = match version {
            "2.0" => &["AV", "AC", "Au", "C", "I", "A"],
            "4.0" => &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"],
            _ => &["AV", "AC", "PR", "UI", "S", "C", "I", "A"],
        };
        base.iter()
            .all(|name| vector.metrics.contains_key(*name))
            .then_some(vector)
    }

    /// `2.0`, `3.0`, `3.1` or `4.0`.
    pub(crate) const fn version(&self) -> &'static str {
        self.version
    }

    /// The value of a metric, if the vector has it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.metrics.get(name).map(String::as_str)
    }

    /// The vector with one metric set.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.metrics.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Score of the base metrics; of version 4 that of the whole vector, as it knows one score alone.
    pub(crate) fn base(&self) -> Option<f64> {
        match self.version {
            "2.0" => self.v2_base(None),
            "4.0" => self.v4(),
            _ => self.v3(false).map(|score| self.up(score)),
        }
    }

    /// Score with temporal metrics (versions 2 and 3).
    pub(crate) fn temporal(&self) -> Option<f64> {
        match self.version {
            "2.0" => Some(tenth(self.base()? * self.v2_temporal()?)),
            "4.0" => None,
            _ => Some(self.up(self.base()? * self.v3_temporal()?)),
        }
    }

    /// Score with environmental metrics (versions 2 and 3); of version 4 that of the whole vector.
    pub(crate) fn environmental(&self) -> Option<f64> {
        match self.version {
            "2.0" => self.v2_environmental(),
            "4.0" => self.v4(),
            _ => Some(self.up(self.up(self.v3(true)?) * self.v3_temporal()?)),
        }
    }

    fn value(&self, name: &str, default: &str, table: &[(&str, f64)]) -> Option<f64> {
        let value = self.get(name).unwrap_or(default);
        let found = table.iter().find(|(key, _)| *key == value);
        found.map(|(_, number)| *number)
    }

    fn v2_base(&self, adjusted: Option<f64>) -> Option<f64> {
        const IMPACT: &[(&str, f64)] = &[("N", 0.0), ("P", 0.275), ("C", 0.66)];
        let impact = match adjusted {
            Some(impact) => impact,
            None => {
                let part = |name| self.value(name, "", IMPACT);
                10.41 * (1.0 - (1.0 - part("C")?) * (1.0 - part("I")?) * (1.0 - part("A")?))
            }
        };
        let exploitability = 20.0
            * self.value("AV", "", &[("L", 0.395), ("A", 0.646), ("N", 1.0)])?
            * self.value("AC", "", &[("H", 0.35), ("M", 0.61), ("L", 0.71)])?
            * self.value("Au", "", &[("M", 0.45), ("S", 0.56), ("N", 0.704)])?;
        let factor = if impact == 0.0 { 0.0 } else { 1.176 };
        Some(tenth((0.6 * impact + 0.4 * exploitability - 1.5) * factor))
    }

    fn v2_temporal(&self) -> Option<f64> {
        let e = [("U", 0.85), ("POC", 0.9), ("F", 0.95), ("H", 1.0), ("ND", 1.0)];
        let rl = [("OF", 0.87), ("TF", 0.9), ("W", 0.95), ("U", 1.0), ("ND", 1.0)];
        let rc = [("UC", 0.9), ("UR", 0.95), ("C", 1.0), ("ND", 1.0)];
        Some(self.value("E", "ND", &e)? * self.value("RL", "ND", &rl)? * self.value("RC", "ND", &rc)?)
    }

    fn v2_environmental(&self) -> Option<f64> {
        const IMPACT: &[(&str, f64)] = &[("N", 0.0), ("P", 0.275), ("C", 0.66)];
        const NEED: &[(&str, f64)] = &[("L", 0.5), ("M", 1.0), ("H", 1.51), ("ND", 1.0)];
        let part = |name, need| Some(1.0 - self.value(name, "", IMPACT)? * self.value(need, "ND", NEED)?);
        let impact = 10.41 * (1.0 - part("C", "CR")? * part("I", "IR")? * part("A", "AR")?);
        let temporal = tenth(self.v2_base(Some(impact.min(10.0)))? * self.v2_temporal()?);
        let cdp = [
            ("N", 0.0),
            ("L", 0.1),
            ("LM", 0.3),
            ("MH", 0.4),
            ("H", 0.5),
            ("ND", 0.0),
        ];
        let td = [("N", 0.0), ("L", 0.25), ("M", 0.75), ("H", 1.0), ("ND", 1.0)];
        let damage = (10.0 - temporal) * self.value("CDP", "ND", &cdp)?;
        Some(tenth((temporal + damage) * self.value("TD", "ND", &td)?))
    }

    /// Impact and exploitability together, not yet rounded; with modified metrics and requirements if asked.
    fn v3(&self, modified: bool) -> Option<f64> {
        const IMPACT: &[(&str, f64)] = &[("N", 0.0), ("L", 0.22), ("H", 0.56)];
        const NEED: &[(&str, f64)] = &[("X", 1.0), ("L", 0.5), ("M", 1.0), ("H", 1.5)];
        let letter = |name: &str| {
            let changed = modified.then(|| self.get(&format!("M{name}"))).flatten();
            changed.filter(|value| *value != "X").or_else(|| self.get(name))
        };
        let look = |name: &str, table: &[(&str, f64)]| {
            let value = letter(name)?;
            let found = table.iter().find(|(key, _)| *key == value);
            found.map(|(_, number)| *number)
        };
        let part = |name: &str, need: &str| {
            let need = if modified {
                self.value(need, "X", NEED)?
            } else {
                1.0
            };
            Some(1.0 - look(name, IMPACT)? * need)
        };
        let changed = letter("S")? == "C";
        let mut iss = 1.0 - part("C", "CR")? * part("I", "IR")? * part("A", "AR")?;
        if modified {
            iss = iss.min(0.915);
        }
        let impact = match (changed, modified && self.version == "3.1") {
            (false, _) => 6.42 * iss,
            (true, false) => 7.52 * (iss - 0.029) - 3.25 * (iss - 0.02).powi(15),
            (true, true) => 7.52 * (iss - 0.029) - 3.25 * (iss * 0.9731 - 0.02).powi(13),
        };
        let low = if changed { 0.68 } else { 0.62 };
        let high = if changed { 0.5 } else { 0.27 };
        let exploitability = 8.22
            * look("AV", &[("N", 0.85), ("A", 0.62), ("L", 0.55), ("P", 0.2)])?
            * look("AC", &[("L", 0.77), ("H", 0.44)])?
            * look("PR", &[("N", 0.85), ("L", low), ("H", high)])?
            * look("UI", &[("N", 0.85), ("R", 0.62)])?;
        let sum = if changed {
            1.08 * (impact + exploitability)
        } else {
            impact + exploitability
        };
        Some(if impact <= 0.0 { 0.0 } else { sum.min(10.0) })
    }

    fn v3_temporal(&self) -> Option<f64> {
        let e = [("X", 1.0), ("H", 1.0), ("F", 0.97), ("P", 0.94), ("U", 0.91)];
        let rl = [("X", 1.0), ("U", 1.0), ("W", 0.97), ("T", 0.96), ("O", 0.95)];
        let rc = [("X", 1.0), ("C", 1.0), ("R", 0.96), ("U", 0.92)];
        Some(self.value("E", "X", &e)? * self.value("RL", "X", &rl)? * self.value("RC", "X", &rc)?)
    }

    /// The next tenth upwards: 3.1 in whole numbers, so that no error of floating point lifts a score.
    fn up(&self, score: f64) -> f64 {
        if self.version == "3.0" {
            return (score * 10.0).ceil() / 10.0;
        }
        let whole = (score * 100_000.0).round();
        if whole % 10_000.0 == 0.0 {
            whole / 100_000.0
        } else {
            ((whole / 10_000.0).floor() + 1.0) / 10.0
        }
    }

    fn v4(&self) -> Option<f64> {
        const ORDER: [&str; 32] = [
            "AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA", "E", "CR", "IR", "AR", "MAV",
            "MAC", "MAT", "MPR", "MUI", "MVC", "MVI", "MVA", "MSC", "MSI", "MSA", "S", "AU", "R", "V", "RE",
            "U",
        ];
        let metrics = ORDER
            .iter()
            .filter_map(|name| Some(format!("/{name}:{}", self.get(name)?)));
        let text = format!("CVSS:4.0{}", metrics.collect::<String>());
        let vector: cvss::v4::Vector = text.parse().ok()?;
        Some(vector.score().value())
    }
}

fn tenth(score: f64) -> f64 {
    (score * 10.0).round() / 10.0
}

/// The severity that a score stands for (versions 3 and 4).
pub(crate) fn severity(score: f64) -> &'static str {
    match score {
        score if score < 0.05 => "NONE",
        score if score < 3.95 => "LOW",
        score if score < 6.95 => "MEDIUM",
        score if score < 8.95 => "HIGH",
        _ => "CRITICAL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors with base, temporal and environmental score, from the specifications' own examples and calculators.
    #[test]
    fn scores() {
        let cases = [
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8, 7.8, 7.8),
            (
                "AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H",
                7.8,
                6.4,
                9.2,
            ),
            (
                "AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:L",
                10.0,
                8.3,
                9.0,
            ),
            (
                "AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:M",
                6.2,
                4.9,
                7.5,
            ),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, 9.8, 9.8),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, 10.0, 10.0),
            ("CVSS:3.1/AV:L/AC:L/PR:H/UI:R/S:U/C:H/I:H/A:H", 6.5, 6.5, 6.5),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, 6.1, 6.1),
            (
                "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O/RC:C/MC:N/MI:N/MA:N",
                9.8,
                8.8,
                0.0,
            ),
        ];
        for (text, base, temporal, environmental) in cases {
            let vector = Vector::parse(text).unwrap();
            let close = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-9;
            assert!(close(vector.base(), base), "{text} base {:?}", vector.base());
            assert!(
                close(vector.temporal(), temporal),
                "{text} temporal {:?}",
                vector.temporal()
            );
            assert!(
                close(vector.environmental(), environmental),
                "{text} environmental {:?}",
                vector.environmental()
            );
        }
        let four = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:P";
        assert!((Vector::parse(four).unwrap().base().unwrap() - 9.3).abs() < 1e-9);
    }

    /// Each vector of version 3 scores as the `cvss` crate has it.
    #[test]
    fn every_base_vector_of_version_3() {
        for minor in ["3.0", "3.1"] {
            for av in "NALP".chars() {
                for (ac, pr) in "LH".chars().flat_map(|ac| "NLH".chars().map(move |pr| (ac, pr))) {
                    for (ui, s) in [('N', 'U'), ('R', 'U'), ('N', 'C'), ('R', 'C')] {
                        for (c, i, a) in ["NNN", "LNN", "NLH", "HLN", "HHH", "LLL"].map(|t| {
                            let mut t = t.chars();
                            (t.next().unwrap(), t.next().unwrap(), t.next().unwrap())
                        }) {
                            let text = format!(
                                "CVSS:{minor}/AV:{av}/AC:{ac}/PR:{pr}/UI:{ui}/S:{s}/C:{c}/I:{i}/A:{a}"
                            );
                            let other: cvss::v3::Vector = text.parse().unwrap();
                            let ours = Vector::parse(&text).unwrap().base().unwrap();
                            assert!((ours - other.score().value()).abs() < 1e-9, "{text}: {ours}");
                        }
                    }
                }
            }
        }
    }
}
