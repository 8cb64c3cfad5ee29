"""The run's total against its forecast: a run that is far off waits until a person has said why."""

from curbstop.billing import queries
from curbstop.billing.domain.findings import Baseline, Code, Stage
from curbstop.billing.domain.outsorting import total_finding
from curbstop.billing.models import BillingRun, Finding
from curbstop.foundation.database.transactions import require_transaction


def judge_total(run: BillingRun) -> Finding | None:
    """Keep one finding on the run while its total is far from the forecast, and return it while it is open.

    What somebody cleared stays cleared until the run is drafted again; chosen accounts have no forecast together.

    :raises RuntimeError: outside a transaction
    """
    require_transaction()
    if run.kind != BillingRun.Kind.CYCLE:
        return None
    existing = Finding.objects.filter(run_id=run.pk, account=None, code=Code.TOTAL).first()
    if existing is not None and existing.disposition == Finding.Disposition.CLEARED:
        return None
    total, forecast = queries.total_and_forecast(run)
    evidence = total_finding(total_cents=total, forecast_cents=forecast, limits=queries.limits_on(run.bill_on))
    if existing is not None and evidence != existing.evidence:
        existing.delete()
        existing = None
    if evidence is None or existing is not None:
        return existing
    return Finding.objects.create(
        run=run, stage=Stage.RUN, code=Code.TOTAL, blocking=True, baseline=Baseline.YEAR, evidence=evidence
    )
