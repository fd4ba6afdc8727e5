//! Types of version ranges: by which order each compares, and how it writes a version.

use crate::version::Order;

/// A type of version range, such as `npm` or `deb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scheme {
    name: &'static str,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    By(Order),
    /// Every version; `*` is its only range.
    All,
    /// No version; `*` is its only range.
    None,
}

const SCHEMES: [(&str, Kind); 43] = [
    ("all", Kind::All),
    ("alpine", Kind::By(Order::Alpine)),
    ("alpm", Kind::By(Order::Alpm)),
    ("apache", Kind::By(Order::Semver)),
    ("apk", Kind::By(Order::Alpine)),
    ("bazel", Kind::By(Order::Semver)),
    ("bitnami", Kind::By(Order::Bitnami)),
    ("cargo", Kind::By(Order::Semver)),
    ("composer", Kind::By(Order::Packagist)),
    ("conan", Kind::By(Order::Conan)),
    ("cran", Kind::By(Order::Cran)),
    ("dart", Kind::By(Order::Pub)),
    ("datetime", Kind::By(Order::Datetime)),
    ("deb", Kind::By(Order::Debian)),
    ("ebuild", Kind::By(Order::Gentoo)),
    ("gem", Kind::By(Order::RubyGems)),
    ("generic", Kind::By(Order::Generic)),
    ("gentoo", Kind::By(Order::Gentoo)),
    ("github", Kind::By(Order::Semver)),
    ("golang", Kind::By(Order::Semver)),
    ("hackage", Kind::By(Order::Hackage)),
    ("hex", Kind::By(Order::Semver)),
    ("intdot", Kind::By(Order::Intdot)),
    ("julia", Kind::By(Order::Pub)),
    ("lexicographic", Kind::By(Order::Lexicographic)),
    ("mattermost", Kind::By(Order::Semver)),
    ("maven", Kind::By(Order::Maven)),
    ("mozilla", Kind::By(Order::Generic)),
    ("nginx", Kind::By(Order::Semver)),
    ("none", Kind::None),
    ("npm", Kind::By(Order::Semver)),
    ("nuget", Kind::By(Order::NuGet)),
    ("opam", Kind::By(Order::Debian)),
    ("openssl", Kind::By(Order::OpenSsl)),
    ("otp", Kind::By(Order::Generic)),
    ("pub", Kind::By(Order::Pub)),
    ("pypi", Kind::By(Order::Pypi)),
    ("rpm", Kind::By(Order::Rpm)),
    ("semver", Kind::By(Order::Semver)),
    ("swift", Kind::By(Order::Semver)),
    ("tomee", Kind::By(Order::Maven)),
    ("vcpkg", Kind::By(Order::Generic)),
    ("vscode-extension", Kind::By(Order::Semver)),
];

impl Scheme {
    /// The type of that name, written in lower case.
    pub fn find(name: &str) -> Option<Self> {
        SCHEMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(name, kind)| Self { name, kind: *kind })
    }

    /// Every type.
    pub fn all() -> impl Iterator<Item = Self> {
        SCHEMES.iter().map(|(name, kind)| Self { name, kind: *kind })
    }

    /// Its name, such as `npm`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// How it orders versions; `all` and `none` compare none.
    pub fn order(self) -> Option<Order> {
        match self.kind {
            Kind::By(order) => Some(order),
            Kind::All | Kind::None => None,
        }
    }

    /// A version as the type writes it: `NuGet` tells no case apart.
    pub fn written(self, version: &str) -> String {
        if self.name == "nuget" {
            version.to_lowercase()
        } else {
            version.to_owned()
        }
    }
}
