//! The server's worker: a thread that does what the desk's queue holds, one job after another, and looks at the clocks, until the server ends. A job that is cut off then
//! goes on from there when a server runs again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use app::Desk;

use crate::edge;

/// How long letters rest when none is due, or when the store does not answer.
const PAUSE: Duration = Duration::from_secs(2);
/// How long the desk rests: whom a new advisory concerns is to know within a second, and looking whether there is one costs next to nothing.
const LOOK: Duration = Duration::from_millis(app::REST_MILLISECONDS);

/// A worker; dropping it waits for the change that it is writing.
pub struct Worker {
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Worker {
    /// Begins to work: one thread for the desk's jobs, clocks and the calling of letters, one that sends them.
    pub fn begin(desk: Arc<Desk>) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let (mut hour, mut tenth) = (None, None);
        let post = Arc::clone(&desk);
        let threads = vec![
            spawn(&ended, LOOK, move |go_on| {
                let now = edge::now();
                // Clocks and the day's letters are looked at every hour, what is urgent every ten seconds. What they call for is done once, however
                // often they are looked at; what fails is looked at again the next time.
                let (this_hour, this_tenth) = (now.as_second() / 3600, now.as_second() / 10);
                let whole = hour != Some(this_hour);
                if tenth != Some(this_tenth) {
                    tenth = Some(this_tenth);
                    let looked = (
                        !whole
                            || (desk.run_clocks(now).is_ok()
                                && desk.tell_support(now).is_ok()
                                && desk.clear_unsent(now).is_ok()
                                && desk.forget_tries(now).is_ok()),
                        desk.call_letters(now, whole).is_ok(),
                    );
                    if looked == (true, true) {
                        hour = Some(this_hour);
                    }
                }
                // A database of advisories that cannot be read is looked at again; until then what was read before holds.
                let watched = desk.watch_advisories(now).unwrap_or(false);
                // What fails is kept with its job; a store that does not answer is said to whoever asks the server.
                desk.work(&edge::now, go_on).unwrap_or(false) || watched
            }),
            spawn(&ended, PAUSE, move |go_on| {
                post.send(&edge::now, go_on).unwrap_or(false)
            }),
        ];
        Self { ended, threads }
    }
}

/// A thread that passes again and again until the end; a pass that had nothing to do is followed by a rest.
fn spawn(
    ended: &Arc<AtomicBool>,
    rest: Duration,
    mut pass: impl FnMut(&dyn Fn() -> bool) -> bool + Send + 'static,
) -> JoinHandle<()> {
    let seen = Arc::clone(ended);
    thread::spawn(move || {
        let go_on = || !seen.load(Ordering::Relaxed);
        while go_on() {
            if !pass(&go_on) {
                thread::park_timeout(rest);
            }
        }
    })
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            // A worker that panicked has nothing left to say.
            let _ = thread.join();
        }
    }
}
