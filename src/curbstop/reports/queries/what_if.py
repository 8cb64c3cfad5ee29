"""Rate studies: the bills of some accounts as rows to price, the study of the whole city in parts, and its results."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import polars as pl
from django.db.models import QuerySet

from curbstop.billing.domain.averages import under
from curbstop.billing.queries.billed_use import averages_by_month, billed_use_frame
from curbstop.customers.queries import account_bounds, account_names
from curbstop.foundation.access.models import User
from curbstop.metering.queries import AccountRange
from curbstop.rates.domain.compiling import compile_document
from curbstop.rates.queries import assigned_to_frame, version_on
from curbstop.reports.domain.what_if import ROWS, Part, merged, study
from curbstop.reports.models import RateStudy
from curbstop.reports.permissions import STUDY_RATES

# A million accounts are forty parts; each is held in memory by one worker at a time.
ACCOUNTS_IN_A_PART = 25_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is compared: two documents of one schedule, over the periods that end after one day and by another."""

    schedule: str
    now: str
    now_format: str
    draft: str
    draft_format: str
    from_on: date
    to_on: date


def question_of(schedule: str, *, draft: str, draft_format: str, from_on: date, to_on: date) -> Question:
    """Return the question that compares a draft with the version in force on the last of some days.

    :raises NoSuchVersion: if none is in force then
    """
    now = version_on(schedule, to_on - timedelta(days=1))
    return Question(
        schedule=schedule, now=now.document, now_format=now.format, draft=draft, draft_format=draft_format,
        from_on=from_on, to_on=to_on,
    )  # fmt: skip


def name_in(document: str) -> str:
    """Return the name that a tariff gives itself; a file of the other language has none."""
    named = (line.removeprefix("tariff:") for line in document.splitlines() if line.startswith("tariff:"))
    return next(named, "").split("#")[0].strip()


def parts_of_the_city() -> list[AccountRange]:
    """Return the ranges of accounts that are studied one by one."""
    lowest, highest = account_bounds()
    return [
        AccountRange(first, min(first + ACCOUNTS_IN_A_PART - 1, highest))
        for first in range(lowest, highest + 1, ACCOUNTS_IN_A_PART)
    ]


def bills_to_price(question: Question, accounts: AccountRange) -> pl.DataFrame:
    """Return the billed periods of a range of accounts as rows of a study (`what_if.ROWS`)."""
    within = {"from_on": question.from_on, "to_on": question.to_on}
    rates = assigned_to_frame(
        question.schedule, first_account_id=accounts.first, last_account_id=accounts.last, **within
    )
    last_day = pl.col("ends_on") - timedelta(days=1)
    is_assigned = (pl.col("assigned_on") <= last_day) & (
        pl.col("assigned_until").is_null() | (pl.col("assigned_until") > last_day)
    )
    use = billed_use_frame(accounts, **within)
    charged = use.join(rates, on="agreement_id").filter(is_assigned).with_columns(month=last_day.dt.month_end())
    averages = averages_by_month(accounts, charged["month"])
    if averages.height:
        charged = pl.concat(
            [
                under(mine, averages.filter(pl.col("month") == mine["month"][0]).drop("month"))
                for mine in charged.partition_by("month")
            ]
        )
    return charged.select(pl.col(name).cast(kind) for name, kind in ROWS.items())


def study_accounts(question: Question, accounts: AccountRange) -> Part:
    """Price what some accounts were billed, under both documents; a worker process does one range at a time."""
    now = compile_document(question.now, question.now_format, question.schedule)
    draft = compile_document(question.draft, question.draft_format, question.schedule)
    return study(bills_to_price(question, accounts), now, draft)


def study_city(
    question: Question,
    *,
    executor: Executor | None = None,
    on_part: Callable[[int, int], None] = lambda _done, _all: None,
) -> Part:
    """Study every account; `on_part` hears how many parts of how many are done."""
    accounts = parts_of_the_city()
    found = []
    for part in _each(question, accounts, executor):
        found.append(part)
        on_part(len(found), len(accounts))
    return merged(found)


def _each(question: Question, accounts: list[AccountRange], executor: Executor | None) -> Iterator[Part]:
    if executor is None:
        yield from (study_accounts(question, each) for each in accounts)
        return
    waiting = [executor.submit(study_accounts, question, each) for each in accounts]
    for future in as_completed(waiting):
        yield future.result()


def studies_visible_to(user: User) -> QuerySet[RateStudy]:
    """Return the rate studies a person may see, newest first, without the accounts' own figures."""
    studies = RateStudy.objects.select_related("schedule", "asked_by").defer("accounts", "draft").order_by("-pk")
    return studies if user.may(STUDY_RATES) else studies.none()


def studied_accounts(study_id: int) -> pl.DataFrame:
    """Return every account of a finished study with what it pays under both tariffs."""
    content = RateStudy.objects.values_list("accounts", flat=True).get(pk=study_id)
    assert content is not None, "a study that is done has its accounts"
    return pl.read_parquet(BytesIO(bytes(content)))


def with_names(accounts: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows of accounts with their numbers and customers."""
    names = account_names(accounts["account_id"].to_list())
    return [
        {**row, "account": names[row["account_id"]][0], "customer": names[row["account_id"]][1]}
        for row in accounts.iter_rows(named=True)
    ]
