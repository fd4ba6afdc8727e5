//! What a provider of CSAF 2.0 publishes (OASIS CSAF 2.0, sections 3, 5.1 and 7): advisories, and the files by which a tree of them is found and followed. It
//! writes values and texts; where they are served, and that the same advisory always gives the same bytes, is the caller's business.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::alias::is_cve;
use crate::document::Status;
use crate::document::cvss::{Vector, severity};

/// The program's name in every document.
pub(crate) const ENGINE: &str = "Rashin";

/// Who publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// Its name.
    pub name: String,
    /// The address of its site, without a slash at its end.
    pub namespace: String,
}

/// What is published of a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advisory {
    /// The publisher's number of it.
    pub id: String,
    /// Its title.
    pub title: String,
    /// CVE numbers and other names.
    pub names: Vec<String>,
    /// What may happen.
    pub summary: String,
    /// What is to be done; empty where nothing is said.
    pub action: String,
    /// Whom to thank; empty for nobody.
    pub credit: String,
    /// A CVSS vector; what cannot be read as one, or is of a version that CSAF 2.0 has no place for, is left out.
    pub vector: String,
    /// What it concerns.
    pub products: Vec<Product>,
    /// When it was published, and each time that it was changed, in order; never empty.
    pub revisions: Vec<Timestamp>,
    /// The page on which people read it.
    pub page: String,
}

/// A product in one version, or in a range of versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Who makes it.
    pub maker: String,
    /// Its brand name.
    pub name: String,
    /// The version, or words for a range of them.
    pub version: String,
    /// Whether it is affected.
    pub status: Status,
    /// Its GTIN; empty where none is known.
    pub code: String,
    /// What else is said of it.
    pub remark: String,
}

impl Advisory {
    /// When it was first published.
    pub fn first(&self) -> Timestamp {
        self.revisions.first().copied().unwrap_or_default()
    }

    /// When it was last changed.
    pub fn last(&self) -> Timestamp {
        self.revisions.last().copied().unwrap_or_default()
    }

    /// The name of its file, by section 5.1.
    pub fn file_name(&self) -> String {
        let mut name = String::new();
        for letter in self.id.to_lowercase().chars() {
            let plain =
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || ['+', '-'].contains(&letter);
            match (plain, name.ends_with('_')) {
                (true, _) => name.push(letter),
                (false, false) => name.push('_'),
                (false, true) => {}
            }
        }
        name + ".json"
    }

    /// Where its file is within the tree: below the year of its first publication.
    pub fn path(&self) -> String {
        format!("{}/{}", self.first().strftime("%Y"), self.file_name())
    }

    /// The document, of the profile `csaf_security_advisory`. `folder` is the address of the tree, without a slash at its end; `version` is that of the
    /// program.
    pub fn document(&self, publisher: &Publisher, folder: &str, version: &str) -> Value {
        let products = self.distinct();
        let mut document = json!({
            "category": "csaf_security_advisory",
            "csaf_version": "2.0",
            "distribution": { "tlp": { "label": "WHITE", "url": "https://www.first.org/tlp/" } },
            "lang": "ja",
            "notes": [{ "category": "summary", "text": self.summary, "title": "概要" }],
            "publisher": publisher.json(),
            "references": [
                { "category": "self", "summary": "この文書", "url": format!("{folder}/{}", self.path()) },
                { "category": "self", "summary": "公表のページ", "url": self.page },
            ],
            "title": self.title,
            "tracking": self.tracking(version),
        });
        if !self.credit.is_empty() {
            document["acknowledgments"] = json!([{ "names": [self.credit] }]);
        }
        json!({
            "document": document,
            "product_tree": { "branches": tree(&products) },
            "vulnerabilities": self.vulnerabilities(publisher, &products),
        })
    }

    fn tracking(&self, version: &str) -> Value {
        let history = self.revisions.iter().zip(1..).map(|(at, number)| {
            json!({
                "date": at.to_string(),
                "number": number.to_string(),
                "summary": if number == 1 { "初版" } else { "内容を更新" },
            })
        });
        json!({
            "current_release_date": self.last().to_string(),
            "generator": { "engine": { "name": ENGINE, "version": version } },
            "id": self.id,
            "initial_release_date": self.first().to_string(),
            "revision_history": history.collect::<Vec<_>>(),
            "status": "final",
            "version": self.revisions.len().to_string(),
        })
    }

    /// One for each CVE number; one without where there is none.
    fn vulnerabilities(&self, publisher: &Publisher, products: &[Distinct<'_>]) -> Vec<Value> {
        let (cves, others): (Vec<_>, Vec<_>) = self.names.iter().partition(|name| is_cve(name));
        let mut ids = vec![json!({ "system_name": publisher.namespace, "text": self.id })];
        for name in others {
            let system = name.split('-').next().unwrap_or(name);
            ids.push(json!({ "system_name": system, "text": name }));
        }
        let mut all = self.vulnerability(products);
        all.insert("ids".into(), ids.into());
        if cves.is_empty() {
            return vec![all.into()];
        }
        let of = |cve: &String| {
            let mut one = all.clone();
            one.insert("cve".into(), cve.as_str().into());
            Value::Object(one)
        };
        cves.into_iter().map(of).collect()
    }

    fn vulnerability(&self, products: &[Distinct<'_>]) -> Map<String, Value> {
        let of = |status: Status| -> Vec<&str> {
            let those = products.iter().filter(|product| product.status == status);
            those.map(|product| product.id.as_str()).collect()
        };
        let mut lists = Map::new();
        for (name, status) in [
            ("fixed", Status::Fixed),
            ("known_affected", Status::Affected),
            ("known_not_affected", Status::NotAffected),
            ("under_investigation", Status::UnderInvestigation),
        ] {
            let ids = of(status);
            if !ids.is_empty() {
                lists.insert(name.into(), json!(ids));
            }
        }
        let mut notes = vec![json!({ "category": "description", "text": self.summary, "title": "概要" })];
        let mut threats = vec![];
        for product in products.iter().filter(|product| !product.remark.is_empty()) {
            if product.status == Status::NotAffected {
                threats.push(
                    json!({ "category": "impact", "details": product.remark, "product_ids": [product.id] }),
                );
            } else {
                let text = format!("{}: {}", product.full_name(), product.remark);
                notes.push(json!({ "category": "details", "text": text, "title": "製品ごとの備考" }));
            }
        }
        let mut all = Map::new();
        all.insert("notes".into(), notes.into());
        all.insert("product_status".into(), lists.into());
        all.insert("title".into(), self.title.clone().into());
        if !threats.is_empty() {
            all.insert("threats".into(), threats.into());
        }
        let touched = [of(Status::Affected), of(Status::UnderInvestigation)].concat();
        if !self.action.is_empty() && !touched.is_empty() {
            let remedy = json!({ "category": "mitigation", "details": self.action, "product_ids": touched });
            all.insert("remediations".into(), json!([remedy]));
        }
        let affected = of(Status::Affected);
        if let Some((version, score)) = score(&self.vector).filter(|_| !affected.is_empty()) {
            all.insert("scores".into(), json!([{ version: score, "products": affected }]));
        }
        all
    }

    /// Each product in each version once, with the status that asks for most care.
    fn distinct(&self) -> Vec<Distinct<'_>> {
        let mut all: Vec<Distinct<'_>> = vec![];
        for product in &self.products {
            let same = all.iter_mut().find(|one| {
                (one.maker, one.name, one.version) == (&*product.maker, &*product.name, &*product.version)
            });
            match same {
                Some(one) => one.status = one.status.graver(product.status),
                None => all.push(Distinct {
                    id: format!("CSAFPID-{:04}", all.len() + 1),
                    maker: &product.maker,
                    name: &product.name,
                    version: &product.version,
                    status: product.status,
                    code: &product.code,
                    remark: &product.remark,
                }),
            }
        }
        all
    }
}

impl Publisher {
    pub(crate) fn json(&self) -> Value {
        json!({ "category": "coordinator", "name": self.name, "namespace": self.namespace })
    }

    /// `provider-metadata.json`: what is published where, by section 7.1.8. `address` is its own; `last` when something last changed.
    pub fn metadata(&self, address: &str, folder: &str, last: Timestamp) -> Value {
        json!({
            "canonical_url": address,
            "distributions": [{ "directory_url": format!("{folder}/") }],
            "last_updated": last.to_string(),
            "list_on_CSAF_aggregators": true,
            "metadata_version": "2.0",
            "mirror_on_CSAF_aggregators": true,
            "publisher": self.json(),
            "role": "csaf_provider",
        })
    }
}

/// `index.txt`: a path a line, by section 7.1.12.
pub fn index(advisories: &[Advisory]) -> String {
    let mut paths: Vec<String> = advisories.iter().map(Advisory::path).collect();
    paths.sort();
    paths.into_iter().map(|path| path + "\n").collect()
}

/// `changes.csv`: a path and when it last changed a line, the newest first, by section 7.1.13.
pub fn changes(advisories: &[Advisory]) -> String {
    let mut lines: Vec<(Timestamp, String)> = advisories.iter().map(|one| (one.last(), one.path())).collect();
    lines.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let line = |(at, path): (Timestamp, String)| format!("\"{path}\",\"{at}\"\n");
    lines.into_iter().map(line).collect()
}

/// A product in one version, by the id that it has in a document.
struct Distinct<'a> {
    id: String,
    maker: &'a str,
    name: &'a str,
    version: &'a str,
    status: Status,
    code: &'a str,
    remark: &'a str,
}

impl Distinct<'_> {
    fn full_name(&self) -> String {
        format!("{} {} {}", self.maker, self.name, self.version)
    }

    fn branch(&self) -> Value {
        let (category, name) = version_branch(self.version);
        let mut product = json!({ "name": self.full_name(), "product_id": self.id });
        if !self.code.is_empty() {
            product["product_identification_helper"] = json!({ "skus": [self.code] });
        }
        json!({ "category": category, "name": name, "product": product })
    }
}

/// Vendors, their products, and of these the versions; each in the order in which it first comes.
fn tree(products: &[Distinct<'_>]) -> Vec<Value> {
    let all: Vec<&Distinct<'_>> = products.iter().collect();
    let vendors = grouped(&all, |one| one.maker)
        .into_iter()
        .map(|(vendor, of_vendor)| {
            let names = grouped(&of_vendor, |one| one.name)
                .into_iter()
                .map(|(name, versions)| {
                    let versions: Vec<Value> = versions.into_iter().map(Distinct::branch).collect();
                    json!({ "branches": versions, "category": "product_name", "name": name })
                });
            json!({ "branches": names.collect::<Vec<_>>(), "category": "vendor", "name": vendor })
        });
    vendors.collect()
}

/// Those with the same name together, in the order in which it first comes.
fn grouped<'p, 'a>(
    products: &[&'p Distinct<'a>],
    name: fn(&Distinct<'a>) -> &'a str,
) -> Vec<(&'a str, Vec<&'p Distinct<'a>>)> {
    let mut groups: Vec<(&str, Vec<_>)> = vec![];
    for product in products {
        let own = name(product);
        match groups.iter_mut().find(|(name, _)| *name == own) {
            Some((_, group)) => group.push(*product),
            None => groups.push((own, vec![*product])),
        }
    }
    groups
}

/// What a version is in a tree: one version by itself, a range as `vers` where its words say one, and otherwise words that only people read.
fn version_branch(text: &str) -> (&'static str, String) {
    let text = text.trim();
    let one = |text: &str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "._+-".contains(letter);
        text.starts_with(|first: char| first.is_ascii_digit()) && text.chars().all(plain)
    };
    if one(text) {
        return ("product_version", text.to_owned());
    }
    let forms = [
        ("以前", "<="),
        ("以下", "<="),
        (" and earlier", "<="),
        (" or earlier", "<="),
        ("未満", "<"),
        ("より前", "<"),
        ("以降", ">="),
        ("以上", ">="),
        (" and later", ">="),
        (" or later", ">="),
    ];
    let range = forms.into_iter().find_map(|(words, sign)| {
        let version = text.strip_suffix(words)?.trim();
        one(version).then(|| format!("vers:generic/{sign}{version}"))
    });
    match range {
        Some(range) => ("product_version_range", range),
        None if ["すべて", "全て", "すべての版", "all", "all versions"].contains(&text) => {
            ("product_version_range", "vers:generic/*".to_owned())
        }
        None => ("product_version_range", text.to_owned()),
    }
}

/// The base metrics of a vector as CSAF 2.0 states them, by the name of their version there.
pub(crate) fn score(text: &str) -> Option<(&'static str, Value)> {
    let vector = Vector::parse(text.trim())?;
    let base = vector.base()?;
    let (name, metrics): (_, &[&str]) = match vector.version() {
        "2.0" => ("cvss_v2", &["AV", "AC", "Au", "C", "I", "A"]),
        "3.0" | "3.1" => ("cvss_v3", &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
        _ => return None,
    };
    let metrics = metrics
        .iter()
        .filter_map(|metric| Some(format!("{metric}:{}", vector.get(metric)?)));
    let metrics = metrics.collect::<Vec<_>>().join("/");
    if name == "cvss_v2" {
        return Some((
            name,
            json!({ "baseScore": base, "vectorString": metrics, "version": "2.0" }),
        ));
    }
    let version = vector.version();
    let json = json!({
        "baseScore": base,
        "baseSeverity": severity(base),
        "vectorString": format!("CVSS:{version}/{metrics}"),
        "version": version,
    });
    Some((name, json))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Advisory, Product, Publisher, changes, index, version_branch};
    use crate::document::{Level, Limits, Status, Verdict, validate};

    const FOLDER: &str = "https://rashin.example/.well-known/csaf/white";

    fn publisher() -> Publisher {
        Publisher {
            name: "架空の省".into(),
            namespace: "https://rashin.example".into(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap_or_default()
    }

    fn product(version: &str, status: Status, remark: &str) -> Product {
        Product {
            maker: "架空メディカル株式会社".into(),
            name: "架空輸液ポンプC".into(),
            version: version.into(),
            status,
            code: "09501101020917".into(),
            remark: remark.into(),
        }
    }

    fn advisory() -> Advisory {
        Advisory {
            id: "CVD-2026-00001".into(),
            title: "架空輸液ポンプCにおける認証の不備".into(),
            names: vec![
                "CVE-2026-10001".into(),
                "CVE-2026-10002".into(),
                "EXAMPLE-2026-0001".into(),
            ],
            summary: "同じネットワークから設定を変えられるおそれがあります。".into(),
            action: "2.4.2に更新してください。".into(),
            credit: "架空セキュリティ研究会".into(),
            vector: "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H".into(),
            products: vec![
                product("2.4.1以前", Status::Affected, ""),
                product("2.4.2", Status::Fixed, "修正を含みます。"),
                product("3.0", Status::NotAffected, "通信の方式が異なります。"),
                product("試作の版", Status::UnderInvestigation, ""),
            ],
            revisions: vec![at("2026-12-01T00:00:00Z"), at("2026-12-03T02:00:00Z")],
            page: "https://rashin.example/registers/vulnerability-report/hub-a/0001".into(),
        }
    }

    #[test]
    fn an_advisory_is_this() {
        let document = advisory().document(&publisher(), FOLDER, "0.1.0");
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap_or_default());
    }

    #[test]
    fn what_is_published_holds_every_rule_that_it_can() {
        let mut plain = advisory();
        plain.names = vec![];
        plain.credit.clear();
        plain.vector = "unreadable".into();
        plain.products.truncate(1);
        let mut contradicting = advisory();
        contradicting.products.push(product("3.0", Status::Affected, ""));
        contradicting.vector = "AV:N/AC:L/Au:N/C:P/I:P/A:P".into();
        for (one, left) in [
            // Words that say no range are for people alone.
            (advisory(), &["6.2.18"][..]),
            // No score where none was given.
            (plain, &["6.2.3"]),
            (contradicting, &["6.2.18"]),
        ] {
            let document = one.document(&publisher(), FOLDER, "0.1.0");
            let report = validate(
                document.to_string().as_bytes(),
                at("2026-12-04T00:00:00Z"),
                &Limits::default(),
            );
            let Ok(report) = report else {
                assert!(report.is_ok(), "{report:?}");
                continue;
            };
            // The informative ones ask whether addresses answer, and for single versions in the place of ranges.
            let weighty = report
                .findings
                .iter()
                .filter(|finding| finding.level != Level::Informative);
            let mut found: Vec<&str> = weighty.map(|finding| finding.test).collect();
            found.sort_unstable();
            found.dedup();
            assert_eq!(found, left, "{:#?}", report.findings);
            assert_eq!(report.verdict, Verdict::Valid);
        }
    }

    #[test]
    fn files_are_named_and_listed_as_the_specification_says() {
        let mut other = advisory();
        other.id = "Ä / CVD 2025#7".into();
        other.revisions = vec![at("2025-12-31T23:00:00Z"), at("2026-12-05T00:00:00Z")];
        assert_eq!(other.file_name(), "_cvd_2025_7.json");
        let all = [advisory(), other];
        assert_eq!(index(&all), "2025/_cvd_2025_7.json\n2026/cvd-2026-00001.json\n");
        assert_eq!(
            changes(&all),
            "\"2025/_cvd_2025_7.json\",\"2026-12-05T00:00:00Z\"\n\"2026/cvd-2026-00001.json\",\"2026-12-03T02:00:00Z\"\n"
        );
        insta::assert_snapshot!(
            serde_json::to_string_pretty(&publisher().metadata(
                "https://rashin.example/.well-known/csaf/provider-metadata.json",
                FOLDER,
                at("2026-12-05T00:00:00Z"),
            ))
            .unwrap_or_default()
        );
    }

    #[test]
    fn versions_become_branches() {
        for (text, category, name) in [
            ("2.4.1", "product_version", "2.4.1"),
            ("2.4.1以前", "product_version_range", "vers:generic/<=2.4.1"),
            ("2.4.2 未満", "product_version_range", "vers:generic/<2.4.2"),
            (
                "2.4.1 and earlier",
                "product_version_range",
                "vers:generic/<=2.4.1",
            ),
            ("3以降", "product_version_range", "vers:generic/>=3"),
            ("すべて", "product_version_range", "vers:generic/*"),
            ("2.4から2.6まで", "product_version_range", "2.4から2.6まで"),
            ("latest", "product_version_range", "latest"),
        ] {
            assert_eq!(version_branch(text), (category, name.to_owned()), "{text}");
        }
    }
}
