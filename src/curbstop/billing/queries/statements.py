"""A released bill gathered into everything that its printed statement says."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import Any

import polars as pl

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
from curbstop.customers.queries import account_page
from curbstop.foundation.documents import qr_svg, scan_line
from curbstop.metering.queries import usage_history
from curbstop.ordinances.queries import city
from curbstop.rates.queries import compiled_schedule


def statement_of_bill(bill: Bill) -> Statement:
    """Return what the statement of a released bill says, in its customer's language."""
    account = account_page(bill.account.number)
    lines = list(bill.lines.select_related("service").order_by("line_number"))
    use = _use(lines)
    due = max(bill.prior_balance_cents - bill.payments_cents + bill.total_cents, 0)
    scanned = scan_line(bill_number=bill.number, account_number=account.number, amount_cents=due)
    return Statement(
        letterhead=_letterhead(account.language),
        language=account.language,
        bill_number=bill.number,
        account_number=account.number,
        customer_name=account.customer_name,
        mailing_lines=account.mailing_lines,
        service_address=", ".join(account.address_lines),
        bill_on=bill.bill_on,
        due_on=bill.due_on,
        starts_on=bill.starts_on,
        ends_on=bill.ends_on,
        services=_services(lines, account.language),
        prior_balance_cents=bill.prior_balance_cents,
        payments_cents=bill.payments_cents,
        readings=_readings(lines, use, account.language),
        usage=_chart(use, bill),
        usage_unit=use["unit"][-1] if use.height else "ccf",
        scan_line=scanned,
        qr_svg=qr_svg(scanned),
    )


def _letterhead(language: str) -> Letterhead:
    profile = city()
    return Letterhead(
        city=profile.name,
        department=_in(profile.department, language),
        address_lines=profile.address_lines,
        phone=profile.phone,
        payee=profile.payee,
        remittance_lines=profile.address_lines,
        remittance_note=_in(profile.remittance, language),
    )


def _in(texts: dict[str, str], language: str) -> str:
    """Return a text in a language, or in the first one the city wrote it in."""
    return texts.get(language) or next(iter(texts.values()), "")


def _service_name(line: BillLine, language: str) -> str:
    return line.service.name_es if language == "es" else line.service.name_en


def _services(lines: list[BillLine], language: str) -> tuple[ServiceCharges, ...]:
    labels = labels_of((line.schedule_version_id for line in lines), language)

    def service_of(line: BillLine) -> tuple[int, int]:
        return line.service.rank, line.service_id

    return tuple(
        ServiceCharges(
            name=_service_name(first, language),
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


def _use(lines: list[BillLine]) -> pl.DataFrame:
    """Return all use of the agreements whose meters this bill charges, oldest first."""
    metered = [line.agreement_id for line in lines if line.usage_id is not None]
    use = usage_history(sorted(set(metered)))
    billed = {line.usage_id for line in lines}
    agreements = use.filter(pl.col("usage_id").is_in(list(billed - {None})))["agreement_id"]
    return use.filter(pl.col("agreement_id").is_in(agreements.implode())).sort("starts_on")


def _readings(lines: list[BillLine], use: pl.DataFrame, language: str) -> tuple[MeterReading, ...]:
    # The first line names the meter: a tax on water is charged under the same agreement, after it.
    names = {line.agreement_id: _service_name(line, language) for line in reversed(lines)}
    billed = {line.usage_id for line in lines}
    return tuple(_reading(row, names[row["agreement_id"]]) for row in use.to_dicts() if row["usage_id"] in billed)


def _reading(row: dict[str, Any], service_name: str) -> MeterReading:
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


def _chart(use: pl.DataFrame, bill: Bill) -> tuple[PeriodUse, ...]:
    """Return the use of this period and of those before it, of all the account's meters together."""
    periods = (
        use.filter(pl.col("ends_on") <= bill.ends_on)
        .group_by("ends_on")
        .agg(pl.col("billed").sum())
        .sort("ends_on")
        .tail(CHART_PERIODS)
    )
    return tuple(PeriodUse(ends_on=day, quantity=Decimal(quantity)) for day, quantity in periods.iter_rows())
