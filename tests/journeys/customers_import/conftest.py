"""A small city: two services, a cycle and the rates that the files name."""

from datetime import UTC, date, datetime

import pytest

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STORMWATER = """\
tariff: stormwater
name: {en: Stormwater, es: Aguas pluviales}
unit: each
section: LBC 1
components:
  - key: stormwater
    service: stormwater
    label: {en: Stormwater, es: Aguas pluviales}
    quantity: eru
    unit: eru
    per_day: 0.486
"""
WATER = """\
tariff: water
name: {en: Water, es: Agua}
unit: ccf
section: LBC 1
components:
  - key: water_use
    service: water
    label: {en: Water use, es: Consumo de agua}
    classes: [residential]
    price: 4.25
"""


@pytest.fixture
def small_city(db, person):
    from curbstop.billing.operations.cycles import declare_cycles
    from curbstop.foundation.database.transactions import transaction
    from curbstop.ledger.models import GlAccount, Service
    from curbstop.ordinances.models import CodeSection, RuleValue
    from curbstop.rates.operations import adopt_version

    section, _ = CodeSection.objects.get_or_create(citation="LBC 1")
    measuring = {
        "usage_unit": ("ccf", "choice"),
        "usage_rounding": ("exact", "choice"),
        "rollover_share_min": ("90", "percent"),
        "rollover_usage_factor_max": ("3", "factor"),
    }
    for code, (value, unit) in measuring.items():
        RuleValue.objects.create(
            code=f"metering.{code}",
            value=value,
            unit=unit,
            section=section,
            starts_on=date(2024, 1, 1),
            proposed_by=person("supervisor"),
            adopted_by=person("manager"),
        )
    for rank, code in enumerate(("water", "stormwater")):
        pair = [
            GlAccount.objects.create(code=f"{code}-{kind}", fund="5", department="0", account="1", name=code, kind=kind)
            for kind in ("asset", "revenue")
        ]
        Service.objects.create(code=code, name_en=code, name_es=code, receivable=pair[0], revenue=pair[1], rank=rank)
    with transaction():
        declare_cycles([("ODD", "Odd months", 2)])
        for code, document in (("water", WATER), ("stormwater", STORMWATER)):
            adopt_version(
                schedule=code,
                service=code,
                document=document,
                format="tariff",
                section_id=section.pk,
                starts_on=date(2024, 1, 1),
                proposed_by=person("supervisor"),
                approved_by=person("manager"),
            )
