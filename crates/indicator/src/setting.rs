//! Reads what a reader sets: `growth=5%`, `sales_large_firms[FY2024]=8兆円`, `kgi1.base=10兆円`.

use plan::{Input, Key, resolve};
use vocab::{Lang, Quantity, Refusal, Unit};

use crate::engine::{Engine, Settings};

impl Engine<'_> {
    /// Reads settings for an indicator: pairs of a name and a value. A name is a step or assumption of the indicator, of another
    /// one (`kgi1.base`), an observation (`series[FY2024]`), or a series that has one observation only. A value without a unit is
    /// in the unit in which the input is shown.
    ///
    /// # Errors
    /// A refusal that names the pair: unknown name, several observations to choose from, unreadable value, or another dimension.
    pub fn settings_for<'a>(
        &self,
        indicator: &str,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Settings, Refusal> {
        let mut settings = self.settings().clone();
        for (name, value) in pairs {
            let input = self.input(indicator, name.trim())?;
            let unit = self.unit_of(&input).ok_or_else(|| unknown(name))?;
            settings.set(input, quantity(name, value, &unit)?);
        }
        Ok(settings)
    }

    /// The unit in which an input is shown.
    pub fn unit_of(&self, input: &Input) -> Option<Unit> {
        match input {
            Input::Named { indicator, name } => {
                let indicator = self.plan().indicator(indicator)?;
                let step = indicator.step(name).map(|step| step.unit.clone());
                step.or_else(|| {
                    indicator
                        .assumption(name)
                        .map(|assumption| assumption.unit.clone())
                })
            }
            Input::Observed { series, .. } => {
                self.plan().series.get(series).map(|series| series.unit.clone())
            }
        }
    }

    fn input(&self, indicator: &str, name: &str) -> Result<Input, Refusal> {
        let Some(input) = Input::parse(name, Some(indicator)) else {
            return Err(unknown(name));
        };
        match &input {
            Input::Observed { series, period } if self.observation(series, *period).is_none() => {
                Err(self.several(series, name))
            }
            Input::Named {
                indicator: _,
                name: plain,
            } if !name.contains('.') => match resolve(self.plan(), Some(indicator), plain) {
                Some(Key::Series(series)) => {
                    let seen: Vec<_> = self.observations(&series).map(|seen| seen.period).collect();
                    match seen[..] {
                        [period] => Ok(Input::Observed { series, period }),
                        _ => Err(self.several(&series, name)),
                    }
                }
                Some(Key::Assumption { .. }) => Ok(input),
                Some(Key::Formula(node)) if node.step.is_some() => Ok(input),
                _ => Err(unknown(name)),
            },
            _ if self.unit_of(&input).is_none() => Err(unknown(name)),
            _ => Ok(input),
        }
    }

    fn several(&self, series: &str, name: &str) -> Refusal {
        let list: Vec<_> = self
            .observations(series)
            .map(|seen| format!("{series}[{}]", seen.period))
            .collect();
        let list = list.join(", ");
        Refusal::new(
            "which-observation",
            format!("「{name}」がどの観測値か決まりません。次のどれかを書いてください: {list}"),
            format!("`{name}` does not name one observation. Write one of: {list}"),
        )
    }

    /// The name of an input for readers.
    pub fn title_of(&self, input: &Input, lang: Lang) -> String {
        match input {
            Input::Named { indicator, name } => {
                let found = self.plan().indicator(indicator);
                let step = found.and_then(|found| found.step(name)).map(|step| &step.title);
                let title = step.or_else(|| {
                    found
                        .and_then(|found| found.assumption(name))
                        .map(|one| &one.title)
                });
                title.map_or_else(|| input.to_string(), |title| title.get(lang).into())
            }
            Input::Observed { series, period } => {
                let title = self
                    .plan()
                    .series
                    .get(series)
                    .map_or(series.as_str(), |series| series.title.get(lang));
                match lang {
                    Lang::Ja => format!("{title}（{}）", period.label(lang)),
                    Lang::En => format!("{title} ({})", period.label(lang)),
                }
            }
        }
    }
}

fn quantity(name: &str, text: &str, unit: &Unit) -> Result<Quantity, Refusal> {
    let quantity: Quantity = text.trim().parse().map_err(|_| {
        Refusal::new(
            "bad-value",
            format!("「{name}」の値「{text}」を数として読めません。例のように書いてください: 5{unit}"),
            format!("the value `{text}` of `{name}` is not a number. Write it like 5{unit}"),
        )
    })?;
    if quantity.unit().is_plain() && !unit.is_plain() {
        return Ok(Quantity::new(quantity.number(), unit.clone()));
    }
    // A share given as a plain per cent stands for a rate where the input is one: 5% for 5%/年.
    let yearly = unit.dim() == Unit::percent_a_year().dim() && quantity.dim().is_none();
    if yearly {
        return Ok(Quantity::from_base(quantity.number().clone(), unit.clone()));
    }
    quantity.shown_in(unit).map_err(|_| {
        Refusal::new(
            "unit-clash",
            format!("「{name}」の値「{text}」は単位が合いません。{unit} で書いてください。"),
            format!("the value `{text}` of `{name}` has another kind of unit. Write it in {unit}."),
        )
    })
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(
        "unknown-name",
        format!(
            "「{name}」という手順・仮定・観測値はありません。指標のページの「前提を動かす」にある名前を使ってください。"
        ),
        format!(
            "there is no step, assumption or observation `{name}`. Use a name listed on the indicator's page."
        ),
    )
}
