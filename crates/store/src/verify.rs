//! Proves a whole store: every seal follows from the one before, every version is what its event sealed, nothing is
//! missing and nothing stands beside the chain. A tail that was cut off consistently leaves no trace in the store
//! itself, so heads that were written down elsewhere are compared too.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::fault::Fault;
use crate::name::{Key, Name};
use crate::record::{Event, Head, Version, Written};
use crate::seal::{canonical, sha256};
use crate::store::{Row, Store};

/// A store that holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
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

impl Broken {
    /// A database that cannot be read as far as its rows.
    pub fn unreadable(fault: &Fault) -> Self {
        let told = fault.report();
        Self {
            owner: None,
            event: None,
            ja: told.ja,
            en: told.en,
        }
    }
}

/// Proves a store, and that it still holds `remembered`: heads of an earlier proof.
///
/// # Errors
/// [`Broken`], the first link that does not hold.
pub fn verify(store: &dyn Store, remembered: &[Head]) -> Result<Verified, Box<Broken>> {
    let unreadable = |fault: Fault| Box::new(Broken::unreadable(&fault));
    if let Some(first) = store.inspect().map_err(unreadable)?.into_iter().next() {
        return Err(unreadable(Fault::Corrupt(first)));
    }
    let mut proof = Proof::new(remembered);
    let mut broken = None;
    let walked = store.walk(&mut |row| {
        proof.row(&row).map_err(|found| {
            let end = Fault::Corrupt(found.to_string());
            broken = Some(found);
            end
        })
    });
    match (broken, walked) {
        (Some(broken), _) => Err(broken),
        (None, Err(fault)) => Err(unreadable(fault)),
        (None, Ok(())) => {
            proof.end()?;
            Ok(proof.verified)
        }
    }
}

/// A version among its owner's: kind, id and number.
type Place = (Name, Name, u32);

/// What rows in the order of [`Store::walk`] have proved so far.
pub(crate) struct Proof {
    verified: Verified,
    /// Heads of an earlier proof that have not been passed yet.
    remembered: BTreeMap<Name, Vec<Head>>,
    /// The chain that is being followed, and what follows from it.
    head: Option<Head>,
    last: Option<(u64, String)>,
    ended: bool,
    /// Versions still to come: what was sealed, and by which event.
    expected: BTreeMap<Place, (Written, u64)>,
    newest: BTreeMap<(Name, Name), Written>,
    erased: BTreeSet<Place>,
    blobs: BTreeMap<String, u64>,
}

impl Proof {
    pub(crate) fn new(heads: &[Head]) -> Self {
        let mut remembered: BTreeMap<Name, Vec<Head>> = BTreeMap::new();
        for head in heads {
            remembered
                .entry(head.owner.clone())
                .or_default()
                .push(head.clone());
        }
        Self {
            verified: Verified::default(),
            remembered,
            head: None,
            last: None,
            ended: false,
            expected: BTreeMap::new(),
            newest: BTreeMap::new(),
            erased: BTreeSet::new(),
            blobs: BTreeMap::new(),
        }
    }

    pub(crate) fn row(&mut self, row: &Row) -> Result<(), Box<Broken>> {
        if !matches!(row, Row::Event(_)) {
            self.end_chain()?;
        }
        match row {
            Row::Head(head) => {
                self.close()?;
                self.head = Some(head.clone());
                Ok(())
            }
            Row::Event(event) => self.event(event),
            Row::Version(version) => self.version(version),
            Row::Listed {
                key,
                version,
                parent,
                state,
            } => self.listed(key, *version, parent.as_ref(), state.as_ref()),
            Row::Blob { owner, sha256, bytes } => self.blob(owner, sha256, bytes),
        }
    }

    /// Ends the proof: the last owner is whole, and no owner that was remembered is missing.
    pub(crate) fn end(&mut self) -> Result<(), Box<Broken>> {
        self.close()?;
        let Some((owner, heads)) = self.remembered.first_key_value() else {
            return Ok(());
        };
        let seq = heads.iter().map(|head| head.seq).max();
        Err(Box::new(Broken {
            owner: Some(owner.clone()),
            event: Some(1),
            ja: format!(
                "{owner}: 控えにある記録の列（{} 番まで）がありません。",
                seq.unwrap_or(1)
            ),
            en: format!(
                "{owner}: the chain that was noted (up to event {}) is missing.",
                seq.unwrap_or(1)
            ),
        }))
    }

    fn event(&mut self, event: &Event) -> Result<(), Box<Broken>> {
        self.is_owner(&event.owner, Some(event.seq))?;
        let next = self.last.as_ref().map_or(1, |(seq, _)| seq + 1);
        if event.seq != next {
            return Err(self.broken(
                Some(next),
                &format!("この記録がありません（次にあるのは {} 番）。", event.seq),
                &format!("it is missing (the next one there is {}).", event.seq),
            ));
        }
        let previous = self.last.as_ref().map(|(_, seal)| seal.as_str());
        if event.seal_after(previous).ok().as_ref() != Some(&event.seal) {
            return Err(self.broken(
                Some(event.seq),
                "記録の内容が封印と合いません。",
                "the event is not what was sealed.",
            ));
        }
        let noted = self.remembered.get(&event.owner).into_iter().flatten();
        if noted
            .into_iter()
            .any(|head| head.seq == event.seq && head.seal != event.seal)
        {
            return Err(self.broken(
                Some(event.seq),
                "封印が控えと違います。記録が作り直されています。",
                "its seal is not the one that was noted: the chain was made anew.",
            ));
        }
        for written in &event.written {
            let place = (written.kind.clone(), written.id.clone(), written.version);
            self.newest
                .insert((written.kind.clone(), written.id.clone()), written.clone());
            self.expected.insert(place, (written.clone(), event.seq));
        }
        self.erased.extend(event.erased.iter().cloned());
        for blob in &event.blobs {
            self.blobs.entry(blob.clone()).or_insert(event.seq);
        }
        self.verified.events += 1;
        self.last = Some((event.seq, event.seal.clone()));
        Ok(())
    }

    fn version(&mut self, version: &Version) -> Result<(), Box<Broken>> {
        let Key { owner, kind, id } = &version.key;
        self.is_owner(owner, Some(version.event))?;
        let place = (kind.clone(), id.clone(), version.version);
        let number = version.version;
        let Some((written, event)) = self.expected.remove(&place) else {
            return Err(self.broken(
                Some(version.event),
                &format!("{kind}/{id} 版 {number} は、どの記録にも書かれていません。"),
                &format!("{kind}/{id} version {number}: no event wrote it."),
            ));
        };
        let erased = self.erased.contains(&place);
        let sound = version.body.as_ref().map_or(erased, |body| {
            !erased && sha256(canonical(body).as_bytes()) == version.sha256
        });
        let same = written.sha256 == version.sha256
            && written.parent == version.parent
            && written.state == version.state
            && event == version.event;
        if !(sound && same) {
            return Err(self.broken(
                Some(event),
                &format!("{kind}/{id} 版 {number} の内容が、書いたときの封印と合いません。"),
                &format!("{kind}/{id} version {number}: not what was sealed when it was written."),
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

    /// Ends an owner: nothing that its chain wrote is missing.
    fn close(&mut self) -> Result<(), Box<Broken>> {
        let Some(head) = self.head.clone() else {
            return Ok(());
        };
        self.end_chain()?;
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
        if let Some((blob, event)) = self.blobs.iter().min_by_key(|(_, event)| **event) {
            return Err(self.broken(
                Some(*event),
                &format!("ファイル {blob} がありません。"),
                &format!("file {blob} is missing."),
            ));
        }
        self.verified.heads.push(head);
        self.head = None;
        self.last = None;
        self.ended = false;
        self.erased.clear();
        Ok(())
    }

    /// The chain is as long as its head and the notes say.
    fn end_chain(&mut self) -> Result<(), Box<Broken>> {
        let Some(head) = self.head.clone().filter(|_| !self.ended) else {
            return Ok(());
        };
        let reached = self.last.as_ref().map(|(seq, seal)| (*seq, seal.as_str()));
        let seq = reached.map_or(0, |(seq, _)| seq);
        if reached != Some((head.seq, head.seal.as_str())) {
            return Err(self.broken(
                Some(seq + 1),
                &format!("記録の列が {} 番まで続いていません。", head.seq),
                &format!("the chain does not reach event {}.", head.seq),
            ));
        }
        let noted = self.remembered.remove(&head.owner).into_iter().flatten();
        if let Some(longest) = noted.map(|head| head.seq).max().filter(|noted| *noted > seq) {
            return Err(self.broken(
                Some(seq + 1),
                &format!("控えでは {longest} 番まであった記録が、切り取られています。"),
                &format!("the chain was cut off: it was noted up to event {longest}."),
            ));
        }
        self.ended = true;
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
