//! One file under an address, fetched when it has changed: over TLS from anywhere, in the clear from this machine alone, within limits of size and time. It
//! knows nothing of what is in the file.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::vocab::Refusal;
use serde::{Deserialize, Serialize};
use store::sha256;
use ureq::http::{Response, Uri, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::edge;

/// The longest that a file is waited for.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// The longest that nothing is heard.
const SILENCE: Duration = Duration::from_secs(60);
/// The largest file, in bytes.
const LARGEST: u64 = 4 << 30;
/// The endings of what is understood.
const ENDINGS: [&str; 4] = [".zip", ".json", ".csv", ".csv.gz"];

/// Fetches into folders beside the database.
pub struct Fetcher {
    agent: Result<Agent, Refusal>,
    /// The same for addresses of this machine, which have no certificate.
    near: Agent,
    folder: PathBuf,
}

/// What a server says of a file, to be asked for only when it has changed.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    etag: Option<String>,
    modified: Option<String>,
}

/// A file that has changed.
pub struct Fetched {
    /// The folder that it alone is in.
    pub folder: PathBuf,
    mark: Mark,
    note: PathBuf,
}

impl Fetched {
    /// Notes that it was taken in: from now on it is fetched only when it has changed again.
    pub fn keep(self) {
        let text = serde_json::to_vec(&self.mark).unwrap_or_default();
        // Without the note it is only fetched once more.
        let _ = fs::write(self.note, text);
    }
}

/// Whether an address may be fetched from.
pub fn is_safe(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else {
        return false;
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    let allowed = scheme == "https" || scheme == "http" && is_near(&uri);
    allowed && !authority.as_str().contains('@') && name_of(&uri).is_some()
}

fn is_near(uri: &Uri) -> bool {
    uri.host().is_some_and(|host| {
        host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse()
                .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    })
}

/// The name of the file, if it is of a kind that is understood.
fn name_of(uri: &Uri) -> Option<String> {
    let name = uri.path().rsplit('/').next()?;
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let known = ENDINGS
        .iter()
        .any(|ending| name.len() > ending.len() && name.ends_with(ending));
    (plain && known && !name.starts_with('.')).then(|| name.to_owned())
}

impl Fetcher {
    /// A fetcher for a database.
    pub fn new(database: &Path) -> Self {
        let mut folder = database.as_os_str().to_owned();
        folder.push(".feeds");
        let config = || {
            Agent::config_builder()
                .timeout_global(Some(PATIENCE))
                .timeout_recv_response(Some(SILENCE))
                .timeout_connect(Some(SILENCE))
                .http_status_as_error(false)
                .user_agent("rashin")
        };
        let trusted: Vec<_> = edge::trusted()
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        let agent = if trusted.is_empty() {
            Err(Refusal::new(
                "no_certificates",
                "この機械に、信頼する認証局の証明書がありません。ca-certificates を入れるか、SSL_CERT_FILE で指定してください。",
                "This machine trusts no certificate authority. Install ca-certificates or name a file in SSL_CERT_FILE.",
            ))
        } else {
            let tls = TlsConfig::builder()
                .root_certs(RootCerts::Specific(Arc::new(trusted)))
                .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .build();
            // Also where it is sent elsewhere.
            Ok(config()
                .https_only(true)
                .tls_config(tls)
                .max_redirects(5)
                .build()
                .new_agent())
        };
        Self {
            agent,
            near: config().max_redirects(0).proxy(None).build().new_agent(),
            folder: PathBuf::from(folder),
        }
    }

    /// The file under an address, if it has changed since it was last kept.
    pub fn fetch(&self, address: &str) -> Result<Option<Fetched>, Refusal> {
        let failed = |error: &dyn std::fmt::Display| {
            Refusal::new(
                "unreachable",
                format!("{address} から取得できません（{error}）。アドレスと接続を確かめてください。"),
                format!("{address} cannot be fetched ({error}). Check the address and the connection."),
            )
        };
        let uri: Uri = address.parse().map_err(|error| failed(&error))?;
        let name = name_of(&uri).ok_or_else(|| failed(&"no such kind of file"))?;
        let agent = if uri.scheme_str() == Some("https") {
            self.agent.as_ref().map_err(Clone::clone)?
        } else {
            &self.near
        };
        let mut id = sha256(address.as_bytes());
        id.truncate(16);
        let (folder, note) = (self.folder.join(&id), self.folder.join(format!("{id}.json")));
        fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
        let mark: Mark = fs::read(&note)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        let mut request = agent.get(address);
        if let Some(etag) = mark.etag.as_ref().filter(|_| folder.join(&name).exists()) {
            request = request.header(header::IF_NONE_MATCH, etag);
        } else if let Some(modified) = mark.modified.as_ref().filter(|_| folder.join(&name).exists()) {
            request = request.header(header::IF_MODIFIED_SINCE, modified);
        }
        let mut answer = request.call().map_err(|error| failed(&error))?;
        match answer.status().as_u16() {
            200 => {}
            304 => return Ok(None),
            status => return Err(failed(&format!("HTTP {status}"))),
        }
        let said = |name| {
            let value = answer.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let mark = Mark {
            etag: said(header::ETAG),
            modified: said(header::LAST_MODIFIED),
        };
        write(
            &mut answer,
            &self.folder.join(format!("{id}.new")),
            &folder.join(&name),
        )
        .map_err(|error| failed(&error))?;
        Ok(Some(Fetched { folder, mark, note }))
    }
}

/// Writes what comes beside its place, then puts it there whole.
fn write(answer: &mut Response<Body>, beside: &Path, place: &Path) -> std::io::Result<()> {
    let mut from = answer.body_mut().with_config().limit(LARGEST).reader();
    let mut file = File::create(beside)?;
    let mut piece = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            break;
        }
        file.write_all(&piece[..read])?;
    }
    file.sync_all()?;
    fs::rename(beside, place)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::Fetcher;

    /// A server that answers each request by its path, and by whether the file is known already.
    fn serve() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> = lines
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect();
                let known = head
                    .iter()
                    .any(|line| line.eq_ignore_ascii_case("if-none-match: \"one\""));
                let answer = match head[0].split(' ').nth(1).unwrap() {
                    "/kev.json" if known => {
                        "HTTP/1.1 304 Not Modified\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    }
                    "/kev.json" => {
                        "HTTP/1.1 200 OK\r\netag: \"one\"\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"
                    }
                    "/short.json" => "HTTP/1.1 200 OK\r\ncontent-length: 20\r\nconnection: close\r\n\r\n{}",
                    "/away.json" => {
                        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/kev.json\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    }
                    _ => "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                };
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        base
    }

    #[test]
    fn a_file_is_fetched_once_until_it_changes_and_never_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let fetcher = Fetcher::new(&folder.path().join("advisories.db"));
        let base = serve();
        let kev = format!("{base}/kev.json");
        // What was fetched and not taken in is fetched again.
        for _ in 0..2 {
            let fetched = fetcher.fetch(&kev).unwrap().unwrap();
            assert_eq!(std::fs::read(fetched.folder.join("kev.json")).unwrap(), b"{}");
        }
        fetcher.fetch(&kev).unwrap().unwrap().keep();
        assert!(fetcher.fetch(&kev).unwrap().is_none());
        for (path, why) in [
            ("short.json", "/short.json"),
            ("away.json", "30"),
            ("gone.json", "HTTP 500"),
        ] {
            let refusal = fetcher.fetch(&format!("{base}/{path}")).err().unwrap();
            assert!(
                refusal.kind == "unreachable" && refusal.en.contains(why),
                "{refusal}"
            );
        }
        // Nothing of what came in part is in any folder that would be loaded.
        let mut left = vec![];
        for one in std::fs::read_dir(folder.path().join("advisories.db.feeds")).unwrap() {
            let path = one.unwrap().path();
            if path.is_dir() {
                left.extend(
                    std::fs::read_dir(path)
                        .unwrap()
                        .map(|file| file.unwrap().file_name()),
                );
            }
        }
        assert_eq!(left, ["kev.json"]);
    }
}
