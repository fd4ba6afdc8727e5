//! OpenSSL's order: `1.0.2` to `1.0.2zb` with letters for patches, semantic versions from 3.0.0 on.

use std::cmp::Ordering;

use super::natural::span;
use super::semver::Semver;

/// A version of OpenSSL; every one with letters comes before 3.0.0.
#[derive(Debug, Clone)]
pub(crate) enum OpenSsl {
    Lettered {
        base: &'static str,
        /// `-beta1` and the like come before the release.
        pre: Option<Box<str>>,
        patch: Box<str>,
    },
    Semantic(Semver),
}

/// Every series that was numbered with letters, in order.
const LETTERED: [&str; 13] = [
    "0.9.1", "0.9.2", "0.9.3", "0.9.4", "0.9.5", "0.9.6", "0.9.7", "0.9.8", "1.0.0", "1.0.1", "1.0.2",
    "1.1.0", "1.1.1",
];

impl OpenSsl {
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(base) = LETTERED.iter().find(|base| text.starts_with(**base)) {
            let rest = text.get(base.len()..)?;
            let (patch, pre) = span(rest, |byte| byte.is_ascii_lowercase());
            let pre = match pre {
                "" => None,
                pre if pre.starts_with("-alpha") || pre.starts_with("-beta") || pre.starts_with("-pre") => {
                    Some(pre.into())
                }
                _ => return None,
            };
            return Some(Self::Lettered {
                base,
                pre,
                patch: patch.into(),
            });
        }
        let semver = Semver::parse(text)?;
        let major = semver.numbers.first()?;
        (*major >= super::Natural::Small(3)).then_some(Self::Semantic(semver))
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Semantic(a), Self::Semantic(b)) => a.compare(b),
            (Self::Lettered { .. }, Self::Semantic(_)) => Ordering::Less,
            (Self::Semantic(_), Self::Lettered { .. }) => Ordering::Greater,
            (
                Self::Lettered { base, pre, patch },
                Self::Lettered {
                    base: base_b,
                    pre: pre_b,
                    patch: patch_b,
                },
            ) => base
                .cmp(base_b)
                .then_with(|| pre.is_none().cmp(&pre_b.is_none()))
                .then_with(|| patch.cmp(patch_b))
                .then_with(|| pre.cmp(pre_b)),
        }
    }
}
