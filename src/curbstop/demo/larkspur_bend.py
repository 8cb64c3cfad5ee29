"""Larkspur Bend from nothing to a worked business day: the pack, the people, three rounds of bills, mail, a counter."""

import random
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from curbstop.demo.city import make_city
from curbstop.demo.day import (
    bill_cycle,
    close_day,
    open_day,
    pay_by_mail,
    play_counter_day,
    review_what_was_held,
)
from curbstop.demo.people import make_people
from curbstop.foundation.access.models import User
from curbstop.foundation.periods import add_months
from curbstop.journeys.imports.city_pack import read_folder, read_pack
from curbstop.journeys.operations.city_pack import approve_pack, propose_pack
from curbstop.ledger.operations import open_period
from curbstop.ordinances.queries import calendar_on, city

PACKS = Path(__file__).resolve().parents[3] / "packs"
# The business day that is played: a Monday on which the reads of November are in.
BUSINESS_DAY = date(2026, 11, 16)
FIRST_PERIOD = date(2026, 1, 1)
PERIODS = 24
# Bills go out this many days after the meters were read.
BILL_AFTER_DAYS = 8
OPENING = time(9, 0)

Told = Callable[[str], None]


def morning_of(day: date, zone: str) -> datetime:
    """Return the instant at which the office opens on a day, on the city's own clock."""
    return datetime.combine(day, OPENING, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def adopt_pack(folder: Path, *, people: dict[str, User], at: datetime) -> None:
    """Propose a pack as the manager and approve it as the supervisor's second person."""
    pack = read_pack(read_folder(folder))
    propose_pack(pack=pack, by=people["supervisor"], at=at)
    approve_pack(pack=pack, by=people["manager"], at=at)


def open_periods(first: date, *, months: int, by: User, at: datetime) -> None:
    """Open fiscal periods month by month."""
    for number in range(months):
        starts_on = add_months(first, number)
        open_period(starts_on=starts_on, ends_on=add_months(starts_on, 1), by=by, at=at)


def make_larkspur_bend(*, dice: random.Random, executor: Executor | None, told: Told) -> None:
    """Make the demo city and work its business days up to the one that stays open."""
    told("Making the people and putting the city pack in force")
    began = morning_of(FIRST_PERIOD, "UTC")
    people = make_people(began)
    adopt_pack(PACKS / "larkspur-bend", people=people, at=began)
    open_periods(FIRST_PERIOD, months=PERIODS, by=people["manager"], at=began)
    zone = city().timezone
    made = make_city(on=BUSINESS_DAY, by=people["manager"], at=began, told=told)
    *earlier, latest = made.rounds
    for each in earlier:
        day = calendar_on().next_business_day(date.fromordinal(each.read_on.toordinal() + BILL_AFTER_DAYS))
        at = morning_of(day, zone)
        open_day(day, people=people, at=at)
        pay_by_mail(people=people, dice=dice, on=day, at=at)
        bill_cycle(
            code=each.cycle,
            reads_csv=each.reads_csv,
            read_on=each.read_on,
            people=people,
            at=at,
            executor=executor,
            told=told,
        )
        close_day(day, people=people, at=at)
    at = morning_of(BUSINESS_DAY, zone)
    open_day(BUSINESS_DAY, people=people, at=at)
    told("Loading the bank's file of mailed payments")
    pay_by_mail(people=people, dice=dice, on=BUSINESS_DAY, at=at)
    released = bill_cycle(
        code=latest.cycle,
        reads_csv=latest.reads_csv,
        read_on=latest.read_on,
        people=people,
        at=at,
        executor=executor,
        told=told,
    )
    play_counter_day(people=people, dice=dice, at=at, told=told)
    afternoon = at + timedelta(hours=6)
    review_what_was_held(run=released, people=people, at=afternoon, executor=executor, told=told)
