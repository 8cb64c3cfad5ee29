"""What a template prints for cents, prices, quantities and days."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.paginator import Paginator
from django.template import engines

from curbstop.foundation.web import tags


class TestMoney:
    @pytest.mark.parametrize(("cents", "shown"), [(123456, "$1,234.56"), (-500, "−$5.00"), (0, "$0.00"), (None, "")])
    def test_reads_as_dollars(self, cents, shown):
        assert tags.money(cents) == shown


class TestQuantity:
    @pytest.mark.parametrize(
        ("value", "shown"), [(Decimal("1464.1250"), "1,464.125"), (Decimal(100), "100"), (-2, "−2"), (None, "")]
    )
    def test_has_no_needless_zeros(self, value, shown):
        assert tags.quantity(value) == shown


class TestPrice:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [(Decimal("4.37000000"), "4.37"), (Decimal("0.35766667"), "0.35766667"), (Decimal(28), "28.00")],
    )
    def test_has_two_decimals_or_all_it_needs(self, value, shown):
        assert tags.price(value) == shown


class TestDay:
    def test_says_the_day_to_machines_too(self):
        assert tags.day(date(2026, 11, 2)) == '<time class="nowrap" datetime="2026-11-02">Nov 2, 2026</time>'


class TestShownPages:
    def test_leaves_gaps_open(self):
        paginator = Paginator(range(200), 10)

        assert list(tags.shown_pages(paginator, 10)) == [1, None, 8, 9, 10, 11, 12, None, 20]


class TestComponents:
    def render(self, source, **context):
        return engines["django"].from_string(source).render(context)

    def test_show_money_with_its_sign(self, rf):
        assert "−$5.00" in self.render("{{ cents|money }}", cents=-500)
