//! What each type of package URL asks of its parts: what must be there, what must not, and which letters count.

use super::{Broken, Purl, broken};

/// Whether a type has namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Namespace {
    Required,
    Optional,
    Prohibited,
}

use Namespace::{Optional, Prohibited, Required};

/// A type of the specification.
struct Kind {
    name: &'static str,
    namespace: Namespace,
    /// Parts that are written in lower case: `n` namespace, `N` name, `v` version, `s` subpath.
    lower: &'static str,
    /// A qualifier that must be there.
    qualifier: Option<&'static str>,
}

const fn kind(name: &'static str, namespace: Namespace, lower: &'static str) -> Kind {
    Kind {
        name,
        namespace,
        lower,
        qualifier: None,
    }
}

const KINDS: [Kind; 42] = [
    kind("alpm", Required, "nN"),
    kind("apk", Required, "nN"),
    kind("bazel", Prohibited, ""),
    kind("bitbucket", Required, "nN"),
    kind("bitnami", Prohibited, "N"),
    kind("brew", Optional, "nN"),
    kind("cargo", Prohibited, ""),
    kind("chrome-extension", Prohibited, "N"),
    kind("cocoapods", Prohibited, ""),
    kind("composer", Required, "nN"),
    kind("conan", Optional, ""),
    kind("conda", Prohibited, ""),
    kind("cpan", Optional, ""),
    kind("cran", Prohibited, ""),
    kind("deb", Required, "nN"),
    kind("docker", Optional, ""),
    kind("gem", Prohibited, ""),
    kind("generic", Optional, ""),
    kind("git", Required, ""),
    kind("github", Required, "nN"),
    kind("golang", Required, "nN"),
    kind("hackage", Prohibited, ""),
    kind("hex", Optional, "nN"),
    kind("huggingface", Required, "v"),
    Kind {
        qualifier: Some("uuid"),
        ..kind("julia", Prohibited, "")
    },
    kind("luarocks", Optional, "nN"),
    kind("maven", Required, ""),
    kind("mlflow", Prohibited, ""),
    kind("npm", Optional, ""),
    kind("nuget", Prohibited, ""),
    kind("oci", Prohibited, "Nv"),
    kind("opam", Prohibited, ""),
    kind("otp", Prohibited, "Ns"),
    kind("pub", Prohibited, "N"),
    kind("pypi", Prohibited, "Nv"),
    kind("qpkg", Required, "n"),
    kind("rpm", Required, "n"),
    Kind {
        qualifier: Some("tag_id"),
        ..kind("swid", Optional, "")
    },
    kind("swift", Required, ""),
    kind("vcpkg", Prohibited, ""),
    kind("vscode-extension", Required, "nNv"),
    kind("yocto", Optional, "n"),
];

fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Brings the parts to the form in which the type compares them.
pub(super) fn normalise(purl: &mut Purl) {
    let lower = |part: &mut String| *part = part.to_lowercase();
    for part in find(&purl.kind).map_or("", |kind| kind.lower).chars() {
        match part {
            'n' => purl.namespace.iter_mut().for_each(lower),
            'N' => lower(&mut purl.name),
            'v' => purl.version.iter_mut().for_each(lower),
            _ => purl.subpath.iter_mut().for_each(lower),
        }
    }
    match purl.kind.as_str() {
        "cpan" => purl
            .namespace
            .iter_mut()
            .for_each(|namespace| *namespace = namespace.to_uppercase()),
        "git" => git(purl),
        "mlflow"
            if purl
                .qualifier("repository_url")
                .is_some_and(|url| url.contains("databricks")) =>
        {
            lower(&mut purl.name);
        }
        "pub" => {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            purl.name = purl
                .name
                .chars()
                .map(|c| if allowed(c) { c } else { '_' })
                .collect();
        }
        "hackage" | "pypi" => purl.name = purl.name.replace('_', "-"),
        "swid" => {
            if let Some(tag) = purl.qualifiers.get_mut("tag_id").filter(|tag| is_guid(tag)) {
                lower(tag);
            }
        }
        _ => {}
    }
}

/// The namespace is the host alone; the rest of the path is the name, and some hosts do not tell cases apart.
fn git(purl: &mut Purl) {
    if let Some((host, path)) = purl
        .namespace
        .as_deref()
        .and_then(|namespace| namespace.split_once('/'))
    {
        purl.name = format!("{path}/{}", purl.name);
        purl.namespace = Some(host.to_owned());
    }
    let host = purl.namespace.as_deref().unwrap_or_default();
    if ["github", "github.com", "bitbucket", "bitbucket.org"].contains(&host) {
        purl.name = purl.name.to_lowercase();
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Holds the parts to the rules of the type.
pub(super) fn check(purl: &Purl) -> Result<(), Broken> {
    let kind = purl.kind.as_str();
    match (find(kind).map(|kind| kind.namespace), &purl.namespace) {
        (Some(Required), None) => {
            return broken(
                format!("{kind} には名前空間が要ります"),
                format!("{kind} needs a namespace"),
            );
        }
        (Some(Prohibited), Some(namespace)) => {
            return broken(
                format!("{kind} に名前空間「{namespace}」は書けません"),
                format!("{kind} has no namespaces such as `{namespace}`"),
            );
        }
        _ => {}
    }
    if let Some(key) = find(kind).and_then(|kind| kind.qualifier)
        && purl.qualifier(key).is_none()
    {
        return broken(
            format!("{kind} には修飾子 {key} が要ります"),
            format!("{kind} needs the qualifier `{key}`"),
        );
    }
    let name = purl.name.as_str();
    let fits = match kind {
        "chrome-extension" => name.len() == 32 && name.bytes().all(|byte| (b'a'..=b'p').contains(&byte)),
        "cocoapods" => !name.starts_with('.') && !name.contains(|c: char| c == '+' || c.is_whitespace()),
        "cpan" => !name.contains("::"),
        _ => true,
    };
    if !fits {
        return broken(
            format!("{kind} の名前「{name}」は規則に合いません"),
            format!("{kind} has no names such as `{name}`"),
        );
    }
    let segments = purl.namespace.as_deref().unwrap_or_default().split('/').count();
    if kind == "swid" && segments > 2 {
        return broken(
            "swid の名前空間は二つまでです",
            "swid takes two segments of namespace at most",
        );
    }
    let numbers = |version: &str| {
        let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        version.split('.').count() <= 4 && version.split('.').all(number)
    };
    match &purl.version {
        Some(version) if kind == "chrome-extension" && !numbers(version) => broken(
            format!("chrome-extension のバージョン「{version}」は四つまでの数で書きます"),
            format!("chrome-extension versions such as `{version}` are up to four numbers"),
        ),
        _ => Ok(()),
    }
}
