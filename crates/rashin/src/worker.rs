//! The server's worker: a thread that does what the desk's queue holds, one job after another, and looks at the clocks, until the server ends. A job that is cut off then
//! goes on from there when a server runs again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use app::Desk;

use crate::edge;

/// How long it rests when nothing is due, or when the store does not answer.
const PAUSE: Duration = Duration::from_secs(2);

/// A worker; dropping it waits for the change that it is writing.
pub struct Worker {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Begins to work.
    pub fn begin(desk: Arc<Desk>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            let go_on = || !seen.load(Ordering::Relaxed);
            let (mut hour, mut tenth) = (None, None);
            while go_on() {
                let now = edge::now();
                // Clocks and the day's letters are looked at every hour, what is urgent every ten seconds. What they call for is done once, however
                // often they are looked at.
                let (this_hour, this_tenth) = (now.as_second() / 3600, now.as_second() / 10);
                let whole = hour != Some(this_hour);
                if whole && desk.run_clocks(now).is_ok() {
                    hour = Some(this_hour);
                }
                if tenth != Some(this_tenth) && desk.call_letters(now, whole).is_ok() {
                    tenth = Some(this_tenth);
                }
                // What fails is kept with its job; a store that does not answer is said to whoever asks the server.
                if !desk.work(now, &go_on).unwrap_or(false) {
                    thread::park_timeout(PAUSE);
                }
            }
        });
        Self {
            ended,
            thread: Some(thread),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A worker that panicked has nothing left to say.
            let _ = thread.join();
        }
    }
}
