//! Tests of metrics: CVSS objects against their schema, their vector and each other, and which kinds of metric are used.

use std::collections::HashSet;

use super::super::cvss::{Vector, severity};
use super::super::json::Json;
use super::super::rules::object;
use super::status::{Group, of_group};
use super::{Advisory, Edition, Metric, Sink, Vulnerability};

const OBJECTS: [&str; 3] = ["cvss_v2", "cvss_v3", "cvss_v4"];

/// Every CVSS object with its path and name.
fn objects<'j>(advisory: &Advisory<'j>) -> Vec<(String, &'static str, &'j Json)> {
    let mut found = Vec::new();
    for vulnerability in advisory.vulnerabilities() {
        for metric in advisory.metrics(&vulnerability) {
            found.extend(of_metric(&metric));
        }
    }
    found
}

fn of_metric<'j>(metric: &Metric<'j>) -> Vec<(String, &'static str, &'j Json)> {
    let names = OBJECTS.iter();
    names
        .filter_map(|name| Some((format!("{}/{name}", metric.at), *name, metric.content.get(name)?)))
        .collect()
}

fn has_cvss(metric: &Metric<'_>) -> bool {
    OBJECTS.iter().any(|name| metric.content.get(name).is_some())
}

fn vector(object: &Json) -> Option<Vector> {
    object.text_at("vectorString").and_then(Vector::parse)
}

/// The URL under which the document says it is found.
fn canonical<'j>(advisory: &Advisory<'j>) -> Option<&'j str> {
    let references = advisory.document.at("references").items().iter();
    let mut own = references.filter(|item| item.text_at("category") == Some("self"));
    own.find_map(|item| {
        item.text_at("url")
            .filter(|url| super::sundry::is_canonical(advisory, url))
    })
}

/// 6.1.7
pub(super) fn repeated(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let own = canonical(advisory);
    for vulnerability in advisory.vulnerabilities() {
        let mut seen = HashSet::new();
        for metric in advisory.metrics(&vulnerability) {
            let source = metric.source.filter(|source| own != Some(*source));
            for (path, name, object) in of_metric(&metric) {
                let version = object.text_at("version").unwrap_or(name);
                for product in &metric.products {
                    if !seen.insert((version, source, *product)) {
                        sink.say(
                            &path,
                            format!("製品「{product}」に CVSS {version} が二つあります。"),
                            format!("product `{product}` has two scores of CVSS {version} from one source"),
                        );
                    }
                }
            }
        }
    }
}

/// 6.1.8
pub(super) fn schema(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = advisory.edition.rules() else {
        return;
    };
    for (path, name, cvss) in objects(advisory) {
        if name == "cvss_v4" && advisory.edition == Edition::V20 {
            continue;
        }
        let found = object::check_at(rules, &name.replace('_', "-"), cvss, &path, sink.most);
        for finding in found {
            sink.say(finding.path, finding.ja, finding.en);
        }
    }
}

/// 6.1.9
pub(super) fn computation(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name, object) in objects(advisory) {
        let Some(text) = object.text_at("vectorString") else {
            continue;
        };
        let Some(vector) = Vector::parse(text) else {
            sink.say(
                format!("{path}/vectorString"),
                "ベクトルから点数を計算できません（指標が足りないか重複しています）。",
                "no score can be computed from this vector: a metric is missing or stands twice",
            );
            continue;
        };
        let scores = [
            ("baseScore", "baseSeverity", vector.base()),
            ("temporalScore", "temporalSeverity", vector.temporal()),
            (
                "environmentalScore",
                "environmentalSeverity",
                vector.environmental(),
            ),
        ];
        for (score, word, computed) in scores {
            let Some(computed) = computed else {
                continue;
            };
            if object
                .at(score)
                .number()
                .is_some_and(|stated| (stated - computed).abs() > 0.001)
            {
                sink.say(
                    format!("{path}/{score}"),
                    format!("ベクトルから計算すると {computed:.1} です。"),
                    format!("the vector gives {computed:.1}"),
                );
            }
            let stated = object.text_at(word).filter(|_| name != "cvss_v2");
            if stated.is_some_and(|stated| stated != severity(computed)) {
                sink.say(
                    format!("{path}/{word}"),
                    format!("点数 {computed:.1} の深刻度は {} です。", severity(computed)),
                    format!("a score of {computed:.1} is {}", severity(computed)),
                );
            }
        }
    }
}

/// Properties of CVSS objects with the metric of the vector that says the same. A word stands in a vector as its first letter, but for
/// those of [`LETTERS`].
const PROPERTIES: &[(&str, &str)] = &[
    ("accessVector", "AV"),
    ("accessComplexity", "AC"),
    ("authentication", "Au"),
    ("exploitability", "E"),
    ("collateralDamagePotential", "CDP"),
    ("targetDistribution", "TD"),
    ("attackVector", "AV"),
    ("attackComplexity", "AC"),
    ("attackRequirements", "AT"),
    ("privilegesRequired", "PR"),
    ("userInteraction", "UI"),
    ("scope", "S"),
    ("confidentialityImpact", "C"),
    ("integrityImpact", "I"),
    ("availabilityImpact", "A"),
    ("exploitCodeMaturity", "E"),
    ("exploitMaturity", "E"),
    ("remediationLevel", "RL"),
    ("reportConfidence", "RC"),
    ("confidentialityRequirement", "CR"),
    ("integrityRequirement", "IR"),
    ("availabilityRequirement", "AR"),
    ("modifiedAttackVector", "MAV"),
    ("modifiedAttackComplexity", "MAC"),
    ("modifiedAttackRequirements", "MAT"),
    ("modifiedPrivilegesRequired", "MPR"),
    ("modifiedUserInteraction", "MUI"),
    ("modifiedScope", "MS"),
    ("modifiedConfidentialityImpact", "MC"),
    ("modifiedIntegrityImpact", "MI"),
    ("modifiedAvailabilityImpact", "MA"),
    ("vulnConfidentialityImpact", "VC"),
    ("vulnIntegrityImpact", "VI"),
    ("vulnAvailabilityImpact", "VA"),
    ("subConfidentialityImpact", "SC"),
    ("subIntegrityImpact", "SI"),
    ("subAvailabilityImpact", "SA"),
    ("modifiedVulnConfidentialityImpact", "MVC"),
    ("modifiedVulnIntegrityImpact", "MVI"),
    ("modifiedVulnAvailabilityImpact", "MVA"),
    ("modifiedSubConfidentialityImpact", "MSC"),
    ("modifiedSubIntegrityImpact", "MSI"),
    ("modifiedSubAvailabilityImpact", "MSA"),
    ("Safety", "S"),
    ("Automatable", "AU"),
    ("Recovery", "R"),
    ("valueDensity", "V"),
    ("vulnerabilityResponseEffort", "RE"),
    ("providerUrgency", "U"),
];

/// Metric, word, and how a vector writes it, where that is not the word's first letter (the first fitting line counts; `*` any metric).
const LETTERS: &[(&str, &str, &str, &str)] = &[
    ("cvss_v2", "*", "NOT_DEFINED", "ND"),
    ("cvss_v2", "E", "PROOF_OF_CONCEPT", "POC"),
    ("cvss_v2", "RL", "OFFICIAL_FIX", "OF"),
    ("cvss_v2", "RL", "TEMPORARY_FIX", "TF"),
    ("cvss_v2", "RC", "UNCONFIRMED", "UC"),
    ("cvss_v2", "RC", "UNCORROBORATED", "UR"),
    ("cvss_v2", "CDP", "LOW_MEDIUM", "LM"),
    ("cvss_v2", "CDP", "MEDIUM_HIGH", "MH"),
    ("cvss_v4", "MSC", "NEGLIGIBLE", "N"),
    ("cvss_v4", "U", "CLEAR", "Clear"),
    ("cvss_v4", "U", "GREEN", "Green"),
    ("cvss_v4", "U", "AMBER", "Amber"),
    ("cvss_v4", "U", "RED", "Red"),
    ("*", "*", "NOT_DEFINED", "X"),
];

fn letter<'w>(name: &str, metric: &str, word: &'w str) -> &'w str {
    let fits = |pattern: &str, value: &str| pattern == "*" || pattern == value;
    let special = LETTERS
        .iter()
        .find(|line| fits(line.0, name) && fits(line.1, metric) && line.2 == word);
    special.map_or(word.get(..1).unwrap_or(word), |line| line.3)
}

/// Properties that are words: name, metric, and the word as a vector writes it.
fn stated<'j>(name: &'static str, object: &'j Json) -> Vec<(&'static str, &'static str, &'j str)> {
    let properties = PROPERTIES.iter();
    properties
        .filter_map(|(property, metric)| {
            let word = object.text_at(property)?;
            Some((*property, *metric, letter(name, metric, word)))
        })
        .collect()
}

/// 6.1.10
pub(super) fn properties(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name, object) in objects(advisory) {
        let Some(vector) = vector(object) else {
            continue;
        };
        for (property, metric, value) in stated(name, object) {
            if vector.get(metric).is_some_and(|written| written != value) {
                sink.say(
                    format!("{path}/{property}"),
                    format!("{property} がベクトルの {metric} と違います。"),
                    format!("{property} contradicts {metric} of the vector"),
                );
            }
        }
    }
}

/// 6.1.56
pub(super) fn with_rating(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let own = canonical(advisory);
    for vulnerability in advisory.vulnerabilities() {
        let metrics = advisory.metrics(&vulnerability);
        let source = |metric: &Metric<'_>| {
            metric
                .source
                .filter(|source| own != Some(source))
                .map(str::to_owned)
        };
        let scored: HashSet<_> = metrics
            .iter()
            .filter(|metric| has_cvss(metric))
            .flat_map(|metric| metric.products.iter().map(|id| (source(metric), *id)))
            .collect();
        for metric in metrics.iter().filter(|metric| is_rating(metric)) {
            for product in &metric.products {
                if scored.contains(&(source(metric), *product)) {
                    sink.say(
                        format!("{}/qualitative_severity_rating", metric.at),
                        format!("製品「{product}」には CVSS もあります。どちらか一方にしてください。"),
                        format!(
                            "product `{product}` has a CVSS score from the same source as well: keep one"
                        ),
                    );
                }
            }
        }
    }
}

fn is_rating(metric: &Metric<'_>) -> bool {
    metric.content.get("qualitative_severity_rating").is_some()
}

/// 6.2.19
pub(super) fn fixed(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for vulnerability in advisory.vulnerabilities() {
        let fixed = of_group(&vulnerability, Group::Fixed);
        for metric in advisory.metrics(&vulnerability) {
            let Some(product) = metric.products.iter().find(|id| fixed.contains(*id)) else {
                continue;
            };
            for (path, name, object) in of_metric(&metric) {
                let merged = vector(object).map(|vector| {
                    let stated = stated(name, object).into_iter();
                    stated.fold(vector, |vector, (_, metric, value)| vector.with(metric, value))
                });
                let stated = object.at("environmentalScore").number();
                let overall = stated.or_else(|| merged.and_then(|vector| vector.environmental()));
                if overall.is_some_and(|score| score > 0.0) {
                    sink.say(
                        path,
                        format!("修正済みの製品「{product}」の点数は 0 になるようにしてください。"),
                        format!("product `{product}` is fixed, so its overall score should be 0"),
                    );
                }
            }
        }
    }
}

/// 6.2.47
pub(super) fn own_rating(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let own = canonical(advisory);
    ratings(advisory, sink, |metric| {
        metric.source.is_none() || metric.source == own
    });
}

/// 6.3.18
pub(super) fn rating(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    ratings(advisory, sink, |_| true);
}

fn ratings(advisory: &Advisory<'_>, sink: &mut Sink<'_>, wanted: impl Fn(&Metric<'_>) -> bool) {
    for vulnerability in advisory.vulnerabilities() {
        for metric in advisory.metrics(&vulnerability) {
            if is_rating(&metric) && wanted(&metric) {
                sink.say(
                    format!("{}/qualitative_severity_rating", metric.at),
                    "段階だけの評価ではなく、CVSS などで評価してください。",
                    "use a metric such as CVSS rather than a qualitative rating",
                );
            }
        }
    }
}

/// 6.3.1
pub(super) fn only_v2(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let others = [
        "cvss_v3",
        "cvss_v4",
        "epss",
        "ssvc_v2",
        "qualitative_severity_rating",
    ];
    for vulnerability in advisory.vulnerabilities() {
        let metrics = advisory.metrics(&vulnerability);
        let also = metrics
            .iter()
            .filter(|metric| others.iter().any(|name| metric.content.get(name).is_some()));
        let covered: HashSet<&str> = also.flat_map(|metric| metric.products.iter().copied()).collect();
        for metric in metrics
            .iter()
            .filter(|metric| metric.content.get("cvss_v2").is_some())
        {
            if let Some(product) = metric.products.iter().find(|id| !covered.contains(*id)) {
                sink.say(
                    &metric.path,
                    format!("製品「{product}」の評価が CVSS 2 だけです。新しい版でも評価してください。"),
                    format!("product `{product}` is scored by CVSS 2 alone: use a current version as well"),
                );
            }
        }
    }
}

/// 6.3.2
pub(super) fn v3_0(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    for (path, name, object) in objects(advisory) {
        let old = object.text_at("version") == Some("3.0")
            || object
                .text_at("vectorString")
                .is_some_and(|text| text.starts_with("CVSS:3.0"));
        if name == "cvss_v3" && old {
            sink.say(
                format!("{path}/version"),
                "CVSS 3.0 ではなく 3.1 で評価してください。",
                "use CVSS 3.1 rather than 3.0",
            );
        }
    }
}

/// 6.3.12
pub(super) fn no_v4(advisory: &Advisory<'_>, sink: &mut Sink<'_>) {
    let say = |sink: &mut Sink<'_>, path: String| {
        sink.say(
            path,
            "CVSS 4.0 の評価がありません。",
            "there is no CVSS 4.0 score",
        );
    };
    for vulnerability in advisory.vulnerabilities() {
        let metrics = advisory.metrics(&vulnerability);
        for metric in metrics.iter().filter(|metric| has_cvss(metric)) {
            if metric.content.get("cvss_v4").is_none() {
                say(sink, metric.at.clone());
            }
        }
        for product in affected_uncovered(&vulnerability, &metrics) {
            sink.say(
                format!("{}/product_status", vulnerability.path),
                format!("影響を受ける製品「{product}」に CVSS の評価がありません。"),
                format!("the affected product `{product}` has no CVSS score"),
            );
        }
    }
}

fn affected_uncovered<'j>(vulnerability: &Vulnerability<'j>, metrics: &[Metric<'j>]) -> Vec<&'j str> {
    let scored = metrics.iter().filter(|metric| has_cvss(metric));
    let scored: HashSet<&str> = scored
        .flat_map(|metric| metric.products.iter().copied())
        .collect();
    let affected = of_group(vulnerability, Group::Affected).into_iter();
    affected.filter(|id| !scored.contains(id)).collect()
}
