//! The queue: jobs are claimed by the moment at which they are due, and whoever claimed one is known by the number of the
//! claim. Workers pass over what another one is claiming at the same moment.

use jiff::Timestamp;
use postgres::Row as Columns;
use store::{Fault, Job, JobState, JobStatus, Name, Progress};

use crate::read::{get, name, number, time};
use crate::work::Work;

const JOB: &str = "key, queue, payload, not_before, state, attempt, due, done, total, text";

pub(crate) fn put(work: &mut Work<'_>, job: &Job) -> Result<(), Fault> {
    work.run(
        "INSERT INTO job (key, queue, payload, not_before, state, attempt, due, done, total, text)
         VALUES ($1, $2, $3, $4, $5, 0, $4, 0, 0, '') ON CONFLICT DO NOTHING",
        &[
            &job.key.as_str(),
            &job.queue.as_str(),
            &job.payload.to_string(),
            &job.not_before.as_microsecond(),
            &JobState::Waiting.as_str(),
        ],
    )?;
    Ok(())
}

pub(crate) fn claim(
    work: &mut Work<'_>,
    queue: &Name,
    now: Timestamp,
    lease: Timestamp,
) -> Result<Option<JobStatus>, Fault> {
    let sql = format!(
        "UPDATE job SET state = $3, attempt = attempt + 1, due = $4 WHERE key = (
           SELECT key FROM job WHERE queue = $1 AND due <= $2 ORDER BY due, key LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING {JOB}"
    );
    let (now, lease) = (now.as_microsecond(), lease.as_microsecond());
    let claimed = work.all(
        &sql,
        &[&queue.as_str(), &now, &JobState::Running.as_str(), &lease],
        as_job,
    )?;
    Ok(claimed.into_iter().next())
}

pub(crate) fn progress(
    work: &mut Work<'_>,
    key: &Name,
    attempt: u32,
    progress: &Progress,
    lease: Timestamp,
) -> Result<bool, Fault> {
    settle(work, key, attempt, JobState::Running, Some(lease), progress)
}

pub(crate) fn finish(
    work: &mut Work<'_>,
    key: &Name,
    attempt: u32,
    result: &Progress,
) -> Result<bool, Fault> {
    settle(work, key, attempt, JobState::Done, None, result)
}

/// Moves a claimed job on, if the claim still holds.
fn settle(
    work: &mut Work<'_>,
    key: &Name,
    attempt: u32,
    state: JobState,
    due: Option<Timestamp>,
    progress: &Progress,
) -> Result<bool, Fault> {
    let moved = work.run(
        "UPDATE job SET state = $4, due = $5, done = $6, total = $7, text = $8
         WHERE key = $1 AND attempt = $2 AND state = $3",
        &[
            &key.as_str(),
            &i64::from(attempt),
            &JobState::Running.as_str(),
            &state.as_str(),
            &due.map(Timestamp::as_microsecond),
            &i64::try_from(progress.done).map_err(Fault::engine)?,
            &i64::try_from(progress.total).map_err(Fault::engine)?,
            // PostgreSQL's text has no NUL.
            &progress.text.replace('\0', " "),
        ],
    )?;
    Ok(moved == 1)
}

pub(crate) fn fail(
    work: &mut Work<'_>,
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
    settle(work, key, attempt, state, again, &why)
}

pub(crate) fn cancel(work: &mut Work<'_>, key: &Name) -> Result<bool, Fault> {
    let sql = "UPDATE job SET state = $2, due = NULL WHERE key = $1 AND due IS NOT NULL";
    Ok(work.run(sql, &[&key.as_str(), &JobState::Cancelled.as_str()])? == 1)
}

pub(crate) fn job(work: &mut Work<'_>, key: &Name) -> Result<Option<JobStatus>, Fault> {
    let sql = format!("SELECT {JOB} FROM job WHERE key = $1");
    Ok(work.all(&sql, &[&key.as_str()], as_job)?.pop())
}

fn as_job(row: &Columns) -> Result<JobStatus, Fault> {
    let (key, state, payload) = (name(row, 0)?, get::<String>(row, 4)?, get::<String>(row, 2)?);
    let due: Option<i64> = get(row, 6)?;
    let corrupt = || Fault::Corrupt(format!("job {key}"));
    Ok(JobStatus {
        state: JobState::parse(&state).ok_or_else(corrupt)?,
        attempt: number(row, 5)?,
        due: due.map(|_| time(row, 6)).transpose()?,
        progress: Progress {
            done: number(row, 7)?,
            total: number(row, 8)?,
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
