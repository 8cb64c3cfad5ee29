"""A draft on real accounts: the last period that each of some accounts was billed, under both tariffs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from curbstop.customers.queries import account_bounds, account_names, accounts_visible_to
from curbstop.foundation.access.models import User
from curbstop.metering.queries import AccountRange
from curbstop.rates.domain.compiling import compile_document
from curbstop.reports.domain.previews import PairedBill, paired_bills
from curbstop.reports.domain.what_if import ROWS
from curbstop.reports.queries.what_if import ACCOUNTS_IN_A_PART, Question, bills_to_price


@dataclass(frozen=True, slots=True)
class Preview:
    """One account's last billed period under both tariffs."""

    number: str
    customer: str
    bill: PairedBill


def preview_accounts(question: Question, numbers: Iterable[str], user: User) -> tuple[list[Preview], list[str]]:
    """Return the named accounts' last bills under both tariffs, and the numbers that this schedule did not bill."""
    wanted = list(dict.fromkeys(numbers))
    ids = dict(accounts_visible_to(user).filter(number__in=wanted).values_list("number", "pk"))
    found = [bills_to_price(question, AccountRange(pk, pk)) for pk in ids.values()]
    previews = _previews(question, pl.concat(found) if found else pl.DataFrame(schema=ROWS))
    shown = {each.number for each in previews}
    return previews, [number for number in wanted if number not in shown]


def preview_some(question: Question, count: int) -> list[Preview]:
    """Return accounts spread from the least use to the most, among those that the schedule billed lately."""
    lowest, highest = account_bounds()
    last = _last_of_each(bills_to_price(question, AccountRange(lowest, min(highest, lowest + ACCOUNTS_IN_A_PART - 1))))
    ordered = last.sort("quantity", "account_id", nulls_last=True)
    places = sorted({round(each * (ordered.height - 1) / max(count - 1, 1)) for each in range(count)})
    return _previews(question, ordered[[each for each in places if 0 <= each < ordered.height]])


def _previews(question: Question, rows: pl.DataFrame) -> list[Preview]:
    now = compile_document(question.now, question.now_format, question.schedule)
    draft = compile_document(question.draft, question.draft_format, question.schedule)
    last = _last_of_each(rows)
    names = account_names(last["account_id"].to_list())
    return [Preview(*names[_account(bill.period)], bill) for bill in paired_bills(last, now, draft)]


def _last_of_each(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the last period of every account; one with two agreements on the schedule keeps both."""
    is_last = pl.col("ends_on") == pl.col("ends_on").max().over("account_id")
    return rows.filter(is_last)


def _account(period: dict[str, Any]) -> int:
    return int(period["account_id"])


def days_before(on: date) -> tuple[date, date]:
    """Return the year before a day: every account was billed in it, unless it is new."""
    day = 28 if (on.month, on.day) == (2, 29) else on.day
    return on.replace(year=on.year - 1, day=day), on
