//! What a record says of products by a CPE name, and the package that a component's own CPE name is: its name without the version, and the version.
//! A vendor or product that only wild cards match is a question to a person, and so is a component that is named more loosely than the record
//! asks; neither is ever a finding, nor "not affected".

use vocab::Refusal;

use super::{Attribute, Cpe, Relation, Value};
use crate::osv::Affected;
use crate::range::{Hit, Miss, Rule};
use crate::version::Order;

/// What a record says by a name.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    name: Result<Cpe, Refusal>,
    /// The versions, where the record tells them beside the name or the name tells a single one.
    versions: Option<Rule>,
}

/// The key of names that leave their product open.
pub(crate) const WIDE: &str = "*";

/// Under what products of a name are looked up: their product, or [`WIDE`]. What is no name is its own key.
pub(crate) fn key(name: &str) -> String {
    let Ok(cpe) = Cpe::parse(name) else {
        return name.to_lowercase();
    };
    match cpe.get(Attribute::Product) {
        Value::Text(text) if text.is_wild() => WIDE.to_owned(),
        product => product.to_string(),
    }
}

/// The name without its version, and the version, of a component's CPE name; the given version counts if the name has none.
///
/// # Errors
///
/// `bad_cpe`, `wild_cpe` if it names no single product, `no_version`.
pub(crate) fn of_component(text: &str, version: Option<&str>) -> Result<(String, String), Refusal> {
    let cpe = Cpe::parse(text)?;
    let product = cpe.get(Attribute::Product);
    product.exact().ok_or_else(|| no_product(&cpe))?;
    let given = || {
        version
            .map(str::to_lowercase)
            .filter(|version| !version.is_empty())
    };
    let version = match cpe.get(Attribute::Version) {
        Value::NotApplicable => given().or_else(|| Some("-".to_owned())),
        Value::Any => given(),
        Value::Text(text) if text.is_wild() => given(),
        Value::Text(text) => Some(text.literal.to_string()),
    };
    let version = version.ok_or_else(crate::matching::no_version)?;
    Ok((cpe.with(Attribute::Version, Value::Any).to_string(), version))
}

impl Named {
    pub fn new(affected: &Affected, name: &str) -> Self {
        let name = Cpe::parse(name);
        let version = name.as_ref().ok().map(|name| name.get(Attribute::Version));
        let order = Ok(Order::Generic);
        let (ranges, listed) = (&affected.ranges, &affected.versions);
        let versions = match version {
            Some(Value::Text(text)) if text.is_wild() => None,
            Some(Value::Text(text)) => Some(Rule::new(order, &[], &[text.literal.to_string()])),
            _ if ranges.is_empty() && listed.is_empty() => None,
            _ => Some(Rule::new(order, ranges, listed)),
        };
        Self { name, versions }
    }

    /// Whether it leaves open which product it names.
    pub fn is_wide(&self) -> bool {
        let product = |name: &Cpe| name.get(Attribute::Product).exact().is_none();
        self.name.as_ref().is_ok_and(product)
    }

    /// Whether a package that a CPE name is is affected, and why.
    ///
    /// # Errors
    ///
    /// What cannot be assessed: a name that only wild cards match or that says too little, or the version.
    pub fn assess(&self, name: &str, version: &str) -> Result<Result<Hit, Vec<Miss>>, Refusal> {
        let said = self.name.as_ref().map_err(Clone::clone)?;
        let own = Cpe::parse(name)?.with(Attribute::Version, Value::plain(version));
        let mut vague = false;
        for attribute in Attribute::ALL {
            let version = attribute == Attribute::Version;
            match said.get(attribute).relation(own.get(attribute)) {
                _ if version && self.versions.is_some() => {}
                // That it has no version says nothing of one that has.
                Relation::Disjoint if version && *said.get(attribute) == Value::NotApplicable => vague = true,
                Relation::Disjoint => return Ok(Err(vec![Miss::Named(said.to_string())])),
                Relation::Subset | Relation::Undefined => vague = true,
                Relation::Superset | Relation::Equal => {}
            }
        }
        let listed = self.versions.as_ref().map(|rule| rule.assess(version));
        let listed = match listed.transpose()? {
            Some(Err(misses)) => return Ok(Err(misses)),
            Some(Ok(hit)) => Some(Box::new(hit)),
            None => None,
        };
        if !said.is_told() || !own.is_told() {
            return Err(wild(said, &own));
        }
        if vague {
            return Err(vaguer(said, &own));
        }
        Ok(Ok(Hit::Named {
            name: said.to_string(),
            version: listed,
        }))
    }
}

fn no_product(cpe: &Cpe) -> Refusal {
    Refusal::new(
        "wild_cpe",
        format!(
            "CPE 名「{cpe}」は製品を一つに定めていません。SBOM に製品名まで書いた CPE 名か purl を書いてください。"
        ),
        format!(
            "the CPE name `{cpe}` names no single product. Write a CPE name with the product, or a purl, in the SBOM."
        ),
    )
}

fn wild(said: &Cpe, own: &Cpe) -> Refusal {
    Refusal::new(
        "wild_cpe",
        format!(
            "ベンダーか製品がワイルドカードでしか一致しません（記録の CPE 名 {said}、部品の CPE 名 {own}）。人が確かめてください。"
        ),
        format!(
            "vendor or product match by wild cards alone (`{said}` in the record, `{own}` the component). A person must look at it."
        ),
    )
}

fn vaguer(said: &Cpe, own: &Cpe) -> Refusal {
    Refusal::new(
        "vague_cpe",
        format!(
            "部品の CPE 名 {own} は記録の CPE 名 {said} ほど詳しくなく、該当するか判定できません。人が確かめてください。"
        ),
        format!(
            "the component's CPE name `{own}` says less than the record's `{said}` asks. A person must look at it."
        ),
    )
}
