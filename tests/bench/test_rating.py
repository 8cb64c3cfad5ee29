"""The rating bench compares the same bills before it times them."""

from pathlib import Path

import pytest

from curbstop.bench import rating


class TestMeasureRating:
    def test_says_what_interfaces_promise_without_the_real_readings(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATA", str(tmp_path))

        answer = rating.measure(accounts=20_000)

        assert answer.name == "rating"
        assert answer.figures["bills_per_second"] > 0
        assert answer.ratios["vs_numpy"] > 0
        assert "mixed_bills_per_second" not in answer.figures
