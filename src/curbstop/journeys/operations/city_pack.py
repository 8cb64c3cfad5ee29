"""A city pack in two steps by two people: one proposes what changes, another puts it in force."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from curbstop.billing.operations import declare_cycles
from curbstop.cashiering.operations.offices import TillRow, declare_offices
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.imports import FileRefused
from curbstop.journeys.domain.city_pack import CityPack, ServiceLine
from curbstop.journeys.domain.pack_changes import PackChange, PackPlan, plan_pack
from curbstop.journeys.domain.tariff_texts import TariffText
from curbstop.journeys.queries import adopted_city
from curbstop.ledger.operations import AccountRow, ServiceRow, declare_accounts, declare_services
from curbstop.ordinances.domain.packs import PackFiles
from curbstop.ordinances.domain.versions import VersionPlan
from curbstop.ordinances.operations import (
    PackRefused,
    adopt,
    approve_proposal,
    lock_proposal,
    record_proposal,
)
from curbstop.ordinances.permissions import APPROVE_PACK, PROPOSE_PACK
from curbstop.ordinances.queries import open_proposal, section_ids
from curbstop.rates.operations import adopt_version, end_version


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a pack would change; no changes means that it is in force as it stands."""

    changes: tuple[PackChange, ...]
    waited_already: bool = False


@transaction
def propose_pack(*, pack: CityPack, by: User, at: datetime) -> Proposed:
    """Keep a pack that changes something until a second person approves it.

    :raises FileRefused: if it would rewrite the past or drop what is in force
    :raises PackRefused: if the person may not propose
    """
    if not by.may(PROPOSE_PACK):
        raise PackRefused(f"{by.username} may not propose a city pack.")
    plan = _sound_plan(pack, at)
    if not plan.changes:
        return Proposed(())
    waited_already = open_proposal(pack.sha256) is not None
    record_proposal(
        files=PackFiles(pack.name, pack.sha256, pack.content),
        changes=[change.as_row() for change in plan.changes],
        proposed_by=by,
        at=at,
    )
    return Proposed(tuple(plan.changes), waited_already)


@transaction
def approve_pack(*, pack: CityPack, by: User, at: datetime) -> tuple[PackChange, ...]:
    """Put a proposed pack in force, in every room at once, and return what changed.

    :raises FileRefused: if what was adopted since leaves it no longer sound
    :raises PackRefused: if nobody proposed these very files, or the approver did
    """
    if not by.may(APPROVE_PACK):
        raise PackRefused(f"{by.username} may not approve a city pack.")
    proposal = lock_proposal(pack.sha256)
    if proposal is None:
        raise PackRefused(
            f"Nobody has proposed {pack.name} as it stands in the folder now, or it is in force already. Load it first."
        )
    approve_proposal(proposal=proposal, approved_by=by, at=at)
    plan = _sound_plan(pack, at)
    declare_accounts([AccountRow(code=line.code, **asdict(line)) for line in plan.accounts])
    declare_services([_service_row(line) for line in plan.services])
    adopt(plan.adoption, proposed_by=proposal.proposed_by, adopted_by=by)
    _adopt_tariffs(plan.tariffs, proposed_by=proposal.proposed_by, approved_by=by)
    declare_cycles((cycle.code, cycle.name, cycle.months) for cycle in plan.cycles)
    declare_offices([TillRow(till.office_code, till.office_name, till.code, till.name) for till in plan.tills])
    return tuple(plan.changes)


def _sound_plan(pack: CityPack, at: datetime) -> PackPlan:
    plan = plan_pack(pack, adopted_city(), on=_day_in(pack, at))
    if plan.mistakes:
        raise FileRefused(plan.mistakes)
    return plan


def _day_in(pack: CityPack, at: datetime) -> date:
    """Return the city's own day: at ten in the evening the clock of a server may be on the next."""
    return at.astimezone(ZoneInfo(str(pack.city["timezone"]))).date()


def _service_row(line: ServiceLine) -> ServiceRow:
    """Return a service as the ledger keeps it; a city without Spanish shows the English name."""
    name = line.names["en"]
    return ServiceRow(
        code=line.code,
        name_en=name,
        name_es=line.names.get("es", name),
        receivable=line.receivable,
        revenue=line.revenue,
        rank=line.rank,
    )


def _adopt_tariffs(plans: Mapping[str, VersionPlan[TariffText]], *, proposed_by: User, approved_by: User) -> None:
    sections = section_ids()
    for code, plan in plans.items():
        for moved in plan.new_ends:
            end_version(schedule=code, starts_on=moved.starts_on, ends_on=moved.ends_on)
        for version in plan.additions:
            adopt_version(
                schedule=code,
                service=version.content.service,
                document=version.content.document,
                format="tariff",
                section_id=sections[version.content.citations[0]],
                starts_on=version.starts_on,
                ends_on=version.ends_on,
                proposed_by=proposed_by,
                approved_by=approved_by,
            )
