"""Card numbers are known in references and in sentences; our own numbers are none."""

import pytest

from curbstop.foundation.card_numbers import holds_card_number, looks_like_card_number, refuse_card_number
from curbstop.foundation.web.fields import FreeText

CARDS = [
    "4111111111111111",
    "4111-1111-1111-1111",
    "5500 0000 0000 0004",
    "2223003122003222",
    "378282246310005",
    "3782 822463 10005",
    "30569309025904",
    "3530111333300000",
    "6200000000000005",
    "4111111111111111/12",
    "4111 1111 1111 1111 04 29",
    "4111111111111111 0429 123",
    "41111111111111110429",
    "AB 1 4111-1111-1111-1111",
    "4111\u2010\u20101111\u200b1111\u00a01111",
    "\uff14" + "\uff11" * 15,
    "\u0664" + "\u0661" * 15,
]


class TestLooksLikeCardNumber:
    @pytest.mark.parametrize("text", [*CARDS, "4111x1111x1111x1111"])
    def test_knows_card_numbers(self, text):
        assert looks_like_card_number(text)

    @pytest.mark.parametrize("text", ["", "001001", "A1B2C3", "4111111111111112", "12345678901234567890123"])
    def test_lets_other_references_pass(self, text):
        assert not looks_like_card_number(text)


class TestHoldsCardNumber:
    @pytest.mark.parametrize("card", CARDS)
    def test_finds_one_in_a_sentence(self, card):
        assert holds_card_number(f"On 11/22 she wanted account 100234 charged to {card}, she said.")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Called 555-010-4477 about account 100234 on 2026-11-22, bill 200001 of $1,234.56",
            "Receipts H1-000123, H1-000124 and meter LB-100234",
            "400000 400002 400006",
            "4111 1111 1111 1112",
            "Bag 9000123400056789",
        ],
    )
    def test_lets_our_own_numbers_pass(self, text):
        assert not holds_card_number(text)


class TestRefuseCardNumber:
    def test_never_repeats_it(self):
        with pytest.raises(ValueError, match="never stored") as refusal:
            refuse_card_number("paid with 4111 1111 1111 1111", ValueError)

        assert "1111" not in str(refusal.value)

    def test_shows_nothing_of_it_in_a_form_again(self):
        from django import forms

        form = type("Note", (forms.Form,), {"note": FreeText()})({"note": "paid with 4111 1111 1111 1111"})

        assert not form.is_valid()
        assert "1111" not in form.as_p()
