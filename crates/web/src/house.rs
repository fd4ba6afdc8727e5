//! What the server holds: the desk, and the site as it stands. A request enters here: it is given the newest site and its [`Visit`].

use std::sync::{Arc, PoisonError, RwLock};

use app::{Ask, Desk, Visit};
use axum::extract::{FromRef, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use vocab::Refusal;

use crate::i18n::{MessageFault, Messages};
use crate::site::Site;

/// Reads the clock.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// The server's state; a copy is the same house.
#[derive(Clone)]
pub struct House(Arc<Rooms>);

struct Rooms {
    desk: Arc<Desk>,
    clock: Clock,
    messages: Arc<Messages>,
    site: RwLock<Arc<Site>>,
}

impl House {
    /// A house around a desk.
    ///
    /// # Errors
    /// Messages that cannot be read, or a store that cannot.
    pub fn new(desk: Arc<Desk>, clock: Clock) -> Result<Self, HouseFault> {
        let messages = Arc::new(Messages::load()?);
        let rashin = desk.rashin().map_err(HouseFault::Store)?;
        let site = RwLock::new(Arc::new(Site::new(rashin, Arc::clone(&messages))));
        Ok(Self(Arc::new(Rooms {
            desk,
            clock,
            messages,
            site,
        })))
    }

    /// The desk.
    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.0.desk
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    fn site(&self) -> Arc<Site> {
        Arc::clone(&self.0.site.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the site anew if the plan's books changed. Blocks: the store is asked.
    fn refresh(&self) -> Result<(), Refusal> {
        let rashin = self.0.desk.rashin()?;
        if !Arc::ptr_eq(&rashin, self.site().shared()) {
            let site = Arc::new(Site::new(rashin, Arc::clone(&self.0.messages)));
            *self.0.site.write().unwrap_or_else(PoisonError::into_inner) = site;
            self.warm();
        }
        Ok(())
    }

    /// Works out the plain pages of the site before anyone asks for them, on a thread of its own; a newer site ends the work.
    pub(crate) fn warm(&self) {
        let (house, site) = (self.clone(), self.site());
        std::thread::spawn(move || {
            // What fails here fails again, and is said, when a reader asks for it.
            let _ = site.dashboard();
            let _ = site.summaries();
            site.coverage();
            for indicator in &site.rashin().plan().indicators {
                if !Arc::ptr_eq(&site, &house.site()) {
                    return;
                }
                let _ = site.view(&indicator.id, &Ask::default());
            }
        });
    }
}

/// Why a server cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum HouseFault {
    /// Messages that cannot be read.
    #[error(transparent)]
    Messages(#[from] MessageFault),
    /// The plan's books cannot be opened.
    #[error("{0}")]
    Store(Refusal),
}

impl FromRef<House> for Arc<Site> {
    fn from_ref(house: &House) -> Self {
        house.site()
    }
}

/// Every request but those for assets comes in here.
pub(crate) async fn enter(State(house): State<House>, mut request: Request, next: Next) -> Response {
    let visit = Visit {
        at: house.now(),
        caller: None,
    };
    let fresh = tokio::task::spawn_blocking(move || house.refresh()).await;
    // A store that fails for a moment leaves the site as it was: the public part can still be read.
    drop(fresh);
    request.extensions_mut().insert(visit);
    next.run(request).await
}
