//! Laws of jobs.

use std::sync::Mutex;

use serde_json::json;

use super::records::together;
use super::{Open, change, draft, name, rows, time};
use crate::{Job, JobState, Progress, Store, verify};

fn job(key: &str, not_before: i64) -> Job {
    Job {
        queue: name("mail"),
        key: name(key),
        payload: json!({ "架空": key }),
        not_before: time(not_before),
    }
}

fn put(store: &dyn Store, jobs: Vec<Job>) {
    let mut call = change("a", vec![]);
    call.jobs = jobs;
    store.commit(&call).unwrap();
}

fn said(text: &str) -> Progress {
    Progress {
        done: 3,
        total: u64::from(u32::MAX),
        text: text.to_owned(),
    }
}

/// Workers that claim at the same moment never have the same job, those due for longest come first, and a lease that ran out
/// makes a job due again.
pub fn a_job_is_claimed_once_at_a_time(open: Open<'_>) {
    let store = open();
    let claim = |now, lease| store.claim_job(&name("mail"), time(now), time(lease)).unwrap();
    assert_eq!(claim(0, 10), None);
    put(
        &*store,
        (0..20)
            .map(|turn| job(&format!("job-{turn}"), 20 - turn))
            .collect(),
    );
    assert_eq!(
        store.claim_job(&name("other"), time(99), time(100)).unwrap(),
        None,
        "another queue"
    );
    assert_eq!(claim(0, 10), None, "none is due yet");
    let first = claim(1, 10).unwrap();
    assert_eq!((&first.job, first.attempt), (&job("job-19", 1), 1));
    assert_eq!((first.state, first.due), (JobState::Running, Some(time(10))));
    assert_eq!(store.job(&name("job-19")).unwrap(), Some(first));
    assert_eq!(claim(1, 10), None);

    let claimed = Mutex::new(vec![]);
    together(|_| {
        while let Some(status) = store.claim_job(&name("mail"), time(50), time(100)).unwrap() {
            claimed
                .lock()
                .unwrap()
                .push((status.job.key.to_string(), status.attempt));
        }
    });
    let mut claimed = claimed.into_inner().unwrap();
    claimed.sort();
    let mut all: Vec<_> = (0..20)
        .map(|turn| (format!("job-{turn}"), if turn == 19 { 2 } else { 1 }))
        .collect();
    all.sort();
    assert_eq!(
        claimed, all,
        "each once; the one whose lease ran out a second time"
    );
}

/// A job comes with its change or not at all, and once however often it is called for; it is not part of what is kept for good.
pub fn a_job_is_kept_with_the_change_that_calls_for_it(open: Open<'_>) {
    let store = open();
    let mut refused = change("a", vec![draft("1", 1, json!(0))]);
    refused.jobs.push(job("1", 0));
    store.commit(&refused).unwrap_err();
    assert_eq!(store.job(&name("1")).unwrap(), None);

    put(&*store, vec![job("1", 5)]);
    let kept = store.job(&name("1")).unwrap().unwrap();
    assert_eq!(
        (&kept.job, kept.state, kept.attempt),
        (&job("1", 5), JobState::Waiting, 0)
    );
    assert_eq!((kept.due, &kept.progress), (Some(time(5)), &Progress::default()));
    let other = Job {
        queue: name("other"),
        payload: json!(2),
        ..job("1", 0)
    };
    put(&*store, vec![other.clone()]);
    assert_eq!(store.job(&name("1")).unwrap(), Some(kept), "the first one stays");
    let claimed = store.claim_job(&name("mail"), time(5), time(9)).unwrap().unwrap();
    assert!(
        store
            .finish_job(&name("1"), claimed.attempt, &said("送りました"))
            .unwrap()
    );
    put(&*store, vec![other.clone(), other]);
    assert_eq!(
        store.claim_job(&name("other"), time(9), time(10)).unwrap(),
        None,
        "not even when it is done"
    );
    assert!(!format!("{:?}", rows(&*store)).contains("架空"));
    verify(&*store, &[]).unwrap();
}

/// Whoever's claim was lost, by time or because the job was cancelled, is told so and changes nothing.
pub fn a_claim_that_ran_out_ends_nothing(open: Open<'_>) {
    let store = open();
    let key = name("1");
    put(&*store, vec![job("1", 0), job("2", 90)]);
    let claim = |now, lease| store.claim_job(&name("mail"), time(now), time(lease)).unwrap();
    let status = || store.job(&key).unwrap().unwrap();
    let slow = claim(0, 10).unwrap().attempt;
    assert!(
        store.progress_job(&key, slow, &said("半分"), time(20)).unwrap(),
        "a lease can be made longer"
    );
    assert_eq!((status().progress, status().due), (said("半分"), Some(time(20))));
    assert_eq!(claim(19, 30), None);
    let quick = claim(20, 30).unwrap().attempt;
    assert_eq!((slow, quick), (1, 2));
    let before = status();
    for (lost, whose) in [(slow, "lost"), (quick + 1, "never made"), (0, "none")] {
        assert!(
            !store.progress_job(&key, lost, &said("x"), time(99)).unwrap(),
            "{whose}"
        );
        assert!(!store.finish_job(&key, lost, &said("x")).unwrap(), "{whose}");
        assert!(!store.fail_job(&key, lost, "x", None).unwrap(), "{whose}");
    }
    assert_eq!(status(), before);

    assert!(
        store
            .fail_job(&key, quick, "相手が応えません", Some(time(40)))
            .unwrap()
    );
    let failed = status();
    assert_eq!(
        (failed.state, failed.due, failed.attempt),
        (JobState::Waiting, Some(time(40)), 2)
    );
    assert_eq!(failed.progress.text, "相手が応えません");
    assert!(
        !store.finish_job(&key, quick, &said("x")).unwrap(),
        "it was given back"
    );
    assert_eq!(claim(39, 50), None);
    let third = claim(40, 50).unwrap().attempt;
    assert!(store.fail_job(&key, third, "相手がありません", None).unwrap());
    assert_eq!((status().state, status().due), (JobState::Failed, None));
    assert!(!store.cancel_job(&key).unwrap(), "it has ended");
    assert!(!store.cancel_job(&name("none")).unwrap());

    let last = claim(90, 99).unwrap();
    assert_eq!(last.job.key, name("2"));
    assert!(store.cancel_job(&last.job.key).unwrap());
    assert!(!store.cancel_job(&last.job.key).unwrap());
    assert!(
        !store
            .progress_job(&last.job.key, last.attempt, &said("x"), time(199))
            .unwrap()
    );
    assert!(!store.finish_job(&last.job.key, last.attempt, &said("x")).unwrap());
    assert_eq!(
        store.job(&last.job.key).unwrap().unwrap().state,
        JobState::Cancelled
    );
    assert_eq!(claim(1000, 1001), None);
}
