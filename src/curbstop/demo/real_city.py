"""Santa Monica's real readings billed with its published rates, two months at a time, and a day at the counter."""

import random
import re
from concurrent.futures import Executor
from datetime import date, datetime
from pathlib import Path

from curbstop.billing.models import BillingRun
from curbstop.billing.operations import (
    approve_exemption,
    approve_run,
    draft_bills,
    end_exemption,
    release_bills,
    request_exemption,
)
from curbstop.billing.queries import Stranded, cycles, stopping_services
from curbstop.demo.day import Told, close_day, open_day, pay_by_mail, play_counter_day
from curbstop.demo.larkspur_bend import PACKS, adopt_pack, morning_of, open_periods
from curbstop.demo.people import make_people
from curbstop.demo.santa_monica import MONTHS_A_PERIOD, Codes, load_usage
from curbstop.foundation.access.models import User
from curbstop.foundation.periods import add_months
from curbstop.ordinances.queries import calendar_on, city

DAY = re.compile(r"\d{4}-\d\d-\d\d")


def make_santa_monica(*, data: Path, dice: random.Random, executor: Executor | None, told: Told) -> None:
    """Load the real usage of a data folder and bill all of it, run by run, as the city would have.

    :raises DataMissing: if the folder has no such file
    """
    began = morning_of(date(2014, 1, 1), "UTC")
    people = make_people(began)
    told("Putting the city pack in force")
    adopt_pack(PACKS / "santa-monica", people=people, at=began)
    loaded = load_usage(data=data, by=people["manager"], at=began, told=told)
    zone = city().timezone
    open_periods(loaded.starts_on, months=48, by=people["manager"], at=began)
    through = add_months(loaded.starts_on, 2 * MONTHS_A_PERIOD)
    while through < loaded.ends_on:
        day = calendar_on().next_business_day(through)
        at = morning_of(day, zone)
        open_day(day, people=people, at=at)
        pay_by_mail(people=people, dice=dice, on=day, at=at)
        _bill(through=through, people=people, at=at, executor=executor, told=told)
        close_day(day, people=people, at=at)
        through = add_months(through, MONTHS_A_PERIOD)
    at = morning_of(calendar_on().next_business_day(loaded.ends_on), zone)
    open_day(at.date(), people=people, at=at)
    pay_by_mail(people=people, dice=dice, on=at.date(), at=at)
    _bill(through=loaded.ends_on, people=people, at=at, executor=executor, told=told)
    play_counter_day(people=people, dice=dice, at=at, told=told)


def _bill(*, through: date, people: dict[str, User], at: datetime, executor: Executor | None, told: Told) -> None:
    told(f"Billing through {through:%B %Y}")
    run = draft_bills(
        cycles=[cycles().get(code=Codes().cycle)],
        through=through,
        bill_on=at.date(),
        by=people["supervisor"],
        at=at,
        executor=executor,
    )
    _exempt_unread_days(run, people=people, at=at)
    # Every other month half of the meters are not due, and the file does not say which.
    run = approve_run(run=run, by=people["manager"], at=at, accepts_holds=True)
    release_bills(run=run, by=people["manager"], at=at, executor=executor)


def _exempt_unread_days(run: BillingRun, *, people: dict[str, User], at: datetime) -> None:
    """Let two people agree that days between two readings, of which the file has none, are never billed."""
    # They are named a thousand at a time.
    while gaps := [lost for lost in stopping_services(run.bill_on) if lost.way == "GAP"]:
        for lost in gaps:
            _exempt(lost, people=people, at=at)


def _exempt(lost: Stranded, *, people: dict[str, User], at: datetime) -> None:
    first, last = map(date.fromisoformat, DAY.findall(lost.detail))
    asked = request_exemption(
        reason="The file has no reading of these days.",
        starts_on=first,
        by=people["supervisor"],
        at=at,
        agreement_id=lost.agreement_id,
    )
    agreed = approve_exemption(exemption=asked, by=people["manager"], at=at)
    end_exemption(exemption=agreed, ends_on=last, by=people["manager"], at=at)
