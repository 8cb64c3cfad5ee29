"""A billing run in processes of its own, for tests that kill them: `killed_run.py VERB`.

The town has six hundred accounts in twelve partitions; the server lives in CURBSTOP_DATA.
"""

import json
import os
import shutil
import sys
from functools import partial

os.environ["CURBSTOP_ENV"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "curbstop.config.settings"
os.environ.pop("DATABASE_URL", None)

ACCOUNTS = 600
ACCOUNTS_A_PARTITION = 50


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def place():
    import django

    django.setup()
    from django.conf import settings

    return settings.DATABASE_ADDRESS


def make() -> None:
    from curbstop.bench import town

    where = place()
    from curbstop.foundation.database.installation import bring_up

    bring_up(where)
    town.found_town(ACCOUNTS)
    from curbstop.billing import operations
    from curbstop.billing.domain.partitions import cut
    from curbstop.billing.operations import runs
    from curbstop.billing.queries import cycles
    from curbstop.foundation.access.models import User

    runs.cut = partial(cut, accounts_min=ACCOUNTS_A_PARTITION)
    clerk, manager = (User.objects.get(username=name) for name in (town.DRAFTS, town.APPROVES))
    (cycle,) = cycles().filter(assignments__isnull=False).distinct()
    run = operations.draft_bills(cycles=[cycle], through=town.TODAY, bill_on=town.TODAY, by=clerk, at=town.NOON)
    operations.approve_run(run=run, by=manager, at=town.NOON)


def release() -> None:
    from curbstop.bench import town

    place()
    from curbstop.billing import operations
    from curbstop.billing.jobs import executor_of
    from curbstop.billing.models import BillingRun
    from curbstop.cli.bill import Watched
    from curbstop.foundation.access.models import User

    manager = User.objects.get(username="manager")
    with executor_of(workers=2) as executor:
        watched = Watched(executor, on_submit=lambda: None, on_done=lambda _: say("partition"))
        run = operations.release_bills(run=BillingRun.objects.get(), by=manager, at=town.NOON, executor=watched)
    say(run.state)


def release_on_dask() -> None:
    from curbstop.bench import town

    place()
    from distributed import LocalCluster

    from curbstop.billing import operations
    from curbstop.billing.jobs import executor_of
    from curbstop.billing.models import BillingRun
    from curbstop.foundation.access.models import User

    manager = User.objects.get(username=town.APPROVES)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        executor_of(dask=cluster.scheduler_address) as executor,
    ):
        run = operations.release_bills(run=BillingRun.objects.get(), by=manager, at=town.NOON, executor=executor)
    say(run.state)


def prove() -> None:
    place()
    from curbstop.billing.models import Bill
    from curbstop.billing.proofs import PROOFS
    from curbstop.ledger.models import Entry

    answer = {
        "bills": Bill.objects.count(),
        "accounts": Bill.objects.values("account_id").distinct().count(),
        "numbers": sorted(Bill.objects.values_list("number", flat=True)) == list(range(1, ACCOUNTS + 1)),
        "entries": Entry.objects.count(),
        "failures": [failure for proof in PROOFS for failure in proof.check().failures],
    }
    say(json.dumps(answer))


def start() -> None:
    say(place().cluster.start())


def stop() -> None:
    cluster = place().cluster
    cluster.stop("immediate")
    shutil.rmtree(cluster.root, ignore_errors=True)


if __name__ == "__main__":
    verbs = (make, release, release_on_dask, prove, start, stop)
    {verb.__name__: verb for verb in verbs}[sys.argv[1]]()
