//! What all pages share: the opened plan, the messages, and answers already worked out.
//!
//! A site is one state of the plan: when its books change, another takes its place. An answer holds for as long as the
//! site does; only so many what-ifs are kept. Work that takes processor time runs off the network threads, and only so
//! many pieces of it at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use app::{Ask, Coverage, Dashboard, IndicatorView, Rashin, Summary};
use tokio::sync::Semaphore;
use vocab::{Lang, Refusal};

use crate::i18n::{Messages, Texts};

/// Answers to what-ifs that are kept.
const KEPT: usize = 256;

/// The plan with its messages and answers.
pub struct Site {
    rashin: Arc<Rashin>,
    made_up: bool,
    messages: Arc<Messages>,
    dashboard: OnceLock<Result<Dashboard, Refusal>>,
    summaries: OnceLock<Result<Vec<Summary>, Refusal>>,
    coverage: OnceLock<Coverage>,
    views: Mutex<HashMap<(String, Ask), Arc<IndicatorView>>>,
    workers: Semaphore,
}

impl Site {
    /// A site for a plan; `made_up` says that all kept beside it is.
    pub fn new(rashin: Arc<Rashin>, messages: Arc<Messages>, made_up: bool) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            rashin,
            made_up,
            messages,
            dashboard: OnceLock::new(),
            summaries: OnceLock::new(),
            coverage: OnceLock::new(),
            views: Mutex::default(),
            workers: Semaphore::new(processors),
        }
    }

    /// Whether all that is kept beside the plan is made up (架空データ).
    pub fn made_up(&self) -> bool {
        self.made_up
    }

    /// The plan, to be held.
    pub(crate) fn shared(&self) -> &Arc<Rashin> {
        &self.rashin
    }

    /// The plan.
    pub fn rashin(&self) -> &Rashin {
        &self.rashin
    }

    /// The words of one language.
    pub fn texts(&self, lang: Lang) -> Texts<'_> {
        self.messages.texts(lang)
    }

    /// The plan at a glance.
    ///
    /// # Errors
    /// As [`Rashin::dashboard`].
    pub fn dashboard(&self) -> Result<&Dashboard, Refusal> {
        self.dashboard
            .get_or_init(|| self.rashin.dashboard())
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Every indicator in a line.
    ///
    /// # Errors
    /// As [`Rashin::summaries`].
    pub fn summaries(&self) -> Result<&[Summary], Refusal> {
        self.summaries
            .get_or_init(|| self.rashin.summaries())
            .as_deref()
            .map_err(Clone::clone)
    }

    /// The coverage matrix.
    pub fn coverage(&self) -> &Coverage {
        self.coverage.get_or_init(|| self.rashin.coverage())
    }

    /// An indicator's page.
    ///
    /// # Errors
    /// As [`Rashin::view`].
    pub fn view(&self, id: &str, ask: &Ask) -> Result<Arc<IndicatorView>, Refusal> {
        let key = (id.to_owned(), ask.clone());
        if let Some(view) = self
            .views
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return Ok(Arc::clone(view));
        }
        let view = Arc::new(self.rashin.view(id, ask)?);
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if views.len() >= KEPT {
            // What-ifs are many and seldom asked twice; the plain pages stay.
            views.retain(|(_, ask), _| *ask == Ask::default());
        }
        if views.len() < 4 * KEPT {
            views.insert(key, Arc::clone(&view));
        }
        Ok(view)
    }

    /// Runs work that takes processor time without holding up other requests.
    ///
    /// # Errors
    /// Those of the work, and one that says so where it broke off.
    pub async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let _turn = self.workers.acquire().await;
        let site = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&site))
            .await
            .unwrap_or_else(|_| {
                Err(Refusal::new(
                    "internal",
                    "処理の途中で止まりました。時間をおいて、もう一度お試しください。",
                    "The work stopped half way. Please try again later.",
                ))
            })
    }
}
