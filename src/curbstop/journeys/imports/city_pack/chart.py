"""`accounts.csv` and `services.yaml`: the chart of accounts and the services that post to it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from curbstop.foundation.imports import Column, read_rows
from curbstop.journeys.domain.city_pack import GlAccountLine, Place, ServiceLine
from curbstop.journeys.imports.city_pack.nodes import Form, Mistakes, read_yaml

ACCOUNTS = "accounts.csv"
SERVICES = "services.yaml"
# The service of security deposits.
DEPOSIT = "deposit"
KINDS = ("asset", "liability", "revenue", "expense", "equity")

# Every role that a payment, a count or a deposit posts to, and the kind its account must have.
REQUIRED_ROLES = {
    "unapplied_credit": ("liability",),
    "refunds_payable": ("liability",),
    "cash_drawer": ("asset",),
    "card_in_transit": ("asset",),
    "deposit_in_transit": ("asset",),
    "bank": ("asset",),
    "over_short": ("revenue", "expense"),
    "cash_rounding": ("revenue", "expense"),
}
# What a city keeps apart only if it wants to: late charges and customers' deposits.
OPTIONAL_ROLES = {
    "penalty_revenue": ("revenue",),
    "interest_revenue": ("revenue",),
    "deposits_held": ("liability",),
    "deposit_interest": ("expense",),
}
ROLES = REQUIRED_ROLES | OPTIONAL_ROLES


def read_accounts(
    content: Mapping[str, str], *, places: dict[tuple[str, ...], Place], mistakes: Mistakes
) -> tuple[GlAccountLine, ...]:
    """Read the chart of accounts; each role is held by one account of a fitting kind."""
    columns = (
        Column("fund", _digits),
        Column("department", _digits),
        Column("account", _digits),
        Column("name", str),
        Column("kind", _one_of(KINDS)),
        Column("role", _one_of(tuple(ROLES)), optional=True),
    )
    result = read_rows(content[ACCOUNTS].encode(), columns, name=ACCOUNTS)
    mistakes.extend(result.errors)
    if result.errors:
        return ()
    lines: list[GlAccountLine] = []
    for row in result.rows:
        line = GlAccountLine(**row.values)
        if ("account", line.code) in places:
            mistakes.add(ACCOUNTS, row.line, "account", f"{line.code} is there twice")
        places.setdefault(("account", line.code), Place(ACCOUNTS, row.line, "account"))
        if line.role and line.kind not in ROLES[line.role]:
            expected = " or ".join(ROLES[line.role])
            mistakes.add(ACCOUNTS, row.line, "kind", f"{line.role} is {line.kind} (expected {expected})")
        lines.append(line)
    roles = Counter(line.role for line in lines if line.role)
    for role in ROLES:
        if roles[role] != 1 and (role in REQUIRED_ROLES or roles[role]):
            message = f"{roles[role]} accounts have the role {role} (expected exactly one)"
            mistakes.add(ACCOUNTS, 0, "role", message)
    return tuple(lines)


def read_services(
    content: Mapping[str, str],
    *,
    languages: tuple[str, ...],
    places: dict[tuple[str, ...], Place],
    mistakes: Mistakes,
) -> tuple[ServiceLine, ...]:
    """Read the services: each has a receivable and a revenue account of its own and one rank."""
    document = read_yaml(content[SERVICES], file=SERVICES, mistakes=mistakes)
    if document is None:
        return ()
    if not isinstance(document.value, list):
        mistakes.add(SERVICES, document.line, "", "this is no list (expected services)")
        return ()
    services = []
    for entry in document.value:
        form = Form(entry, file=SERVICES, mistakes=mistakes)
        form.allow("code", "name", "receivable", "revenue", "rank", "agency")
        service = ServiceLine(
            code=form.code("code"),
            names=form.by_language("name", languages),
            receivable=form.text("receivable", "a fund-department-account code", limit=40),
            revenue=form.text("revenue", "a fund-department-account code", limit=40),
            rank=form.whole("rank"),
            agency=form.optional_text("agency"),
        )
        if ("service", service.code) in places:
            form.wrong("code", form.line_of("code"), f"“{service.code}” is there twice")
        for name in ("code", "receivable", "revenue", "rank"):
            places[("service", service.code, name)] = Place(SERVICES, form.line_of(name), name)
        places[("service", service.code)] = places[("service", service.code, "code")]
        if form.is_sound:
            services.append(service)
    return tuple(services)


def check_services(
    services: Sequence[ServiceLine],
    accounts: Sequence[GlAccountLine],
    *,
    places: Mapping[tuple[str, ...], Place],
    mistakes: Mistakes,
) -> None:
    """Note services whose accounts are missing or of the wrong kind, and ranks given twice."""
    kinds = {account.code: account.kind for account in accounts}
    ranks = Counter(service.rank for service in services)
    for service in services:
        # A deposit is the customer's own money: what is asked for and what is held are both liabilities.
        expected = ("liability", "liability") if service.code == DEPOSIT else ("asset", "revenue")
        if service.agency:
            # What another agency charges is owed to it from the bill on, and is never the city's revenue.
            expected = ("asset", "liability")
        for name, code, kind in zip(
            ("receivable", "revenue"), (service.receivable, service.revenue), expected, strict=True
        ):
            place = places[("service", service.code, name)]
            if code not in kinds:
                message = f"{code} is not in {ACCOUNTS} (expected an account of kind {kind})"
                mistakes.add(SERVICES, place.line, name, message)
            elif kinds[code] != kind:
                message = f"{code} is of kind {kinds[code]} (expected {kind})"
                mistakes.add(SERVICES, place.line, name, message)
        if ranks[service.rank] > 1:
            place = places[("service", service.code, "rank")]
            message = f"rank {service.rank} is given twice (expected each service its own)"
            mistakes.add(SERVICES, place.line, "rank", message)
    shared = Counter(service.receivable for service in services)
    for service in services:
        if shared[service.receivable] > 1:
            # Sub-ledger = GL by service (INV-1) can only be proved on a control account of its own.
            place = places[("service", service.code, "receivable")]
            message = f"{service.receivable} serves two services (expected one each)"
            mistakes.add(SERVICES, place.line, "receivable", message)


def _digits(text: str) -> str:
    if text.isascii() and text.isalnum():
        return text
    raise ValueError(f"“{text}” is no account part (expected letters and digits)")


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text in choices:
            return text
        raise ValueError(f"“{text}” is unknown (expected one of: {', '.join(choices)})")

    return parse
