"""Who is on a budget plan and pays it: then the true balance is not late."""

from collections.abc import Iterable
from datetime import date

from curbstop.billing.queries.budget_plans import budget_due
from curbstop.customers.queries import account_ids_of


def in_good_standing(debtor_ids: Iterable[int], *, on: date) -> frozenset[int]:
    """Return the debtors on a budget plan of which nothing is late (rulebook §1.8)."""
    accounts = account_ids_of(debtor_ids)
    plans = budget_due(accounts.values(), on=on)
    return frozenset(
        debtor for debtor, account in accounts.items() if account in plans and plans[account].is_in_good_standing
    )
