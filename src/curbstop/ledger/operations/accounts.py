"""Declaring the chart of accounts, the services and the debtors; what was declared is never deleted."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import polars as pl

from curbstop.foundation.database.copying import append_frame
from curbstop.foundation.database.transactions import refused_by, require_transaction
from curbstop.ledger.models import Debtor, GlAccount, Service


class ChartRefused(Exception):
    """The chart of accounts or the services stay as they are; the message says why."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account of the chart: code is fund-department-account."""

    code: str
    fund: str
    department: str
    account: str
    name: str
    kind: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service with the codes of its two accounts."""

    code: str
    name_en: str
    name_es: str
    receivable: str
    revenue: str
    rank: int


def declare_accounts(rows: Sequence[AccountRow]) -> dict[str, int]:
    """Make or bring up to date the accounts with these codes; return code → id of all of them.

    :raises ChartRefused: if a kind is unknown, two accounts claim one role, or unapplied credit would move
    """
    require_transaction()
    known = GlAccount.objects.in_bulk(field_name="code")
    accounts = [GlAccount(**asdict(row)) for row in rows]
    changed = [row.code for row in rows if row.code in known and _differs(known[row.code], asdict(row))]
    giving_up = [row.code for row in rows if row.code in known and known[row.code].role not in {None, row.role}]
    one_role = ChartRefused("Two accounts claim one role; a role names a single account.")
    kind = ChartRefused("An account is an asset, liability, revenue, expense or equity.")
    stays = ChartRefused("The account of unapplied credit holds debtors' money and keeps its role.")
    with (
        refused_by("gl_account_one_per_role", one_role),
        refused_by("gl_account_kind_known", kind),
        refused_by("ledger_unapplied_credit_stays", stays),
    ):
        # A role may move from one account to another: it is free before anybody takes it.
        GlAccount.objects.filter(code__in=giving_up).update(role=None)
        GlAccount.objects.bulk_create(
            [account for account in accounts if account.code not in known or account.code in changed],
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=["fund", "department", "account", "name", "kind", "role"],
        )
    return dict(GlAccount.objects.values_list("code", "pk"))


def declare_services(rows: Sequence[ServiceRow]) -> dict[str, int]:
    """Make or bring up to date the services with these codes; return code → id of all of them.

    :raises ChartRefused: if an account code is unknown, or the control account of a service would change
    """
    require_transaction()
    accounts = dict(GlAccount.objects.values_list("code", "pk"))
    unknown = {code for row in rows for code in (row.receivable, row.revenue)} - set(accounts)
    if unknown:
        raise ChartRefused(f"The chart of accounts has no {', '.join(sorted(unknown))}.")
    stays = ChartRefused("The control account of a service never changes: its open items are kept there.")
    with refused_by("ledger_service_receivable_stays", stays):
        for row in rows:
            values = {"name_en": row.name_en, "name_es": row.name_es, "rank": row.rank}
            held = {"receivable_id": accounts[row.receivable], "revenue_id": accounts[row.revenue]}
            service = Service.objects.filter(code=row.code).first()
            if service is None:
                Service.objects.create(code=row.code, **values, **held)
            elif _differs(service, values | held):
                Service.objects.filter(pk=service.pk).update(**values, **held)
    return dict(Service.objects.values_list("code", "pk"))


def new_debtors(labels: Iterable[str], *, kind: str = "utility") -> tuple[int, ...]:
    """Make one debtor for each label and return their ids in the same order."""
    rows = pl.DataFrame({"label": list(labels)}, schema={"label": pl.String}).with_columns(kind=pl.lit(kind))
    return tuple(append_frame(Debtor._meta.db_table, rows))


def _differs(row: GlAccount | Service, values: dict[str, object]) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())
