"""Credit that settles new bills by itself, where the city wants it so."""

from datetime import date
from typing import Any

import pytest

from curbstop.billing.models import CreditApplication
from curbstop.billing.operations.credits import apply_credits
from curbstop.ledger.queries import open_items_of, unapplied_credit_of
from curbstop.ordinances.models import CodeSection, RuleValue
from tests.billing.conftest import NOON, Town

pytestmark = pytest.mark.django_db


@pytest.fixture
def wanted(town: Town) -> Town:
    """The town, which wants credit to settle new bills."""
    RuleValue.objects.create(
        code="billing.apply_credit_on_release", starts_on=date(2026, 1, 1), value="yes", unit="choice",
        section=CodeSection.objects.get(citation="13.1"), proposed_by=town.people["lead"],
        adopted_by=town.people["manager"],
    )  # fmt: skip
    return town


def billed(town: Town, *paid: int) -> tuple[Any, list[Any]]:
    accounts = []
    for number, cents in enumerate(paid, start=1):
        account = town.account(f"10000{number}", services=("water",))
        town.use(account, "8")
        if cents:
            town.pay(account, cents)
        accounts.append(account)
    return town.release(), accounts


def credit(account: Any) -> int:
    return unapplied_credit_of([account.debtor_id])[account.debtor_id]


class TestApplyCredits:
    def test_settles_the_new_bill_with_what_was_paid_too_much(self, wanted: Town) -> None:
        run, (rich, some, none) = billed(wanted, 5_000, 1_000, 0)

        assert apply_credits(run=run, by=wanted.people["manager"], at=NOON) == 2

        assert [credit(each) for each in (rich, some, none)] == [600, 0, 0]
        owed = [sum(item.balance_cents for item in open_items_of(each.debtor_id)) for each in (rich, some, none)]
        assert owed == [0, 3_400, 4_400]
        amounts = CreditApplication.objects.order_by("account_id").values_list("amount_cents", flat=True)
        assert list(amounts) == [4_400, 1_000]

    def test_applies_nothing_twice(self, wanted: Town) -> None:
        run, _ = billed(wanted, 1_000)
        apply_credits(run=run, by=wanted.people["manager"], at=NOON)

        assert apply_credits(run=run, by=wanted.people["manager"], at=NOON) == 0
        assert CreditApplication.objects.count() == 1

    def test_leaves_what_is_disputed_alone(self, wanted: Town) -> None:
        from curbstop.foundation.database.transactions import transaction
        from curbstop.ledger.operations import place_hold

        run, (account,) = billed(wanted, 5_000)
        (item,) = open_items_of(account.debtor_id)
        lead = wanted.people["lead"]
        with transaction():
            place_hold(
                open_item_id=item.id, kind="dispute", reason="The meter is wrong.", amount_cents=4_000, by=lead, at=NOON
            )

        apply_credits(run=run, by=wanted.people["manager"], at=NOON)

        assert open_items_of(account.debtor_id)[0].balance_cents == 4_000

    def test_does_nothing_where_the_city_does_not_want_it(self, town: Town) -> None:
        run, (account,) = billed(town, 1_000)

        assert apply_credits(run=run, by=town.people["manager"], at=NOON) == 0
        assert credit(account) == 1_000
