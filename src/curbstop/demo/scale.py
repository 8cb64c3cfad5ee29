"""Many accounts at once for the benchmarks, through the same verbs that every city uses."""

from datetime import date, datetime, timedelta

import polars as pl

from curbstop.demo.city import CYCLES, SCHEDULES
from curbstop.demo.population import Plan, population
from curbstop.foundation.access.models import User
from curbstop.journeys.operations.customers_import import TakenOver, import_customers
from curbstop.metering.operations import import_volumes

PERIOD_DAYS = 60
# Eight CCF in two months is an ordinary household; the others spread around it.
USAGE_CCF = 8


def make_accounts(
    count: int, *, on: date, by: User | None, at: datetime, schedules: dict[str, str] = SCHEDULES
) -> TakenOver:
    """Make accounts in the first cycle of the demo pack, each with sixty days of usage that end on a day."""
    starts_on = on - timedelta(days=PERIOD_DAYS)
    cycle = CYCLES[0]
    plan = Plan(
        accounts=count,
        starts_on=starts_on,
        cycles=(cycle,),
        billed_from={cycle: starts_on},
        city="Larkspur Bend",
        state="ZZ",
        zip="00010",
        schedules=schedules,
    )
    intake = population(plan)
    taken = import_customers(intake=intake, by=by, at=at)
    metered = intake.rows.filter(pl.col("meter_serial").is_not_null()).select("service_point", "meter_size")
    usage = taken.agreements.join(metered, on="service_point").select(
        "agreement_id",
        pl.lit(starts_on).alias("starts_on"),
        pl.lit(on).alias("ends_on"),
        (pl.col("agreement_id") * 7 % (2 * USAGE_CCF) + 1).alias("volume"),
        pl.lit("ccf").alias("unit"),
        "meter_size",
    )
    import_volumes(rows=usage, source="demo.scale", by=by, at=at)
    return taken
