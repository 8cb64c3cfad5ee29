"""A released bill gathered into everything that its printed statement says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from curbstop.billing.domain.statement import (
    CHART_PERIODS,
    ChargeLine,
    Letterhead,
    MeterReading,
    PeriodUse,
    ServiceCharges,
    Statement,
)
from curbstop.billing.models import Bill, BillLine
from curbstop.billing.queries.budget_plans import budget_due
from curbstop.billing.queries.comparing import changes_of
from curbstop.billing.queries.rebilling import replaced_by
from curbstop.billing.queries.settlements import agency_names
from curbstop.customers.queries import Mailing, mailings_of
from curbstop.foundation.documents import qr_svg, scan_line
from curbstop.metering.queries import usage_history
from curbstop.ordinances.queries import city
from curbstop.rates.queries import compiled_schedule

Use = dict[str, Any]
# Thirteen periods of two months, and one that came late.
CHART_REACHES_BACK = timedelta(days=900)


def statement_of_bill(bill: Bill) -> Statement:
    """Return what the statement of a released bill says, in its customer's language."""
    return statements_of([bill])[0]


def statements_of(bills: Sequence[Bill]) -> list[Statement]:
    """Return what the statements of released bills say, in their order; as many queries for fifty as for one."""
    mailings = mailings_of(bill.account_id for bill in bills)
    lines: dict[int, list[BillLine]] = {bill.number: [] for bill in bills}
    for line in BillLine.objects.filter(bill_id__in=lines).select_related("service").order_by("bill_id", "line_number"):
        lines[line.bill_id].append(line)
    changed, replaced = changes_of(lines), replaced_by(lines)
    history = _history(lines, since=min(bill.ends_on for bill in bills) - CHART_REACHES_BACK)
    budgets = _budgets(bills)
    heads = {
        language: letterhead(language, on=bills[0].bill_on)
        for language in {each.language for each in mailings.values()}
    }
    return [
        replace(
            _statement(
                bill,
                lines[bill.number],
                mailings[bill.account_id],
                history,
                heads,
                budget_cents=budgets.get(bill.number),
            ),
            change=changed.get(bill.number),
            replaces=replaced.get(bill.number),
        )
        for bill in bills
    ]


def _statement(
    bill: Bill,
    lines: list[BillLine],
    mailing: Mailing,
    history: Mapping[int, list[Use]],
    heads: Mapping[str, Letterhead],
    *,
    budget_cents: int | None,
) -> Statement:
    use = _use(lines, history)
    due = max(bill.prior_balance_cents - bill.payments_cents + bill.total_cents, 0)
    due = due if budget_cents is None else budget_cents
    scanned = scan_line(bill_number=bill.number, account_number=mailing.account_number, amount_cents=due)
    return Statement(
        letterhead=heads[mailing.language],
        language=mailing.language,
        bill_number=bill.number,
        account_number=mailing.account_number,
        customer_name=mailing.customer_name,
        mailing_lines=mailing.mailing_lines,
        service_address=", ".join(mailing.address_lines),
        bill_on=bill.bill_on,
        due_on=bill.due_on,
        starts_on=bill.starts_on,
        ends_on=bill.ends_on,
        services=_services(lines, mailing.language, heads[mailing.language].agencies),
        prior_balance_cents=bill.prior_balance_cents,
        payments_cents=bill.payments_cents,
        readings=_readings(lines, use, mailing.language),
        usage=_chart(use, bill),
        usage_unit=use[-1]["unit"] if use else "ccf",
        scan_line=scanned,
        qr_svg=qr_svg(scanned),
        budget_cents=budget_cents,
    )


def _budgets(bills: Iterable[Bill]) -> dict[int, int]:
    """Return bill → what a budget plan asks for by its due date, for the bills of accounts that were on one."""
    found: dict[int, int] = {}
    for (bill_on, due_on), group in groupby(sorted(bills, key=_days), key=_days):
        numbers = {bill.account_id: bill.number for bill in group}
        plans = budget_due(numbers, on=due_on, paid_through=bill_on)
        found |= {numbers[account]: plan.due_cents for account, plan in plans.items()}
    return found


def _days(bill: Bill) -> tuple[date, date]:
    return bill.bill_on, bill.due_on


def letterhead(language: str, *, on: date) -> Letterhead:
    """Return who sends a bill, for which agencies too, and where its payment goes, in a language."""
    profile = city()
    return Letterhead(
        city=profile.name,
        department=_in(profile.department, language),
        address_lines=profile.address_lines,
        phone=profile.phone,
        payee=profile.payee,
        remittance_lines=profile.address_lines,
        remittance_note=_in(profile.remittance, language),
        agencies=agency_names(on, language),
    )


def _in(texts: dict[str, str], language: str) -> str:
    """Return a text in a language, or in the first one the city wrote it in."""
    return texts.get(language) or next(iter(texts.values()), "")


def _service_name(line: BillLine, language: str) -> str:
    return line.service.name_es if language == "es" else line.service.name_en


def _services(lines: list[BillLine], language: str, agencies: Mapping[str, str]) -> tuple[ServiceCharges, ...]:
    labels = labels_of((line.schedule_version_id for line in lines), language)

    def service_of(line: BillLine) -> tuple[int, int]:
        return line.service.rank, line.service_id

    return tuple(
        ServiceCharges(
            name=_service_name(first, language),
            agency=agencies.get(first.service.code, ""),
            lines=tuple(
                ChargeLine(
                    label=labels.get(line.component) or line.label,
                    quantity=line.quantity,
                    unit=line.unit,
                    unit_price=line.unit_price,
                    amount_cents=line.amount_cents,
                    citation=line.section,
                    derivation=line.derivation,
                )
                for line in (first, *rest)
            ),
        )
        for _, (first, *rest) in (
            (key, list(group)) for key, group in groupby(sorted(lines, key=service_of), service_of)
        )
    )


def labels_of(version_ids: Iterable[int], language: str) -> dict[str, str]:
    """Return the labels, by component, that the schedule versions of a bill have in another language than English."""
    if language != "es":
        return {}
    rates = (rate for each in set(version_ids) for rate in compiled_schedule(each).classes.values())
    return {charge.heading.key: charge.heading.label_es for rate in rates for charge in rate.charges}


def _history(lines: Mapping[int, Sequence[BillLine]], *, since: date) -> dict[int, list[Use]]:
    """Return the use of every agreement whose meter one of the bills charges, oldest first."""
    metered = {line.agreement_id for each in lines.values() for line in each if line.usage_id is not None}
    history: dict[int, list[Use]] = {}
    for use in usage_history(sorted(metered), since=since).sort("starts_on").to_dicts():
        history.setdefault(use["agreement_id"], []).append(use)
    return history


def _use(lines: list[BillLine], history: Mapping[int, list[Use]]) -> list[Use]:
    """Return all use of the agreements whose own meters this bill charges, oldest first."""
    billed = {line.usage_id for line in lines}
    agreements = {line.agreement_id for line in lines}
    own = [history[each] for each in agreements if any(use["usage_id"] in billed for use in history.get(each, ()))]
    return sorted((use for uses in own for use in uses), key=itemgetter("starts_on"))


def _readings(lines: list[BillLine], use: list[Use], language: str) -> tuple[MeterReading, ...]:
    # The first line names the meter: a tax on water is charged under the same agreement, after it.
    names = {line.agreement_id: _service_name(line, language) for line in reversed(lines)}
    billed = {line.usage_id for line in lines}
    return tuple(_reading(row, names[row["agreement_id"]]) for row in use if row["usage_id"] in billed)


def _reading(row: Use, service_name: str) -> MeterReading:
    return MeterReading(
        service_name=service_name,
        usage=row["billed"],
        unit=row["unit"],
        serial=row["meter_serial"] or "",
        size=row["meter_size"],
        previous_on=row["starts_on"],
        previous_register=row["from_register"],
        current_on=row["ends_on"],
        current_register=row["to_register"],
        current_kind=row["read_kind"] or "",
    )


def _chart(use: list[Use], bill: Bill) -> tuple[PeriodUse, ...]:
    """Return the use of this period and of those before it, of all the account's meters together."""
    periods: dict[date, Decimal] = {}
    for row in use:
        if row["ends_on"] <= bill.ends_on:
            periods[row["ends_on"]] = periods.get(row["ends_on"], Decimal(0)) + row["billed"]
    return tuple(PeriodUse(ends_on=day, quantity=periods[day]) for day in sorted(periods)[-CHART_PERIODS:])
