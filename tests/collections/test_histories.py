"""P12: whatever happens to a bill, no penalty and no interest is ever charged on what is held (trust.md).

Random histories of disputes, plans, adjustments, payments on their way, payments, releases and cancellations are
followed by runs; beside them goes a model of one page that knows only what is owed and what is held.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curbstop.collections import proofs
from curbstop.collections.models import LateCharge
from curbstop.collections.operations import RunRefused, approve_charges, post_charges, reverse_charges_of
from curbstop.foundation.database.transactions import transaction
from curbstop.ledger.models import Entry
from curbstop.ledger.operations import HoldRefused, PostingRefused, reverse_entry
from curbstop.ledger.queries import balances_of_items, held_on
from tests.collections.conftest import DUE, Office
from tests.conftest import IS_LONG

BILLS = 3
KINDS = ("dispute", "plan", "adjustment", "pending_payment")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), st.integers(0, BILLS - 1), st.sampled_from(KINDS), st.integers(0, 30_000)),
        st.tuples(st.just("release"), st.integers(0, BILLS - 1), st.sampled_from(KINDS), st.just(0)),
        st.tuples(st.just("pay"), st.integers(0, BILLS - 1), st.just(""), st.integers(1, 25_000)),
        st.tuples(st.just("cancel"), st.integers(0, BILLS - 1), st.just(""), st.just(0)),
        st.tuples(st.just("run"), st.just(0), st.sampled_from(["penalty", "interest"]), st.integers(0, 20)),
    ),
    max_size=12,
)


@dataclass
class History:
    """Three bills of $200.00, and what was done to them."""

    office: Office
    account: Any
    bills: list[tuple[str, int]] = field(default_factory=list)
    holds: dict[tuple[int, str], Any] = field(default_factory=dict)

    def begin(self) -> None:
        for _ in range(BILLS):
            source, (item,) = self.office.bill(self.account, water=20_000)
            self.bills.append((source, item))
        self.office.go_to(DUE + timedelta(days=1))

    def do(self, verb: str, bill: int, word: str, number: int) -> None:
        getattr(self, verb)(bill, word, number)

    def hold(self, bill: int, kind: str, cents: int) -> None:
        try:
            self.holds[bill, kind] = self.office.hold(self.bills[bill][1], cents or None, kind)
        except HoldRefused:
            return  # it owes less, or has one

    def release(self, bill: int, kind: str, _cents: int) -> None:
        if hold := self.holds.pop((bill, kind), None):
            self.office.release(hold)

    def pay(self, bill: int, _kind: str, cents: int) -> None:
        self.office.pay(self.account, cents, items=[self.bills[bill][1]])

    def cancel(self, bill: int, _kind: str, _cents: int) -> None:
        source, _ = self.bills[bill]
        entry = Entry.objects.get(source=source, kind="bill")
        facts = {"by": self.office.manager, "at": self.office.at}
        try:
            with transaction():
                reverse_charges_of(bill_source=source, cause="cancelled", day=self.office.day, **facts)
                reverse_entry(
                    entry=entry, actor=self.office.manager, business_date=self.office.day, posted_at=self.office.at,
                    source=source, memo="cancelled",
                )  # fmt: skip
        except PostingRefused:
            return  # cancelled before

    def run(self, _bill: int, kind: str, days: int) -> None:
        """Charge after some days, and hold each charge against what was free when it was posted."""
        if days:
            self.office.go_to(self.office.day + timedelta(days=days))
        items = [item for _, item in self.bills]
        owed, held = balances_of_items(items), held_on(items)
        free = {source: owed[item] - held.get(item, 0) for source, item in self.bills}
        known = set(LateCharge.objects.values_list("pk", flat=True))
        try:
            run = approve_charges(run=self.office.propose(kind), by=self.office.manager, at=self.office.at)
        except RunRefused:
            return
        post_charges(run=run, by=self.office.manager, at=self.office.at)
        for charge in LateCharge.objects.exclude(pk__in=known).filter(kind="penalty"):
            assert charge.base_cents == free[charge.bill_source] > 0
            assert charge.amount_cents == max(charge.base_cents // 10, 1_000)


@pytest.fixture
def history(office: Office, account: Any) -> Callable[[], History]:
    def make() -> History:
        made = History(office, account)
        made.begin()
        return made

    return make


@pytest.mark.django_db(transaction=True)
class TestHistories:
    @pytest.mark.parametrize("part", range(60 if IS_LONG else 12))
    def test_never_charge_what_is_held(self, history: Callable[[], History], part: int) -> None:
        """Each part is one office, through which a few histories go one after the other."""
        del part
        followed = history()

        @settings(max_examples=1, suppress_health_check=list(HealthCheck), deadline=None, derandomize=False)
        @given(STEPS)
        def follow(steps: list[tuple[str, int, str, int]]) -> None:
            for step in steps:
                followed.do(*step)

        follow()
        followed.run(0, "penalty", 1)
        followed.run(0, "interest", 1)
        assert all(proof.check().holds for proof in proofs.PROOFS)

    def test_whole_disputes_bear_nothing(self, history: Callable[[], History]) -> None:
        followed = history()
        for bill in range(BILLS):
            followed.hold(bill, "dispute", 0)
        followed.run(0, "penalty", 5)
        followed.run(0, "interest", 5)
        assert not LateCharge.objects.exists()
