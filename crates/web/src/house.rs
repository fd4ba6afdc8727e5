//! What the server holds: the desk, and the site as it stands. A request enters here: it is given the newest site and its [`Visit`].

use std::sync::{Arc, PoisonError, RwLock};

use app::{Ask, Caller, Desk, Person, Secret, Visit};
use axum::extract::{FromRef, FromRequestParts, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use vocab::Refusal;

use crate::i18n::{MessageFault, Messages};
use crate::limit::{self, Class, Limits, Whose};
use crate::oidc::Provider;
use crate::pages;
use crate::reader::Reader;
use crate::session::{self, Browser};
use crate::site::Site;

/// Reads the clock.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// The server's state; a copy is the same house.
#[derive(Clone)]
pub struct House(Arc<Rooms>);

struct Rooms {
    desk: Arc<Desk>,
    clock: Clock,
    options: Options,
    messages: Arc<Messages>,
    site: RwLock<Arc<Site>>,
    limits: Limits,
}

/// How a server stands towards the world.
#[derive(Debug, Clone)]
pub struct Options {
    /// Cookies travel over TLS alone. Off only where the server is reached by plain http on its own machine.
    pub secure: bool,
    /// A proxy of ours stands in front and writes the visitor's address at the end of `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// One address may ask for so much only. Off for load tests.
    pub limited: bool,
    /// By whom people can sign in without a password, if that is set up.
    pub provider: Option<Arc<Provider>>,
    /// The address under which the world knows the site, without a slash at its end; where it is not said, that by which one asks.
    pub public_url: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            secure: true,
            behind_proxy: false,
            limited: true,
            provider: None,
            public_url: None,
        }
    }
}

impl House {
    /// A house around a desk, with the options that suit a server that the world reaches over TLS.
    ///
    /// # Errors
    /// As [`House::with`].
    pub fn new(desk: Arc<Desk>, clock: Clock) -> Result<Self, HouseFault> {
        Self::with(desk, clock, Options::default())
    }

    /// A house around a desk.
    ///
    /// # Errors
    /// Messages that cannot be read, or a store that cannot.
    pub fn with(desk: Arc<Desk>, clock: Clock, options: Options) -> Result<Self, HouseFault> {
        let messages = Arc::new(Messages::load()?);
        let rashin = desk.rashin().map_err(HouseFault::Store)?;
        let made_up = desk.is_made_up().map_err(HouseFault::Store)?;
        let site = RwLock::new(Arc::new(Site::new(rashin, Arc::clone(&messages), made_up)));
        Ok(Self(Arc::new(Rooms {
            desk,
            clock,
            options,
            messages,
            site,
            limits: Limits::default(),
        })))
    }

    /// The desk.
    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.0.desk
    }

    /// How the server stands towards the world.
    pub(crate) fn options(&self) -> &Options {
        &self.0.options
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
            let made_up = self.0.desk.is_made_up()?;
            let site = Arc::new(Site::new(rashin, Arc::clone(&self.0.messages), made_up));
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

/// Every request but those for assets comes in here: it is counted, and told who asks.
pub(crate) async fn enter(State(house): State<House>, request: Request, next: Next) -> Response {
    let &Options {
        secure,
        behind_proxy,
        limited,
        ..
    } = house.options();
    let at = house.now();
    let (mut parts, body) = request.into_parts();
    let Ok(reader) = Reader::from_request_parts(&mut parts, &house).await;
    let address = limit::address(&parts.extensions, &parts.headers, behind_proxy).filter(|_| limited);
    if let Some(address) = address
        && let Err(seconds) = house
            .0
            .limits
            .take(address, Class::of(&parts.method, &reader.path), at)
    {
        return pages::too_many(&house.site(), &reader, seconds);
    }
    let key = session::key(&parts.headers);
    let browser = match key {
        Some(_) => Browser::of_program(house.desk().secret()),
        None => Browser::of(&parts.headers, || house.desk().secret()),
    };
    let entered = tokio::task::spawn_blocking({
        let (house, secret, key) = (house.clone(), browser.session.clone(), key.clone());
        move || {
            // A store that fails for a moment leaves the site as it was: the public part can still be read.
            drop(house.refresh());
            who(house.desk(), secret.as_ref(), key.as_ref(), at)
        }
    });
    let known = match entered.await {
        Ok(Ok(known)) => known,
        Ok(Err(refusal)) => return pages::fault(&house.site(), &reader, &refusal),
        Err(broken) => return pages::fault(&house.site(), &reader, &pages::internal(&broken)),
    };
    if key.is_some() {
        // Whoever guesses has the turns of an address, whoever holds a key those of its account, from wherever it is used.
        let turn = match &known {
            Some((caller, _)) => {
                let whose = limited.then(|| Whose::Account(caller.account.clone()));
                whose.map(|whose| (whose, Class::of(&parts.method, &reader.path)))
            }
            None => address.map(|address| (address.into(), Class::Guess)),
        };
        if let Some((whose, class)) = turn
            && let Err(seconds) = house.0.limits.take(whose, class, at)
        {
            return pages::too_many(&house.site(), &reader, seconds);
        }
        if known.is_none() {
            return pages::fault(&house.site(), &reader, &wrong_key());
        }
    }
    let signed_in = known.is_some();
    let (caller, person) = known.unzip();
    let browser = if signed_in { browser.signed_in() } else { browser };
    let form_cookie = browser.form_cookie(&reader.path, secure);
    parts.extensions.insert(Visit { at, caller });
    parts.extensions.insert(browser);
    if let Some(person) = person {
        parts.extensions.insert::<Person>(person);
    }
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("cookie, authorization"));
    if let Some(cookie) = form_cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
    if signed_in || session::is_signed_out_form(&reader.path) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Who brings a session's secret or a key; where both are brought, the key decides. Blocks: the store is asked.
fn who(
    desk: &Desk,
    secret: Option<&Secret>,
    key: Option<&Secret>,
    at: Timestamp,
) -> Result<Option<(Caller, Person)>, Refusal> {
    let caller = match (key, secret) {
        (Some(key), _) => desk.key_caller(key, at)?,
        (None, Some(secret)) => desk.caller(secret, at)?,
        (None, None) => None,
    };
    let Some(caller) = caller else {
        return Ok(None);
    };
    let person = desk.person(&caller)?;
    Ok(Some((caller, person)))
}

/// A key that opens nothing: wrong, over, taken back, or of an account that is shut out. Which of them is not said.
fn wrong_key() -> Refusal {
    Refusal::new(
        "wrong-key",
        "このキーは使えません。期限が過ぎたか、取り消されたか、違うものです。アカウントの画面で新しいキーを作ってください。",
        "This key does not open. It has ended, was taken back, or is not right. Please make a new one on the account page.",
    )
}
