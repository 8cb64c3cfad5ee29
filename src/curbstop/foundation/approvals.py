"""The second pair of eyes: what one person prepares another approves, and the database refuses it otherwise."""

from django.db.models import CheckConstraint, F, Q

from curbstop.foundation.access.models import User


def second_person(*, name: str, maker: str = "drafted_by", checker: str = "approved_by") -> CheckConstraint:
    """Return the constraint that the checker, once there is one, is another person than the maker."""
    return CheckConstraint(condition=Q(**{f"{checker}__isnull": True}) | ~Q(**{checker: F(maker)}), name=name)


def refuse_same_person(maker: User, checker: User, refusal: Exception) -> None:
    """Speak before the database does when the checker is the maker.

    :raises Exception: the given refusal, if both are the same person
    """
    if maker.pk == checker.pk:
        raise refusal
