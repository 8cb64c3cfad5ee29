"""Rate studies: what a draft would bill, to the cent and by hand; and the page on which supervisors ask for it."""

import csv
import io
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from curbstop.rates.domain.compiling import compile_document
from curbstop.rates.domain.pricing import price_class
from curbstop.reports import operations
from curbstop.reports.domain.studies import Affordability, Household, histogram, percentiles, read_households, told
from curbstop.reports.domain.what_if import CHANGES, ROWS, merged, study
from curbstop.reports.models import RateStudy
from curbstop.reports.queries.what_if import question_of, study_city
from tests.billing.conftest import JULY, MAY, NOON, TODAY, WATER, Town, people, town
from tests.refusals import refusing

__all__ = ["people", "town"]

DRAFT = WATER.replace("price: 3.00", "price: 2.75").replace("price: 5.00", "price: 6.00")
SEASONS = """
tariff: water
unit: ccf
section: "13.1"
seasons:
  season: {decided_by: split, cold: [10-01 to 05-31], warm: [06-01 to 09-30]}
components:
  - key: water_use
    service: water
    label: {en: Water use, es: Consumo de agua}
    price: {by: season, table: {cold: 3.00, warm: 4.00}}
"""
NOW_RATE, DRAFT_RATE = (compile_document(text, "tariff", "water") for text in (WATER, DRAFT))


def bills(*rows: tuple[int, object], **facts: Any) -> pl.DataFrame:
    """Return bills of 60 days by account and CCF."""
    whole = {
        "customer_class": "", "starts_on": MAY, "ends_on": JULY, "unit": "ccf", "meter_size": '5/8"', "inputs": "{}",
        **facts,
    }  # fmt: skip
    return pl.DataFrame(
        [{**whole, "account_id": each, "quantity": Decimal(str(ccf))} for each, ccf in rows], schema=ROWS
    )


class TestStudy:
    def test_compares_both_tariffs_to_the_cent(self) -> None:
        # 8 CCF: 20 + 8 × 3.00 = 44.00, draft 20 + 8 × 2.75 = 42.00.
        # 30 CCF: 20 + 30 + 100 = 150.00, draft 20 + 27.50 + 120 = 167.50.
        part = study(bills((1, 8), (2, 30), (2, 8)), NOW_RATE, DRAFT_RATE)

        paid = {
            row[0]: row[1:] for row in part.accounts.select("account_id", "bills", "now_cents", "draft_cents").rows()
        }
        assert paid == {1: (1, 4400, 4200), 2: (2, 19400, 20950)}
        assert sorted(part.changes.select("change_cents", "change_share", "bills").rows()) == [
            (-200, -455, 2),
            (1750, 1167, 1),
        ]
        tier = part.revenue.filter((pl.col("side") == "draft") & (pl.col("tier") == 2))
        assert tier.select("quantity", "cents", "lines").row(0) == (Decimal(20), 12000, 1)

    def test_leaves_out_what_either_tariff_refuses_and_says_why(self) -> None:
        wide = bills((2, 9), meter_size='9"')
        gallons = bills((3, 9), unit="gallons")
        part = study(pl.concat([bills((1, 8)), wide, gallons]), NOW_RATE, DRAFT_RATE)

        assert part.accounts["account_id"].to_list() == [1]
        said = {
            (row["side"], row["bills"]): row["reason"]
            for row in part.refused.filter(pl.col("side") == "now").to_dicts()
        }
        assert part.refused["bills"].sum() == 4
        assert any("is not in its table" in each for each in part.refused["reason"])
        assert any("the use is in gallons" in each for each in part.refused["reason"])
        assert said

    @given(
        st.lists(st.tuples(st.integers(1, 5), st.decimals(0, 99, places=2)), min_size=1, max_size=40), st.integers(1, 3)
    )
    def test_folding_and_parts_change_nothing(self, uses: list[tuple[int, Decimal]], parts: int) -> None:
        rows = bills(*uses)
        alone = price_class(
            NOW_RATE.classes[""], rows.select(usage="quantity", days=pl.lit(60), meter_size="meter_size")
        ).cents()
        # An account is in one part only.
        found = merged(
            [study(rows.filter(pl.col("account_id") % parts == each), NOW_RATE, DRAFT_RATE) for each in range(parts)]
        )

        assert found.accounts["now_cents"].sum() == int(alone.sum())
        assert found.changes["bills"].sum() == len(uses)
        assert found.revenue.filter(pl.col("side") == "now")["cents"].sum() == int(alone.sum())


class TestTold:
    def test_counts_winners_and_the_shares_of_an_income(self) -> None:
        part = study(bills((1, 8), (2, 30), (3, 10)), NOW_RATE, DRAFT_RATE)
        asked = Affordability((Household("low", Decimal(18_250)),), (), Decimal(4))
        said = told(part, asked)

        assert (said["winners"], said["unchanged"], said["losers"]) == (2, 0, 1)
        assert (said["now_cents"], said["draft_cents"]) == (24400, 25700)
        (low,) = said["affordability"]
        # 50.00 for 60 days are 304.16 a year: 1.67 % of 18,250.
        assert (low["now_p50_cents"], low["now_p50_percent"]) == (30416, "1.67")
        assert (low["now_above"], low["draft_above"]) == (1, 1)

    def test_reads_percentiles_off_by_rank(self) -> None:
        changes = pl.DataFrame([("", cents, cents, 1) for cents in range(1, 101)], schema=CHANGES, orient="row")
        (row,) = percentiles(changes)

        assert row["cents"] == [1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100]

    def test_puts_every_bill_in_one_bin(self) -> None:
        changes = pl.DataFrame(
            [("", cents, None, 3) for cents in (-10_000_000, -250, -1, 0, 1, 999, 40_000_000)],
            schema=CHANGES,
            orient="row",
        )
        bins = histogram(changes)

        assert sum(each["bills"] for each in bins) == 21
        assert len(bins) <= 22
        assert all(one["to_cents"] == next_one["from_cents"] for one, next_one in pairwise(bins))

    def test_of_nothing_is_nothing(self) -> None:
        said = told(merged([]), Affordability((Household("any", Decimal(1)),)))

        assert (said["bills"], said["histogram"], said["percentiles"]) == (0, [], [])

    @pytest.mark.parametrize("line", ["median", "= 5", "median = lots", "median = 0", "median = -4"])
    def test_asks_for_a_household_with_an_income(self, line: str) -> None:
        with pytest.raises(ValueError, match="no household"):
            read_households([line])


@pytest.fixture
def billed(town: Town) -> Town:
    """Three accounts, billed: 8, 30 and 10 CCF."""
    for number, ccf in (("100001", "8"), ("100002", "30"), ("100003", "10")):
        town.use(town.account(number), ccf)
    town.release()
    return town


def question(**facts: Any) -> Any:
    days = {"from_on": MAY, "to_on": TODAY}
    return question_of("water", draft=DRAFT, draft_format="tariff", **{**days, **facts})


@pytest.mark.django_db
class TestStudyCity:
    def test_prices_what_was_billed(self, billed: Town) -> None:
        done: list[tuple[int, int]] = []
        part = study_city(question(), on_part=lambda *each: done.append(each))

        assert sorted(part.accounts["now_cents"]) == [4400, 5000, 15000]
        assert sorted(part.accounts["draft_cents"]) == [4200, 4750, 16750]
        assert done == [(1, 1)]

    def test_finds_the_use_of_a_service_without_a_meter(self, billed: Town) -> None:
        from curbstop.rates.queries import version_on

        document = version_on("sewer", TODAY).document
        asked = question_of("sewer", draft=document, draft_format="tariff", from_on=MAY, to_on=TODAY)

        assert sorted(study_city(asked).accounts["now_cents"]) == [2000, 2500, 7500]

    def test_leaves_cancelled_bills_and_other_days_out(self, billed: Town) -> None:
        from curbstop.billing.models import Bill
        from curbstop.billing.operations import cancel_bill

        bill = Bill.objects.order_by("number").first()
        cancel_bill(
            bill=bill, reason="Read on the wrong meter", requested_by=billed.people["lead"],
            approved_by=billed.people["manager"], at=NOON,
        )  # fmt: skip

        assert study_city(question()).accounts.height == 2
        assert study_city(question(to_on=date(2026, 6, 1))).accounts.is_empty()


@pytest.fixture
def office(billed: Town, client: Any) -> Any:
    """Return a browser signed in as the supervisor."""
    client.force_login(billed.people["supervisor"])
    return client


def asked(text: str = DRAFT, **facts: Any) -> dict[str, Any]:
    form = {
        "schedule": "water",
        "draft": SimpleUploadedFile("draft.yaml", text.encode()),
        "first_day": "2026-05-01",
        "last_day": "2026-06-30",
        "households": "median = 62,000\nlow = 18250",
        "classes": "",
        "percent_max": "2.5",
        **facts,
    }
    return {name: value for name, value in form.items() if value is not None}


@pytest.mark.django_db
class TestPage:
    def test_studies_a_draft(self, office: Any) -> None:
        answer = office.post(reverse("reports:what_if"), asked())
        made = RateStudy.objects.get()
        waiting = office.get(answer.url).content.decode()
        operations.carry_out(study_id=made.pk, at=NOON)
        page = office.get(answer.url).content.decode()

        assert "waits for a worker" in waiting
        for part in ("$244.00", "$257.00", "Water use, tier 2", "Pay more", "1.67%", "100002"):
            assert part in page

    def test_downloads_every_table(self, office: Any) -> None:
        office.post(reverse("reports:what_if"), asked())
        made = RateStudy.objects.get()
        address = reverse("reports:rate_study", args=[made.pk])
        assert office.get(address, {"as": "csv"}).status_code == 404
        operations.carry_out(study_id=made.pk, at=NOON)

        rows = list(csv.DictReader(io.StringIO(office.get(address, {"as": "csv"}).getvalue().decode())))
        assert [(row["Account"], row["Change"], row["Change %"]) for row in rows] == [
            ("100002", "17.50", "11.67"), ("100001", "-2.00", "-4.55"), ("100003", "-2.50", "-5.00"),
        ]  # fmt: skip
        for table in ("accounts", "revenue", "percentiles", "histogram"):
            for kind in ("csv", "xlsx"):
                answer = office.get(address, {"table": table, "as": kind})
                assert f"{table}.{kind}" in answer["Content-Disposition"]
        assert office.get(address, {"table": "secrets", "as": "csv"}).status_code == 404

    @pytest.mark.parametrize("sort", ["account", "-now_cents", "change_share", "; drop", "-customer"])
    def test_sorts_and_pages(self, office: Any, sort: str) -> None:
        office.post(reverse("reports:what_if"), asked())
        made = RateStudy.objects.get()
        operations.carry_out(study_id=made.pk, at=NOON)

        for page in ("1", "99", "two"):
            answer = office.get(reverse("reports:rate_study", args=[made.pk]), {"sort": sort, "page": page})
            assert answer.status_code == 200

    def test_shows_every_problem_of_a_draft(self, office: Any) -> None:
        wrong = DRAFT.replace("up_to: 10", "up_to: -10").replace("20.00", "-20.00")
        answer = office.post(reverse("reports:what_if"), asked(wrong))

        assert answer.status_code == 400
        page = answer.content.decode()
        assert page.count("<li>water: ") >= 2
        assert not RateStudy.objects.exists()

    @pytest.mark.parametrize(
        "facts",
        [
            {"draft": None},
            {"first_day": "2026-07-30"},
            {"households": "somebody"},
            {"percent_max": "101"},
            {"text": DRAFT.replace("tariff: water", "tariff: sewer")},
            {"last_day": "2025-01-01", "first_day": "2024-01-01"},
        ],
    )
    def test_asks_again_for_what_cannot_be_studied(self, office: Any, facts: dict[str, Any]) -> None:
        answer = office.post(reverse("reports:what_if"), asked(**facts))

        assert answer.status_code == 400
        assert 'role="alert"' in answer.content.decode()
        assert not RateStudy.objects.exists()

    def test_compares_with_a_version_that_the_city_has(self, office: Any) -> None:
        from curbstop.rates.queries import version_on

        version = version_on("water", TODAY)
        office.post(reverse("reports:what_if"), asked(draft=None, version=version.pk))
        made = RateStudy.objects.get()
        operations.carry_out(study_id=made.pk, at=NOON)

        made.refresh_from_db()
        assert (made.results["unchanged"], made.results["losers"]) == (3, 0)

    def test_renews_itself_when_the_worker_is_done(self, office: Any) -> None:
        office.post(reverse("reports:what_if"), asked())
        made = RateStudy.objects.get()
        address = reverse("reports:rate_study_progress", args=[made.pk])

        assert "HX-Refresh" not in office.get(address)
        operations.carry_out(study_id=made.pk, at=NOON)
        assert office.get(address)["HX-Refresh"] == "true"

    def test_is_for_supervisors_and_managers(self, billed: Town, client: Any) -> None:
        client.force_login(billed.people["lead"])

        assert client.get(reverse("reports:what_if")).status_code == 403


@pytest.mark.django_db
class TestWhatTheDatabaseKeeps:
    @pytest.mark.parametrize("change", ["set draft = ''", "set results = '{}'", "set to_on = to_on + 1"])
    def test_a_finished_study_stays(self, office: Any, change: str) -> None:
        office.post(reverse("reports:what_if"), asked())
        operations.carry_out(study_id=RateStudy.objects.get().pk, at=NOON)
        before = list(RateStudy.objects.values())

        assert refusing(f"update reports_ratestudy {change}") == "rate_study_stays"
        assert refusing("delete from reports_ratestudy") == "rate_study_stays"
        assert list(RateStudy.objects.values()) == before

    def test_a_result_is_whole(self, office: Any) -> None:
        office.post(reverse("reports:what_if"), asked())
        before = list(RateStudy.objects.values())

        assert refusing("update reports_ratestudy set results = '{}'") == "rate_study_results_are_whole"
        assert list(RateStudy.objects.values()) == before
