"""The mailing's order and its notices, as a mail room checks them."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curbstop.billing.domain.notices import NoticeRefused, read_notices
from curbstop.billing.domain.postal import Tray, sorted_for_mail, tray_counts


def pieces(*zips):
    return pl.DataFrame(
        {"bill_id": range(1, len(zips) + 1), "zip": zips}, schema={"bill_id": pl.Int64, "zip": pl.String}
    )


class TestSortedForMail:
    def test_gives_a_full_zip_a_tray_of_its_own(self):
        mail = sorted_for_mail(pieces(*["23510"] * 3, *["23504"] * 2, "23505", "90401", "", "23510-1234"), minimum=3)

        assert tray_counts(mail) == [
            (Tray.FIVE_DIGITS, "23510", 4),
            (Tray.THREE_DIGITS, "235", 3),
            (Tray.MIXED, "", 1),
            (Tray.NO_ZIP, "", 1),
        ]
        assert mail["bill_id"].to_list() == [1, 2, 3, 9, 4, 5, 6, 7, 8]

    @given(
        zips=st.lists(st.one_of(st.from_regex(r"\A2351[0-3](-\d{4})?\Z"), st.sampled_from(["", "x", "1234", "٢٣٥١٠"]))),
        minimum=st.integers(1, 5),
    )
    def test_loses_no_piece_and_fills_every_tray(self, zips, minimum):
        mail = sorted_for_mail(pieces(*zips), minimum=minimum)

        assert sorted(mail["bill_id"].to_list()) == list(range(1, len(zips) + 1))
        assert mail["position"].to_list() == list(range(1, len(zips) + 1))
        own = [count for kind, _, count in tray_counts(mail) if kind in (Tray.FIVE_DIGITS, Tray.THREE_DIGITS)]
        assert all(count >= minimum for count in own)


class TestReadNotices:
    LIST = (
        {"letter": "rates", "classes": ["home"], "from": "2026-06-01", "until": date(2026, 9, 1)},
        {"letter": "pool", "cycles": ["EVEN"], "languages": ["es"]},
        {"letter": "hello"},
    )

    @pytest.mark.parametrize(
        ("classes", "cycle", "language", "on", "expected"),
        [
            (["home"], "ODD", "en", date(2026, 6, 1), ["rates", "hello"]),
            (["home", "shop"], "EVEN", "es", date(2026, 8, 31), ["rates", "pool", "hello"]),
            (["shop"], "EVEN", "en", date(2026, 7, 1), ["hello"]),
            (["home"], "ODD", "en", date(2026, 9, 1), ["hello"]),
        ],
    )
    def test_sends_each_to_the_bills_it_is_for(self, classes, cycle, language, on, expected):
        found = read_notices(list(self.LIST))
        assert [
            each.letter for each in found if each.goes_with(classes=classes, cycle=cycle, language=language, bill_on=on)
        ] == expected

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ({}, "Expected a list"),
            ([{"classes": ["home"]}], "Notice 1 names no letter"),
            ([{"letter": "a"}, {"letter": "b", "cycle": ["ODD"]}], "Notice 2: nobody reads cycle"),
            ([{"letter": "a", "classes": "home"}], "classes is a list"),
            ([{"letter": "a", "from": "summer"}], "from is a day"),
        ],
    )
    def test_refuses_what_nobody_would_read(self, value, message):
        with pytest.raises(NoticeRefused, match=message):
            read_notices(value)
