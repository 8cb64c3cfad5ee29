"""Rate studies in the background, on as many processors as the machine has."""

import os

from django.utils import timezone

from curbstop.billing.jobs import executor_of
from curbstop.foundation.jobs import app
from curbstop.reports import operations

WORKERS_MAX = 2


@app.task(name="reports.study_rates", queue=operations.QUEUE, lock="reports.study_rates")
def study_rates(study_id: int) -> None:
    """Carry out a study that somebody asked for on a page; done again after a worker died, it begins anew."""
    with executor_of(workers=min(os.cpu_count() or 1, WORKERS_MAX)) as executor:
        operations.carry_out(study_id=study_id, at=timezone.now(), executor=executor)
