//! Ecosystems of packages, named as OSV names them: how each orders its versions, or why that is not claimed, and which package URLs are its own.

use std::borrow::Cow;
use std::fmt;

use vocab::Refusal;

use crate::purl::Purl;
use crate::version::Order;

/// An ecosystem and, where it has releases or products, which one: `Debian:11`, `Alpine:v3.20`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ecosystem {
    name: &'static str,
    release: Option<Box<str>>,
}

/// How versions of an ecosystem are ordered.
enum Claim {
    By(Order),
    /// By the ecosystem that the release names, such as `TuxCare:Debian:10`.
    Inner(Option<Order>),
    /// Not claimed: the reason in Japanese and English.
    No(&'static str, &'static str),
}

use Claim::{By, Inner, No};

struct Known {
    name: &'static str,
    claim: Claim,
    /// Type and namespace of its package URLs; an empty namespace is any.
    purl: Option<(&'static str, &'static str)>,
}

const fn known(name: &'static str, claim: Claim, kind: &'static str, namespace: &'static str) -> Known {
    Known {
        name,
        claim,
        purl: Some((kind, namespace)),
    }
}

const fn without_purl(name: &'static str, claim: Claim) -> Known {
    Known {
        name,
        claim,
        purl: None,
    }
}

/// In the order of OSV's own list.
const KNOWN: [Known; 50] = [
    known("AlmaLinux", By(Order::Rpm), "rpm", "almalinux"),
    known("Alpaquita", By(Order::Alpine), "apk", "alpaquita"),
    known("Alpine", By(Order::Alpine), "apk", "alpine"),
    without_purl(
        "Android",
        No(
            "Android の記録はバージョンではなくパッチの日付で書かれます",
            "Android records name patch levels, not versions",
        ),
    ),
    known("Azure Linux", By(Order::Rpm), "rpm", "azure-linux"),
    known(
        "BellSoft Hardened Containers",
        By(Order::Alpine),
        "apk",
        "bellsoft-hardened-containers",
    ),
    known("Bioconductor", By(Order::Cran), "bioconductor", ""),
    known("Bitnami", By(Order::Bitnami), "bitnami", ""),
    known("Chainguard", By(Order::Alpine), "apk", "chainguard"),
    without_purl("CleanStart", By(Order::Alpine)),
    known("ConanCenter", By(Order::Conan), "conan", ""),
    // Not one of OSV's: products that advisories and bills name by CPE.
    without_purl(CPE, By(Order::Generic)),
    known("CRAN", By(Order::Cran), "cran", ""),
    known("crates.io", By(Order::Semver), "cargo", ""),
    known("Debian", By(Order::Debian), "deb", "debian"),
    known("Docker Hardened Images", Inner(None), "dhi", ""),
    known("Echo", Inner(Some(Order::Debian)), "deb", "echo"),
    without_purl(
        "FreeBSD",
        No(
            "FreeBSD の pkg の順序には対応していません",
            "the order of FreeBSD's pkg is not claimed",
        ),
    ),
    without_purl("GHC", By(Order::Hackage)),
    known("GitHub Actions", By(Order::Action), "githubactions", ""),
    // Nor this: files that advisories and bills name by their digests.
    without_purl(
        FILE,
        No(
            "ファイルのハッシュ値には順序がありません",
            "digests of files have no order",
        ),
    ),
    known("Go", By(Order::Semver), "golang", ""),
    known("Hackage", By(Order::Hackage), "hackage", ""),
    known("Hex", By(Order::Semver), "hex", ""),
    known("Julia", By(Order::Pub), "julia", ""),
    without_purl("Kubernetes", By(Order::Semver)),
    without_purl("Linux", By(Order::Linux)),
    known("Mageia", By(Order::Rpm), "rpm", "mageia"),
    known("Maven", By(Order::Maven), "maven", ""),
    known("MinimOS", By(Order::Alpine), "apk", "minimos"),
    known("npm", By(Order::Semver), "npm", ""),
    known("NuGet", By(Order::NuGet), "nuget", ""),
    known("opam", By(Order::Debian), "opam", ""),
    known("openEuler", By(Order::Rpm), "rpm", "openeuler"),
    known("openSUSE", By(Order::Rpm), "rpm", "opensuse"),
    without_purl(
        "OSS-Fuzz",
        No(
            "OSS-Fuzz の記録はコミットで書かれ、バージョンの順序がありません",
            "OSS-Fuzz records name commits; their versions have no order",
        ),
    ),
    known("Packagist", By(Order::Packagist), "composer", ""),
    known("Photon OS", By(Order::Rpm), "rpm", "photon"),
    known("Pub", By(Order::Pub), "pub", ""),
    known("PyPI", By(Order::Pypi), "pypi", ""),
    known("Red Hat", By(Order::Rpm), "rpm", "redhat"),
    known("Rocky Linux", By(Order::Rpm), "rpm", "rocky-linux"),
    without_purl("Root", Inner(None)),
    known("RubyGems", By(Order::RubyGems), "gem", ""),
    known("SUSE", By(Order::Rpm), "rpm", "suse"),
    known("SwiftURL", By(Order::Semver), "swift", ""),
    without_purl("TuxCare", Inner(None)),
    known("Ubuntu", By(Order::Debian), "deb", "ubuntu"),
    known("VSCode", By(Order::Semver), "vscode-extension", ""),
    known("Wolfi", By(Order::Alpine), "apk", "wolfi"),
];

/// The name under which products with CPE names stand.
const CPE: &str = "CPE";
/// The name under which files with digests stand.
const FILE: &str = "File";

/// Code names of releases, as package URLs write them, and their numbers.
const CODENAMES: [(&str, &str, &str); 32] = [
    ("Debian", "buzz", "1.1"),
    ("Debian", "rex", "1.2"),
    ("Debian", "bo", "1.3"),
    ("Debian", "hamm", "2"),
    ("Debian", "slink", "2.1"),
    ("Debian", "potato", "2.2"),
    ("Debian", "woody", "3"),
    ("Debian", "sarge", "3.1"),
    ("Debian", "etch", "4"),
    ("Debian", "lenny", "5"),
    ("Debian", "squeeze", "6"),
    ("Debian", "wheezy", "7"),
    ("Debian", "jessie", "8"),
    ("Debian", "stretch", "9"),
    ("Debian", "buster", "10"),
    ("Debian", "bullseye", "11"),
    ("Debian", "bookworm", "12"),
    ("Debian", "trixie", "13"),
    ("Debian", "forky", "14"),
    ("Debian", "duke", "15"),
    ("Ubuntu", "trusty", "14.04"),
    ("Ubuntu", "xenial", "16.04"),
    ("Ubuntu", "bionic", "18.04"),
    ("Ubuntu", "focal", "20.04"),
    ("Ubuntu", "jammy", "22.04"),
    ("Ubuntu", "kinetic", "22.10"),
    ("Ubuntu", "lunar", "23.04"),
    ("Ubuntu", "mantic", "23.10"),
    ("Ubuntu", "noble", "24.04"),
    ("Ubuntu", "oracular", "24.10"),
    ("Ubuntu", "plucky", "25.04"),
    ("Ubuntu", "questing", "25.10"),
];

/// Vendors of package URLs that are written in more than one way.
const VENDORS: [(&str, &str); 8] = [
    ("rocky", "rocky-linux"),
    ("rockylinux", "rocky-linux"),
    ("alma", "almalinux"),
    ("rhel", "redhat"),
    ("red-hat", "redhat"),
    ("azurelinux", "azure-linux"),
    ("sles", "suse"),
    ("photon-os", "photon"),
];

impl Ecosystem {
    /// Reads a name as OSV writes it; case is not told apart.
    ///
    /// # Errors
    ///
    /// `unknown_ecosystem`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let (name, release) = text
            .split_once(':')
            .map_or((text, None), |(name, release)| (name, Some(release)));
        match KNOWN
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(name.trim()))
        {
            Some(known) => Ok(Self {
                name: known.name,
                release: release.filter(|release| !release.is_empty()).map(Into::into),
            }),
            None => Err(Refusal::new(
                "unknown_ecosystem",
                format!(
                    "エコシステム「{text}」は知られていません。OSV の名前（PyPI、Debian:12、Red Hat など）で書いてください。"
                ),
                format!(
                    "the ecosystem `{text}` is not known. Write it as OSV names it: PyPI, Debian:12, Red Hat and so on."
                ),
            )),
        }
    }

    /// That of products which have CPE names: a package's name is the CPE name without its version.
    pub fn cpe() -> Self {
        Self {
            name: CPE,
            release: None,
        }
    }

    /// Whether it is that of CPE names.
    pub fn is_cpe(&self) -> bool {
        self.name == CPE
    }

    /// That of files: a package's name is a digest of the file, after its algorithm.
    pub fn file() -> Self {
        Self {
            name: FILE,
            release: None,
        }
    }

    /// Whether it is that of files.
    pub fn is_file(&self) -> bool {
        self.name == FILE
    }

    /// The name without a release.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The release or product.
    pub fn release(&self) -> Option<&str> {
        self.release.as_deref()
    }

    /// How its versions are ordered.
    ///
    /// # Errors
    ///
    /// `no_order`, with the reason why none is claimed.
    pub fn order(&self) -> Result<Order, Refusal> {
        match self.known().map(|known| &known.claim) {
            Some(By(order)) => Ok(*order),
            Some(Inner(without)) => match (self.release(), without) {
                (Some(inner), _) => Self::parse(inner)?.order_within(self.name),
                (None, Some(order)) => Ok(*order),
                (None, None) => Err(no_order(
                    self.name,
                    "どのエコシステムのパッケージかがコロンの後に要ります",
                    "it needs the ecosystem of its packages after a colon",
                )),
            },
            Some(No(ja, en)) => Err(no_order(self.name, ja, en)),
            None => Err(no_order(self.name, "順序が知られていません", "no order is known")),
        }
    }

    /// A supplier of packages of suppliers has no order: that ends any nesting.
    fn order_within(&self, outer: &str) -> Result<Order, Refusal> {
        match self.known().map(|known| &known.claim) {
            Some(Inner(_)) => Err(no_order(outer, "入れ子が深すぎます", "it is nested too deeply")),
            _ => self.order(),
        }
    }

    /// Whether its packages are ordered by another ecosystem, which only the package may name.
    pub(crate) fn is_nested(&self) -> bool {
        matches!(self.known().map(|known| &known.claim), Some(Inner(_)))
    }

    fn known(&self) -> Option<&'static Known> {
        KNOWN.iter().find(|known| known.name == self.name)
    }

    /// The names of every ecosystem, and the order that is claimed for each without a release, or the reason why none is.
    pub fn all() -> impl Iterator<Item = (&'static str, Result<Order, Refusal>)> {
        KNOWN.iter().map(|known| {
            let ecosystem = Self {
                name: known.name,
                release: None,
            };
            (known.name, ecosystem.order())
        })
    }

    /// Whether a record of this ecosystem speaks of packages of the other: the same, a record without a release, or a package whose release
    /// is not known. Long-term and paid support of Ubuntu are the same release.
    pub fn covers(&self, package: &Self) -> bool {
        let plain = |release: &str| {
            release
                .split(':')
                .filter(|part| !matches!(*part, "Pro" | "LTS"))
                .collect::<Vec<_>>()
                .join(":")
        };
        self.name == package.name
            && match (self.release(), package.release()) {
                (Some(a), Some(b)) if self.name == "Ubuntu" => plain(a) == plain(b),
                (Some(a), Some(b)) => a == b,
                _ => true,
            }
    }

    /// A package's name as the ecosystem compares names.
    pub fn normal_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self.name {
            "PyPI" => Cow::Owned(pypi_name(name)),
            CPE => Cow::Owned(crate::cpe::key(name)),
            // Their registries take no second name that differs in case; package URLs write these in lower case.
            "Go" | "NuGet" | "Packagist" | "Hex" | "GitHub Actions" | "SwiftURL" | "VSCode" | "Bitnami"
            | "Pub" => Cow::Owned(name.to_lowercase()),
            _ => Cow::Borrowed(name),
        }
    }

    /// The ecosystem of a package URL and the package's name there; nothing for a type or vendor of none.
    pub fn of(purl: &Purl) -> Option<(Self, String)> {
        let vendor = purl.namespace().map(str::to_lowercase).unwrap_or_default();
        let vendor = VENDORS
            .iter()
            .find(|(other, _)| *other == vendor)
            .map_or(vendor.as_str(), |(_, vendor)| vendor);
        let fits = |known: &&Known| {
            known.purl.is_some_and(|(kind, namespace)| {
                kind == purl.kind() && (namespace.is_empty() || namespace == vendor)
            })
        };
        let known = KNOWN.iter().find(fits)?;
        let has_vendor = known.purl.is_some_and(|(_, namespace)| !namespace.is_empty());
        let name = match (purl.namespace(), known.name) {
            (Some(group), "Maven") => format!("{group}:{}", purl.name()),
            (Some(namespace), "VSCode") => format!("{namespace}.{}", purl.name()),
            (Some(namespace), _) if !has_vendor => format!("{namespace}/{}", purl.name()),
            _ => purl.name().to_owned(),
        };
        let ecosystem = Self {
            name: known.name,
            release: purl
                .qualifier("distro")
                .and_then(|distro| release(known.name, distro)),
        };
        Some((ecosystem, name))
    }
}

/// As OSV writes it.
impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.release
            .iter()
            .try_for_each(|release| write!(f, ":{release}"))
    }
}

fn no_order(name: &str, ja: &str, en: &str) -> Refusal {
    Refusal::new(
        "no_order",
        format!("{name} のバージョンの前後は判定できません: {ja}。"),
        format!("versions of {name} cannot be ordered: {en}."),
    )
}

/// Lower case, each run of hyphens, underscores and periods one hyphen.
fn pypi_name(name: &str) -> String {
    let parts: Vec<&str> = name
        .split(['-', '_', '.'])
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("-").to_lowercase()
}

/// The release in OSV's words of what a package URL calls the distribution: `bookworm`, `debian-12`, `alpine-3.20.1`, `rocky-9.3`.
fn release(ecosystem: &str, distro: &str) -> Option<Box<str>> {
    let distro = distro.to_lowercase();
    let codename = CODENAMES
        .iter()
        .find(|(name, codename, _)| *name == ecosystem && *codename == distro);
    if let Some((_, _, number)) = codename {
        return Some((*number).into());
    }
    let number = distro
        .rsplit_once('-')
        .map_or(distro.as_str(), |(_, number)| number);
    let number = number.trim_start_matches('v');
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let first = |count: usize| number.split('.').take(count).collect::<Vec<_>>().join(".");
    Some(match ecosystem {
        "Alpine" => format!("v{}", first(2)).into(),
        "Debian" | "AlmaLinux" | "Rocky Linux" | "Mageia" => first(1).into(),
        "Ubuntu" | "Photon OS" | "Azure Linux" => number.into(),
        // Red Hat, SUSE and others name products, which a package URL does not tell.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Ecosystem;
    use crate::purl::Purl;
    use crate::version::Order;

    #[test]
    fn package_urls_name_ecosystems() {
        for (purl, ecosystem, name) in [
            ("pkg:npm/%40angular/core@1", "npm", "@angular/core"),
            ("pkg:maven/org.example/core@1", "Maven", "org.example:core"),
            ("pkg:golang/example.org/a/b@v1", "Go", "example.org/a/b"),
            ("pkg:deb/debian/curl@1?distro=bookworm", "Debian:12", "curl"),
            ("pkg:deb/debian/curl@1?distro=debian-11", "Debian:11", "curl"),
            (
                "pkg:deb/ubuntu/curl@1?distro=ubuntu-22.04",
                "Ubuntu:22.04",
                "curl",
            ),
            (
                "pkg:apk/alpine/curl@1?distro=alpine-3.20.1",
                "Alpine:v3.20",
                "curl",
            ),
            ("pkg:rpm/rocky/curl@1?distro=rocky-9.3", "Rocky Linux:9", "curl"),
            ("pkg:rpm/redhat/curl@1?distro=rhel-9.3", "Red Hat", "curl"),
            ("pkg:pypi/Django@1", "PyPI", "django"),
            ("pkg:cargo/serde@1", "crates.io", "serde"),
        ] {
            let (found, package) = Ecosystem::of(&Purl::read(purl).unwrap()).unwrap();
            assert_eq!(
                (found.to_string().as_str(), package.as_str()),
                (ecosystem, name),
                "{purl}"
            );
        }
        assert!(Ecosystem::of(&Purl::read("pkg:rpm/unheard-of/curl@1").unwrap()).is_none());
        assert!(Ecosystem::of(&Purl::read("pkg:generic/curl@1").unwrap()).is_none());
    }

    #[test]
    fn releases_are_told_apart() {
        let covers = |record: &str, package: &str| {
            Ecosystem::parse(record)
                .unwrap()
                .covers(&Ecosystem::parse(package).unwrap())
        };
        assert!(
            covers("Debian:11", "Debian:11")
                && covers("Debian", "Debian:11")
                && covers("Debian:11", "Debian")
        );
        assert!(!covers("Debian:11", "Debian:12") && !covers("Debian", "Ubuntu"));
        assert!(covers("Ubuntu:22.04:LTS", "Ubuntu:22.04") && covers("Ubuntu:Pro:22.04:LTS", "Ubuntu:22.04"));
    }

    #[test]
    fn orders_or_reasons_are_given() {
        let order = |name: &str| Ecosystem::parse(name).and_then(|ecosystem| ecosystem.order());
        assert_eq!(order("TuxCare:Debian:10"), Ok(Order::Debian));
        assert_eq!(order("Echo:PyPI"), Ok(Order::Pypi));
        assert_eq!(order("Echo"), Ok(Order::Debian));
        for name in ["Android", "TuxCare", "TuxCare:Root:Alpine", "unheard of"] {
            assert!(order(name).is_err(), "{name}");
        }
    }
}
