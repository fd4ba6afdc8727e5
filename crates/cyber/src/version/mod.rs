//! Versions: which of two comes first, by the rules of the ecosystem that numbered them.
//!
//! Each order is a file of its own. A text that its ecosystem would not accept is refused where guessing could hide a vulnerability; where the
//! ecosystem's own tools compare such texts all the same (Debian, rpm, apk, PHP, old Python), they are compared as those tools do.

mod alpine;
mod alpm;
mod conan;
mod datetime;
mod debian;
mod generic;
mod gentoo;
mod linux;
mod list;
mod maven;
mod natural;
mod openssl;
mod packagist;
mod pypi;
mod rpm;
mod rubygems;
mod semver;

use std::cmp::Ordering;

use vocab::Refusal;

pub(crate) use natural::Natural;
pub(crate) use openssl::OpenSsl;
pub(crate) use semver::Semver;

/// A rule by which versions are ordered. Several ecosystems may share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Order {
    /// Tags of GitHub Actions that do not move: semantic versions with all three numbers.
    Action,
    /// Alpine's `apk`, also Wolfi, Chainguard and others.
    Alpine,
    /// Arch Linux's `vercmp`.
    Alpm,
    /// Bitnami: semantic versions with a revision, which makes them later.
    Bitnami,
    /// Conan.
    Conan,
    /// R packages: numbers in lexicographic order.
    Cran,
    /// Instants of RFC 3339.
    Datetime,
    /// `dpkg`: Debian, Ubuntu; also opam.
    Debian,
    /// Versions of no known scheme, by runs of digits and letters.
    Generic,
    /// Gentoo's package manager specification.
    Gentoo,
    /// Haskell packages and GHC: numbers in lexicographic order.
    Hackage,
    /// Numbers between dots; what follows is ignored.
    Intdot,
    /// Bytes.
    Lexicographic,
    /// Releases of the Linux kernel.
    Linux,
    /// Maven's `ComparableVersion`.
    Maven,
    /// `NuGet`: semantic versions of up to four numbers, without regard to case.
    NuGet,
    /// OpenSSL: letters up to 1.1.1, semantic versions from 3.0.0.
    OpenSsl,
    /// PHP's `version_compare`, a leading `v` set aside.
    Packagist,
    /// Dart and Julia: semantic versions whose build part counts too.
    Pub,
    /// PEP 440, with setuptools' older rule for what is not of it.
    Pypi,
    /// `rpmvercmp` over epoch, version and release.
    Rpm,
    /// `Gem::Version`.
    RubyGems,
    /// Semantic Versioning 2.0, read leniently; npm, Go, crates.io and others.
    Semver,
}

/// A version that was read by an order.
#[derive(Debug, Clone)]
pub struct Version(Form);

#[derive(Debug, Clone)]
enum Form {
    Alpine(alpine::Alpine),
    Alpm(alpm::Alpm),
    Bitnami(semver::Bitnami),
    Conan(conan::Conan),
    List(list::List),
    Datetime(datetime::Datetime),
    Debian(debian::Debian),
    Generic(generic::Generic),
    Gentoo(gentoo::Gentoo),
    Intdot(list::Intdot),
    Lexicographic(Box<str>),
    Linux(linux::Linux),
    Maven(maven::Maven),
    OpenSsl(OpenSsl),
    Packagist(packagist::Packagist),
    Pub(semver::Pub),
    Pypi(pypi::Pypi),
    Rpm(rpm::Rpm),
    RubyGems(rubygems::RubyGems),
    Semver(Semver),
}

impl Version {
    /// Reads a version.
    ///
    /// # Errors
    ///
    /// `no_version` if nothing is there, `bad_version` if the ecosystem knows no such version, `moving_tag`, `own_build` if it has no place in the
    /// order.
    pub fn parse(order: Order, text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::new(
                "no_version",
                "バージョンが空です。",
                "the version is empty.",
            ));
        }
        let form = match order {
            Order::Action => semver::fixed_tag(text).map(Form::Semver),
            Order::Alpine => Some(Form::Alpine(alpine::Alpine::parse(text))),
            Order::Alpm => alpm::Alpm::parse(text).map(Form::Alpm),
            Order::Bitnami => semver::Bitnami::parse(text).map(Form::Bitnami),
            Order::Conan => Some(Form::Conan(conan::Conan::parse(text))),
            Order::Cran => list::List::cran(text).map(Form::List),
            Order::Hackage => list::List::hackage(text).map(Form::List),
            Order::Intdot => list::Intdot::parse(text).map(Form::Intdot),
            Order::Datetime => datetime::Datetime::parse(text).map(Form::Datetime),
            Order::Debian => debian::Debian::parse(text).map(Form::Debian),
            Order::Generic => generic::Generic::parse(text).map(Form::Generic),
            Order::Gentoo => gentoo::Gentoo::parse(text).map(Form::Gentoo),
            Order::Lexicographic => Some(Form::Lexicographic(text.into())),
            Order::Linux => linux::Linux::parse(text).map(Form::Linux),
            Order::Maven => Some(Form::Maven(maven::Maven::parse(text))),
            Order::NuGet => Semver::nuget(text).map(Form::Semver),
            Order::OpenSsl => OpenSsl::parse(text).map(Form::OpenSsl),
            Order::Packagist => Some(Form::Packagist(packagist::Packagist::parse(text))),
            Order::Pub => semver::Pub::parse(text).map(Form::Pub),
            Order::Pypi => Some(Form::Pypi(pypi::Pypi::parse(text))),
            Order::Rpm => Some(Form::Rpm(rpm::Rpm::parse(text))),
            Order::RubyGems => Some(Form::RubyGems(rubygems::RubyGems::parse(text))),
            Order::Semver => Semver::parse(text).map(Form::Semver),
        };
        form.map(Self).ok_or_else(|| no_place(order, text))
    }

    /// Which of two versions comes first; nothing if they were read by different orders.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        Some(match (&self.0, &other.0) {
            (Form::Alpine(a), Form::Alpine(b)) => a.compare(b),
            (Form::Alpm(a), Form::Alpm(b)) => a.compare(b),
            (Form::Bitnami(a), Form::Bitnami(b)) => a.compare(b),
            (Form::Conan(a), Form::Conan(b)) => a.compare(b),
            (Form::List(a), Form::List(b)) => a.cmp(b),
            (Form::Datetime(a), Form::Datetime(b)) => a.cmp(b),
            (Form::Debian(a), Form::Debian(b)) => a.compare(b),
            (Form::Generic(a), Form::Generic(b)) => a.compare(b),
            (Form::Gentoo(a), Form::Gentoo(b)) => a.compare(b),
            (Form::Intdot(a), Form::Intdot(b)) => a.compare(b),
            (Form::Lexicographic(a), Form::Lexicographic(b)) => a.cmp(b),
            (Form::Linux(a), Form::Linux(b)) => a.compare(b),
            (Form::Maven(a), Form::Maven(b)) => a.compare(b),
            (Form::OpenSsl(a), Form::OpenSsl(b)) => a.compare(b),
            (Form::Packagist(a), Form::Packagist(b)) => a.compare(b),
            (Form::Pub(a), Form::Pub(b)) => a.compare(b),
            (Form::Pypi(a), Form::Pypi(b)) => a.compare(b),
            (Form::Rpm(a), Form::Rpm(b)) => a.compare(b),
            (Form::RubyGems(a), Form::RubyGems(b)) => a.compare(b),
            (Form::Semver(a), Form::Semver(b)) => a.compare(b),
            _ => return None,
        })
    }
}

/// Why a text has no place in an order.
fn no_place(order: Order, text: &str) -> Refusal {
    match order {
        Order::Action => Refusal::new(
            "moving_tag",
            format!(
                "「{text}」は指す先が変わるタグ、ブランチまたはコミットで、前後を判定できません。v4.2.1 のように三つの数で書いてください。"
            ),
            format!(
                "`{text}` is a tag that moves, a branch or a commit, and cannot be ordered. Write all three numbers, as in v4.2.1."
            ),
        ),
        Order::Linux => Refusal::new(
            "own_build",
            format!(
                "「{text}」は kernel.org の版（6.1、6.1.5、6.1-rc2）ではありません。配布元のカーネルは、その配布元のエコシステムで判定してください。"
            ),
            format!(
                "`{text}` is no release of kernel.org (6.1, 6.1.5, 6.1-rc2). A distribution's kernel is ordered by that distribution's ecosystem."
            ),
        ),
        _ => Refusal::new(
            "bad_version",
            format!("「{text}」はこのエコシステムのバージョンとして読めません。表記を確かめてください。"),
            format!("`{text}` is not a version of this ecosystem. Check how it is written."),
        ),
    }
}

/// Which of two texts is the earlier version.
///
/// # Errors
///
/// That of the text that cannot be read.
pub fn compare(order: Order, a: &str, b: &str) -> Result<Ordering, Refusal> {
    let (a, b) = (Version::parse(order, a)?, Version::parse(order, b)?);
    Ok(a.compare(&b).unwrap_or(Ordering::Equal))
}

/// Sorts by what is said of pairs, equal ones staying as they are. Ecosystems compare two texts at a time, and of some that are no versions what they say
/// of three contradicts itself (Alpine's does): the library's own sort may panic then, this one gives some order.
pub(crate) fn sort_by<T>(list: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let in_order = |pair: &[T]| compare(&pair[0], &pair[1]).is_le();
    if !list.windows(2).all(in_order) {
        *list = merged(std::mem::take(list), &compare);
    }
}

fn merged<T>(mut list: Vec<T>, compare: &impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    if list.len() < 2 {
        return list;
    }
    let half = list.split_off(list.len() / 2);
    let mut all = Vec::with_capacity(list.len() + half.len());
    let mut left = merged(list, compare).into_iter().peekable();
    let mut right = merged(half, compare).into_iter().peekable();
    loop {
        let is_left = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) => compare(a, b).is_le(),
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return all,
        };
        all.extend(if is_left { left.next() } else { right.next() });
    }
}
