//! The queue: jobs are claimed by the moment at which they are due, and whoever claimed one is known by the number of the
//! claim.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row as Columns, Transaction, params};
use store::{Fault, Job, JobState, JobStatus, Name, Progress};

use crate::fault;
use crate::read::{all, changed, get, name, run, time};

const JOB: &str = "key, queue, payload, not_before, state, attempt, due, done, total, text";

pub(crate) fn put(transaction: &Transaction<'_>, job: &Job) -> Result<(), Fault> {
    run(
        transaction,
        "INSERT INTO job (key, queue, payload, not_before, state, attempt, due, done, total, text)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?4, 0, 0, '') ON CONFLICT DO NOTHING",
        params![
            job.key.as_str(),
            job.queue.as_str(),
            job.payload.to_string(),
            job.not_before.as_microsecond(),
            JobState::Waiting.as_str(),
        ],
    )
}

pub(crate) fn is_due(transaction: &Transaction<'_>, queue: &Name, now: Timestamp) -> Result<bool, Fault> {
    Ok(next(transaction, queue, now)?.is_some())
}

fn next(transaction: &Transaction<'_>, queue: &Name, now: Timestamp) -> Result<Option<String>, Fault> {
    let sql = "SELECT key FROM job WHERE queue = ?1 AND due <= ?2 ORDER BY due, key LIMIT 1";
    let mut statement = transaction.prepare_cached(sql).map_err(fault)?;
    let found = statement.query_row(params![queue.as_str(), now.as_microsecond()], |row| row.get(0));
    found.optional().map_err(fault)
}

pub(crate) fn claim(
    transaction: &Transaction<'_>,
    queue: &Name,
    now: Timestamp,
    lease: Timestamp,
) -> Result<Option<JobStatus>, Fault> {
    let Some(key) = next(transaction, queue, now)? else {
        return Ok(None);
    };
    let sql = "UPDATE job SET state = ?2, attempt = attempt + 1, due = ?3 WHERE key = ?1";
    run(
        transaction,
        sql,
        params![key, JobState::Running.as_str(), lease.as_microsecond()],
    )?;
    job(transaction, &Name::new(key)?)
}

pub(crate) fn progress(
    transaction: &Transaction<'_>,
    key: &Name,
    attempt: u32,
    progress: &Progress,
    lease: Timestamp,
) -> Result<bool, Fault> {
    let lease = Some(lease);
    settle(transaction, key, attempt, JobState::Running, lease, progress)
}

pub(crate) fn finish(
    transaction: &Transaction<'_>,
    key: &Name,
    attempt: u32,
    result: &Progress,
) -> Result<bool, Fault> {
    settle(transaction, key, attempt, JobState::Done, None, result)
}

/// Moves a claimed job on, if the claim still holds.
fn settle(
    transaction: &Transaction<'_>,
    key: &Name,
    attempt: u32,
    state: JobState,
    due: Option<Timestamp>,
    progress: &Progress,
) -> Result<bool, Fault> {
    let moved = changed(
        transaction,
        "UPDATE job SET state = ?4, due = ?5, done = ?6, total = ?7, text = ?8
         WHERE key = ?1 AND attempt = ?2 AND state = ?3",
        params![
            key.as_str(),
            attempt,
            JobState::Running.as_str(),
            state.as_str(),
            due.map(Timestamp::as_microsecond),
            progress.done,
            progress.total,
            progress.text,
        ],
    )?;
    Ok(moved == 1)
}

pub(crate) fn fail(
    transaction: &Transaction<'_>,
    key: &Name,
    attempt: u32,
    why: &str,
    again: Option<Timestamp>,
) -> Result<bool, Fault> {
    let state = again.map_or(JobState::Failed, |_| JobState::Waiting);
    let why = Progress {
        text: why.to_owned(),
        ..Progress::default()
    };
    settle(transaction, key, attempt, state, again, &why)
}

pub(crate) fn cancel(transaction: &Transaction<'_>, key: &Name) -> Result<bool, Fault> {
    let sql = "UPDATE job SET state = ?2, due = NULL WHERE key = ?1 AND due IS NOT NULL";
    let values = [key.as_str(), JobState::Cancelled.as_str()];
    Ok(changed(transaction, sql, values)? == 1)
}

pub(crate) fn job(transaction: &Transaction<'_>, key: &Name) -> Result<Option<JobStatus>, Fault> {
    let sql = format!("SELECT {JOB} FROM job WHERE key = ?1");
    let found = all(transaction, &sql, [key.as_str()], as_job)?;
    Ok(found.into_iter().next())
}

fn as_job(row: &Columns<'_>) -> Result<JobStatus, Fault> {
    let (key, state, payload) = (name(row, 0)?, get::<String>(row, 4)?, get::<String>(row, 2)?);
    let due: Option<i64> = get(row, 6)?;
    let corrupt = || Fault::Corrupt(format!("job {key}"));
    Ok(JobStatus {
        state: JobState::parse(&state).ok_or_else(corrupt)?,
        attempt: get(row, 5)?,
        due: due.map(|_| time(row, 6)).transpose()?,
        progress: Progress {
            done: get(row, 7)?,
            total: get(row, 8)?,
            text: get(row, 9)?,
        },
        job: Job {
            queue: name(row, 1)?,
            payload: serde_json::from_str(&payload).map_err(|_| corrupt())?,
            not_before: time(row, 3)?,
            key,
        },
    })
}
