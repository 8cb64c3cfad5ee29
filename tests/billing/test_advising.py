"""Every exception and every reason has its advice, and its evidence reads as a sentence."""

import pytest

from curbstop.billing.domain.advising import ADVICE, advice_on, evidence_words, holds_in_words
from curbstop.billing.domain.findings import Code
from curbstop.billing.domain.segments import Reason


class TestAdviceOn:
    @pytest.mark.parametrize("code", [*Code, *Reason, "HELD"])
    def test_knows_every_exception_and_reason(self, code):
        advice = advice_on(code)

        assert advice is ADVICE[code]
        assert advice.meaning.endswith(".")
        assert advice.next_step.endswith(".")

    def test_names_all_that_hold_one_bill(self):
        assert advice_on("AMT, ZERO2").name == "Large bill and Meter may have stopped"
        assert advice_on("NEW").name == "NEW"


class TestEvidenceWords:
    @pytest.mark.parametrize(
        ("code", "evidence", "words"),
        [
            (
                "HIGH",
                {"ccf": 67.0, "usual_ccf": 8.85753, "days": 61, "past_periods": 6},
                "67 CCF in 61 days; 8.86 are usual (mean of 6)",
            ),
            (
                "ZERO",
                {"ccf": 0.0, "usual_ccf": None, "days": 61, "past_periods": None},
                "0 CCF in 61 days; nothing to compare with",
            ),
            (
                "CAPACITY",
                {"ccf": 9000, "capacity_ccf": 2348.66, "meter_size": '5/8"'},
                '9,000 CCF; a 5/8" meter can pass 2,348.66',
            ),
            (
                "FUSE",
                {"total_cents": 95810, "past_mean_cents": 30221.0, "past_bills": 3},
                "$958.10; $302.21 is usual (mean of 3)",
            ),
            (
                "AMT",
                {"total_cents": 300000, "past_mean_cents": None, "past_bills": None},
                "$3,000.00; no bill before it",
            ),
            ("CREDIT", {"total_cents": 5, "smallest_service_cents": -500}, "the least service is −$5.00"),
            ("FIRST", {"total_cents": 35009}, "$350.09"),
            ("DAYS", {"days": 123}, "123 days"),
            ("EST", {"quantity": "28.0000"}, "28 estimated"),
            ("NEW", {"anything": 1}, ""),
        ],
    )
    def test_reads_as_a_sentence(self, code, evidence, words):
        assert evidence_words(code, evidence) == words


class TestHoldsInWords:
    @pytest.mark.parametrize(
        ("held", "told"),
        [
            ([], "No service is held."),
            ([("MISSING", 1)], "1 service is held: 1 missing read."),
            ([("MISSING", 1459)], "1,459 services are held: 1,459 missing reads."),
            (
                [("AMT, FUSE", 3), ("HELD", 2)],
                "5 services are held: 3 large bills and absurd bills, 2 held by a person.",
            ),
        ],
    )
    def test_counts_and_says_why(self, held, told):
        assert holds_in_words(held) == told
