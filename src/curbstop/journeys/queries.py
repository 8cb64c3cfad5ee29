"""What is adopted across the rooms, gathered so that a city pack can be compared with it."""

from dataclasses import asdict
from typing import Any

from curbstop.billing.queries import cycles
from curbstop.cashiering.queries import tills
from curbstop.journeys.domain.city_pack import CycleLine, GlAccountLine, ServiceLine
from curbstop.journeys.domain.pack_changes import Adopted, TillLine
from curbstop.journeys.domain.tariff_texts import TariffText, tariff_text
from curbstop.ledger.queries import chart_of_accounts, services
from curbstop.ordinances import queries as ordinances
from curbstop.ordinances.domain.versions import Dated
from curbstop.rates.queries import adopted_schedules


def adopted_city() -> Adopted:
    """Return everything that a city pack decides, as the rooms have it; empty in a new database."""
    city: dict[str, Any] = {}
    try:
        city = {name: _listed(value) for name, value in asdict(ordinances.city()).items()}
        city["closed_weekdays"] = list(ordinances.closed_weekdays())
    except ordinances.NoSuchRule:
        pass  # a new database: everything in the pack is new
    languages = [str(language) for language in city.get("languages", [])]
    return Adopted(
        city=city,
        accounts={
            row.code: GlAccountLine(row.fund, row.department, row.account, row.name, row.kind, row.role)
            for row in chart_of_accounts()
        },
        services={
            row.code: ServiceLine(
                code=row.code,
                names={one: getattr(row, f"name_{one}") for one in languages},
                receivable=row.receivable.code,
                revenue=row.revenue.code,
                rank=row.rank,
            )
            for row in services()
        },
        sections=ordinances.adopted_sections(),
        values=ordinances.adopted_values(),
        letters=ordinances.adopted_letters(),
        tariffs=_tariffs(),
        holidays=ordinances.adopted_holidays(),
        cycles={row.code: CycleLine(row.code, row.name, row.months) for row in cycles()},
        tills={row.code: TillLine(row.code, row.name, row.office.code, row.office.name) for row in tills()},
    )


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _tariffs() -> dict[str, list[Dated[TariffText]]]:
    found: dict[str, list[Dated[TariffText]]] = {}
    for row in adopted_schedules():
        text = tariff_text(service=row.schedule.service.code, document=row.document)
        found.setdefault(row.schedule.code, []).append(Dated(row.starts_on, row.ends_on, text))
    return found
