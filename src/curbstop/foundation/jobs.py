"""Work that waits: a row in PostgreSQL, deferred in the transaction that wants it, taken by a worker.

Rooms import `app` from here and keep their jobs in `jobs.py`: load, call one operation. A job whose worker died
(power loss, `kill -9`) is put back by the sweep below.
"""

from procrastinate import App
from procrastinate.contrib.django import app as _django_app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

app: App = _django_app

# Workers send a heartbeat every 10 seconds: one that misses six is dead, not slow.
STALLED_AFTER_SECONDS = 60.0


@app.periodic(cron="* * * * *")
@app.task(name="foundation.sweep_stalled_jobs", queue="maintenance", queueing_lock="foundation.sweep")
async def sweep_stalled_jobs(timestamp: int) -> dict[str, int]:
    """Put jobs of dead workers back into the queue, every minute."""
    del timestamp  # Procrastinate tells a periodic job when it was due; the database knows the time better.
    return await sweep(app, seconds=STALLED_AFTER_SECONDS)


async def sweep(queue: App, *, seconds: float) -> dict[str, int]:
    """Retry each job whose worker has been silent for that long; return how many were retried and how many failed.

    When a job with the same queueing lock is queued already, retrying the dead one breaks the lock's uniqueness and
    would leave it running for ever (procrastinate issue 1446): it is failed instead, and the queued one does the work.
    """
    counts = {"retried": 0, "failed": 0}
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
        try:
            await queue.job_manager.retry_job(job)
            counts["retried"] += 1
        except UniqueViolation:
            await queue.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
            counts["failed"] += 1
    return counts
