//! Proves a whole store: every seal follows from the one before, every version is what its event sealed, nothing is
//! missing and nothing stands beside the chain.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::fault::Fault;
use crate::name::{Key, Name};
use crate::record::{Event, Head, Version, Written};
use crate::seal::{canonical, sha256};
use crate::store::{Row, Store};

/// A store that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The end of every chain: written down elsewhere, it shows later that nothing was cut off.
    pub heads: Vec<Head>,
    /// Number of events.
    pub events: u64,
    /// Number of record versions.
    pub versions: u64,
    /// Number of files.
    pub blobs: u64,
}

/// The first link that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{ja} / {en}")]
pub struct Broken {
    /// Whose chain; none if the database as a whole cannot be read.
    pub owner: Option<Name>,
    /// Number of the event; none if no event is concerned.
    pub event: Option<u64>,
    /// What is wrong, in Japanese.
    pub ja: String,
    /// What is wrong, in English.
    pub en: String,
}

/// Proves a store.
///
/// # Errors
/// [`Broken`], the first link that does not hold.
pub fn verify(store: &dyn Store) -> Result<Verified, Box<Broken>> {
    let unreadable = |fault: &Fault| Broken {
        owner: None,
        event: None,
        ja: format!("データベースを読めません（{fault}）。バックアップから戻してください。"),
        en: format!("The database cannot be read ({fault}). Restore a backup."),
    };
    if let Some(first) = store.inspect().map_err(|fault| unreadable(&fault))?.first() {
        return Err(Box::new(Broken {
            owner: None,
            event: None,
            ja: format!("データベースのファイルが壊れています（{first}）。バックアップから戻してください。"),
            en: format!("The database file is damaged ({first}). Restore a backup."),
        }));
    }
    let mut proof = Proof::default();
    let walked = store.walk(&mut |row| {
        if proof.broken.is_none()
            && let Err(broken) = proof.row(row)
        {
            proof.broken = Some(broken);
        }
        Ok(())
    });
    if proof.broken.is_none()
        && let Err(broken) = proof.close()
    {
        proof.broken = Some(broken);
    }
    match (proof.broken, walked) {
        (Some(broken), _) => Err(broken),
        (None, Err(fault)) => Err(Box::new(unreadable(&fault))),
        (None, Ok(())) => Ok(proof.verified),
    }
}

/// A record's versions still to come, by kind, id and number: what was sealed, and by which event.
type Expected = BTreeMap<(Name, Name, u32), (Written, u64)>;

struct Proof {
    verified: Verified,
    broken: Option<Box<Broken>>,
    head: Option<Head>,
    last: Option<Event>,
    expected: Expected,
    newest: BTreeMap<(Name, Name), Written>,
    erased: BTreeSet<(Name, Name, u32)>,
    blobs: BTreeMap<String, u64>,
}

impl Default for Proof {
    fn default() -> Self {
        Self {
            verified: Verified {
                heads: vec![],
                events: 0,
                versions: 0,
                blobs: 0,
            },
            broken: None,
            head: None,
            last: None,
            expected: BTreeMap::new(),
            newest: BTreeMap::new(),
            erased: BTreeSet::new(),
            blobs: BTreeMap::new(),
        }
    }
}

impl Proof {
    fn row(&mut self, row: Row) -> Result<(), Box<Broken>> {
        match row {
            Row::Head(head) => {
                self.close()?;
                self.head = Some(head);
                Ok(())
            }
            Row::Event(event) => self.event(event),
            Row::Version(version) => self.version(&version),
            Row::Listed {
                key,
                version,
                parent,
                state,
            } => self.listed(&key, version, parent.as_ref(), state.as_ref()),
            Row::Blob { owner, sha256, bytes } => self.blob(&owner, &sha256, &bytes),
        }
    }

    fn event(&mut self, event: Event) -> Result<(), Box<Broken>> {
        self.is_owner(&event.owner, Some(event.seq))?;
        let next = self.last.as_ref().map_or(1, |last| last.seq + 1);
        if event.seq != next {
            return Err(self.broken(
                Some(next),
                &format!("{next} 番の記録がありません（次は {} 番）。", event.seq),
                &format!("event {next} is missing (the next is {}).", event.seq),
            ));
        }
        let previous = self.last.as_ref().map(|last| last.seal.as_str());
        if event.seal_after(previous) != event.seal {
            return Err(self.broken(
                Some(event.seq),
                "記録の内容が封印と合いません。",
                "the event is not what was sealed.",
            ));
        }
        for written in &event.written {
            let key = (written.kind.clone(), written.id.clone(), written.version);
            self.newest
                .insert((written.kind.clone(), written.id.clone()), written.clone());
            self.expected.insert(key, (written.clone(), event.seq));
        }
        self.erased.extend(event.erased.iter().cloned());
        for blob in &event.blobs {
            self.blobs.entry(blob.clone()).or_insert(event.seq);
        }
        self.verified.events += 1;
        self.last = Some(event);
        Ok(())
    }

    fn version(&mut self, version: &Version) -> Result<(), Box<Broken>> {
        let Key { owner, kind, id } = &version.key;
        self.is_owner(owner, Some(version.event))?;
        let place = (kind.clone(), id.clone(), version.version);
        let name = format!("{kind}/{id} 版 {}", version.version);
        let Some((written, event)) = self.expected.remove(&place) else {
            return Err(self.broken(
                Some(version.event),
                &format!("{name} は、どの記録にも書かれていません。"),
                &format!("{name}: no event wrote it."),
            ));
        };
        let forgotten = version.body.is_none() && self.erased.contains(&place);
        let sound = version.body.as_ref().map_or(forgotten, |body| {
            sha256(canonical(body).as_bytes()) == version.sha256
        });
        let same = written.sha256 == version.sha256
            && written.parent == version.parent
            && written.state == version.state
            && event == version.event;
        if !(sound && same) {
            return Err(self.broken(
                Some(event),
                &format!("{name} の内容が、書いたときの封印と合いません。"),
                &format!("{name}: not what was sealed when it was written."),
            ));
        }
        self.verified.versions += 1;
        Ok(())
    }

    fn listed(
        &mut self,
        key: &Key,
        version: u32,
        parent: Option<&Name>,
        state: Option<&Name>,
    ) -> Result<(), Box<Broken>> {
        self.is_owner(&key.owner, None)?;
        let newest = self.newest.remove(&(key.kind.clone(), key.id.clone()));
        let same = newest.as_ref().is_some_and(|written| {
            written.version == version && written.parent.as_ref() == parent && written.state.as_ref() == state
        });
        if same {
            return Ok(());
        }
        Err(self.broken(
            None,
            &format!("{key} の一覧での位置が、記録と合いません。"),
            &format!("{key}: its place in lists is not what was written."),
        ))
    }

    fn blob(&mut self, owner: &Name, stated: &str, bytes: &[u8]) -> Result<(), Box<Broken>> {
        self.is_owner(owner, None)?;
        let event = self.blobs.remove(stated);
        if event.is_none() || sha256(bytes) != stated {
            return Err(self.broken(
                event,
                &format!("ファイル {stated} の中身が封印と合いません。"),
                &format!("file {stated}: not what was sealed."),
            ));
        }
        self.verified.blobs += 1;
        Ok(())
    }

    /// Ends an owner: the chain is as long as its head says and nothing that it wrote is missing.
    fn close(&mut self) -> Result<(), Box<Broken>> {
        let Some(head) = self.head.clone() else {
            return Ok(());
        };
        let reached = self.last.as_ref().map(|last| (last.seq, last.seal.as_str()));
        if reached != Some((head.seq, head.seal.as_str())) {
            let seq = reached.map_or(1, |(seq, _)| seq + 1);
            return Err(self.broken(
                Some(seq),
                &format!("記録の列が {} 番まで続いていません。", head.seq),
                &format!("the chain does not reach event {}.", head.seq),
            ));
        }
        let missing = self.expected.iter().min_by_key(|(_, (_, event))| *event);
        if let Some(((kind, id, version), (_, event))) = missing {
            return Err(self.broken(
                Some(*event),
                &format!("{kind}/{id} 版 {version} がありません。"),
                &format!("{kind}/{id} version {version} is missing."),
            ));
        }
        if let Some((kind, id)) = self.newest.keys().next() {
            return Err(self.broken(
                None,
                &format!("{kind}/{id} が一覧にありません。"),
                &format!("{kind}/{id} is missing from lists."),
            ));
        }
        if let Some((blob, event)) = self.blobs.iter().next() {
            return Err(self.broken(
                Some(*event),
                &format!("ファイル {blob} がありません。"),
                &format!("file {blob} is missing."),
            ));
        }
        self.verified.heads.push(head);
        self.head = None;
        self.last = None;
        self.erased.clear();
        Ok(())
    }

    fn is_owner(&self, owner: &Name, event: Option<u64>) -> Result<(), Box<Broken>> {
        if self.head.as_ref().is_some_and(|head| head.owner == *owner) {
            return Ok(());
        }
        Err(Box::new(Broken {
            owner: Some(owner.clone()),
            event,
            ja: format!("{owner}: 記録の列の端が分かりません。"),
            en: format!("{owner}: the end of the chain is not known."),
        }))
    }

    #[expect(
        clippy::unnecessary_box_returns,
        reason = "every caller returns it as a boxed error"
    )]
    fn broken(&self, event: Option<u64>, ja: &str, en: &str) -> Box<Broken> {
        let owner = self.head.as_ref().map(|head| head.owner.clone());
        let name = owner.as_ref().map_or_else(String::new, Name::to_string);
        let (at_ja, at_en) = event.map_or_else(Default::default, |seq| {
            (format!(" の {seq} 番の記録"), format!(", event {seq}"))
        });
        Box::new(Broken {
            owner,
            event,
            ja: format!("{name}{at_ja}: {ja}"),
            en: format!("{name}{at_en}: {en}"),
        })
    }
}
