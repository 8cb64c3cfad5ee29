"""Jobs whose worker died come back, also when the same job is queued already (procrastinate issue 1446)."""

import asyncio

import pytest
from django.db import connection

from curbstop.foundation import jobs

pytestmark = pytest.mark.django_db(transaction=True)


def stall(*, lock=None):
    """Put a job there whose worker was killed an hour ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour') returning id"
        )
        (worker,) = cursor.fetchone()
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, queueing_lock, status, worker_id)"
            " values ('default', 'foundation.sweep_stalled_jobs', %s, 'doing', %s) returning id",
            [lock, worker],
        )
        return cursor.fetchone()[0]


def queue(*, lock):
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, queueing_lock, status)"
            " values ('default', 'foundation.sweep_stalled_jobs', %s, 'todo')",
            [lock],
        )


def status_of(job):
    with connection.cursor() as cursor:
        cursor.execute("select status::text from procrastinate_jobs where id = %s", [job])
        return cursor.fetchone()[0]


class TestSweep:
    def test_queues_a_dead_workers_job_again(self):
        job = stall()
        assert asyncio.run(jobs.sweep(jobs.app, seconds=60)) == {"retried": 1, "failed": 0}
        assert status_of(job) == "todo"

    def test_fails_it_when_the_same_job_waits_already(self):
        job = stall(lock="seal")
        queue(lock="seal")
        assert asyncio.run(jobs.sweep(jobs.app, seconds=60)) == {"retried": 0, "failed": 1}
        assert status_of(job) == "failed"

    def test_leaves_a_living_worker_alone(self):
        job = stall()
        with connection.cursor() as cursor:
            cursor.execute("update procrastinate_workers set last_heartbeat = now()")
        assert asyncio.run(jobs.sweep(jobs.app, seconds=60)) == {"retried": 0, "failed": 0}
        assert status_of(job) == "doing"
