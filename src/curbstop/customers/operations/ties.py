"""Ties of employees to customers: declared by anybody, ended by somebody else."""

from datetime import datetime

from curbstop.customers.models import Customer, StaffTie
from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction


class TieRefused(Exception):
    """The tie was not declared or not ended; the message says why."""


@transaction(refusals={"staff_tie_once": lambda: TieRefused("This tie is declared already.")})
def declare_tie(*, user: User, customer: Customer, kind: str, by: User, at: datetime) -> StaffTie:
    """Say that an account is an employee's own, or of the household or a relative; others decide about its money.

    :raises TieRefused: if it is declared already
    """
    tie = StaffTie.objects.create(user=user, customer=customer, kind=kind, declared_by=by, declared_at=at)
    audit.record(actor=by, event="customers.tie.declared", subject=tie, at=at, detail={"user": user.username})
    return tie


@transaction(
    refusals={"staff_tie_ended_by_another": lambda: TieRefused("That your own tie is over is for another to say.")}
)
def end_tie(*, tie: StaffTie, by: User, at: datetime) -> None:
    """Say that a tie is over.

    :raises TieRefused: if it is over already, or the employee says so about the own tie
    """
    if not StaffTie.objects.filter(pk=tie.pk, ended_at=None).update(ended_by=by, ended_at=at):
        raise TieRefused("This tie is over already.")
    audit.record(actor=by, event="customers.tie.ended", subject=tie, at=at)
