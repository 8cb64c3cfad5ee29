"""What plain SQL cannot do at the counter: a receipt without money, a void that reverses nothing, a made-up close."""

import pytest

from curbstop.cashiering.domain.tenders import TenderedAmount, TenderKind
from curbstop.cashiering.models import Cart, CartItem, Drawer, Receipt, Till, Void, VoidRequest
from curbstop.cashiering.operations import count_drawer, request_void, take_payment, turn_down_void, void_receipt
from tests.cashiering.conftest import AT
from tests.refusals import refusing

CASH = (TenderedAmount(TenderKind.CASH, 3_000),)


def rows():
    return [list(model.objects.values()) for model in (Drawer, Cart, CartItem, Receipt, Void, VoidRequest, Till)]


@pytest.fixture
def receipt(owe, cart_of, drawer, cashier):
    """Take $30.00 in cash."""
    items = owe(water=3_000)
    return take_payment(cart=cart_of({items["water"]: 3_000}), tenders=CASH, cashier=cashier, at=AT)


class TestReceipt:
    FORGED = (
        "with forged as (insert into cashiering_receipt (till_id, number, drawer_id, cart_id, entry_id, total_cents,"
        " credit_cents, rounding_cents, change_cents, at)"
        " select %s, 2, %s, %s, {entry}, {cents}, 0, 0, 0, now() returning id)"
        " insert into cashiering_tender (receipt_id, line_number, kind, amount_cents, tendered_cents, reference)"
        " select id, 1, 'cash', {cents}, {cents}, '' from forged"
    )

    @pytest.mark.parametrize("cents", [3_000, 1])
    def test_is_not_forged_on_an_entry_of_another_kind(self, receipt, owe, cart_of, drawer, city, cents):
        from curbstop.ledger.models import Entry

        cart = cart_of({owe(sewer=500)["sewer"]: 500})
        entry = Entry.objects.filter(kind="bill").latest("pk").pk
        before = rows()

        forged = self.FORGED.format(entry=entry, cents=cents)
        assert refusing(forged, drawer.till_id, drawer.pk, cart.pk) == "receipt_equals_its_entry"

        assert rows() == before

    def test_leaves_its_cart_as_it_was_paid(self, receipt):
        before = rows()

        more = "insert into cashiering_cartitem (cart_id, open_item_id, amount_cents) values (%s, 0, 1)"
        assert refusing(more, receipt.cart_id) == "paid_cart_stays"
        for statement in (
            "delete from cashiering_cartitem",
            "update cashiering_cartitem set amount_cents = 1",
        ):
            assert refusing(statement) == "paid_cart_stays"

        assert rows() == before


class TestVoid:
    INSERT = (
        "insert into cashiering_void (request_id, receipt_id, entry_id, requested_by_id, approved_by_id, reason, at)"
        " values ({request.pk}, {request.receipt_id}, {entry}, {asks}, {approves}, '{reason}', now())"
    )

    @pytest.fixture
    def request_(self, receipt, cashier):
        return request_void(receipt=receipt, requested_by=cashier, reason="because I say so", at=AT)

    def insert(self, request, **changed):
        values = {"entry": request.receipt.entry_id, "asks": request.requested_by_id, "reason": request.reason}
        return self.INSERT.format(request=request, **{**values, **changed})

    def test_needs_the_entry_that_reverses_its_receipt(self, request_, city):
        before = rows()

        assert refusing(self.insert(request_, approves=city["supervisor"].pk)) == "void_reverses_its_receipt"

        assert rows() == before

    def test_is_not_approved_by_the_cashier(self, request_, cashier):
        before = rows()

        assert refusing(self.insert(request_, approves=cashier.pk)) == "void_not_by_the_cashier"

        assert rows() == before

    def test_is_asked_for_by_the_one_it_names_in_their_words(self, request_, city):
        before = rows()

        boss = city["supervisor"].pk
        for changed in ({"asks": city["manager"].pk}, {"reason": "because they say so"}):
            assert refusing(self.insert(request_, approves=boss, **changed)) == "void_as_requested"

        assert rows() == before

    def test_never_follows_a_request_that_was_turned_down(self, request_, city):
        turn_down_void(request=request_, by=city["supervisor"], at=AT)
        before = rows()

        assert refusing(self.insert(request_, approves=city["supervisor"].pk)) == "void_as_requested"
        reopen = "update cashiering_voidrequest set turned_down_at = null, turned_down_by_id = null"
        assert refusing(reopen) == "cashiering_voidrequest_append_only"

        assert rows() == before

    def test_is_not_turned_down_afterwards(self, request_, city):
        void_receipt(request=request_, approved_by=city["supervisor"], at=AT)
        before = rows()

        late = "update cashiering_voidrequest set turned_down_at = now(), turned_down_by_id = requested_by_id"
        assert refusing(late) == "void_request_decided_once"

        assert rows() == before


class TestDrawer:
    CLOSE = (
        "update cashiering_drawer set closed_at = now(), closing_count_id = %s, expected_cash_cents = {cash},"
        " expected_check_cents = 0, over_cents = {over}, short_cents = {short}"
    )

    @pytest.mark.parametrize(
        ("cash", "over", "short"),
        [(2_000, 0, 0), (3_000, 0, 0), (3_000, 0, 1_000), (2_000, 0, 1_000)],
    )
    def test_is_not_closed_with_a_shortage_hidden(self, receipt, drawer, cashier, cash, over, short):
        count = count_drawer(drawer=drawer, pieces={100: 220}, check_cents=0, counted_by=cashier, at=AT)
        before = rows()

        close = self.CLOSE.format(cash=cash, over=over, short=short)
        assert refusing(close, count.pk) == "drawer_closes_by_its_count"

        assert rows() == before

    def test_is_not_closed_with_the_count_of_another(self, receipt, drawer, cashier, person):
        from curbstop.cashiering.operations import open_drawer

        other = open_drawer(till=Till.objects.get(code="H2"), cashier=person("second"), float_cents=0, at=AT)
        count = count_drawer(drawer=other, pieces={100: 230}, check_cents=0, counted_by=cashier, at=AT)
        before = rows()

        close = self.CLOSE.format(cash=3_000, over=0, short=0) + f" where id = {drawer.pk}"
        assert refusing(close, count.pk) == "drawer_closes_by_its_count"

        assert rows() == before

    def test_is_never_deleted(self, drawer):
        assert refusing("delete from cashiering_drawer") == "cashiering_drawer_kept"
        assert refusing("update cashiering_drawer set float_cents = 0") == "drawer_opened_once"


class TestTill:
    def test_keeps_the_code_that_its_receipts_are_numbered_by(self, till):
        before = rows()

        assert refusing("update cashiering_till set code = code || 'x'") == "till_keeps_its_code"
        assert refusing("delete from cashiering_till") == "cashiering_till_kept"

        assert rows() == before
