"""Two operators load the same file at the same second: one of them wins (trust promises, row 15)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest
from django.db import connection

from curbstop.metering.imports import read_meter_file
from curbstop.metering.models import Read, ReadImport
from curbstop.metering.operations import ReadsRefused, record_reads

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
class TestRecordReads:
    def race(self, *texts):
        start = Barrier(len(texts))

        def load(text):
            try:
                start.wait()
                record_reads(file=read_meter_file(text.encode()), on=date(2026, 3, 2), by=None, at=AT)
            except ReadsRefused as refusal:
                return str(refusal)
            finally:
                connection.close()
            return "stored"

        with ThreadPoolExecutor(len(texts)) as pool:
            return sorted(pool.map(load, texts))

    def test_stores_one_file_once(self, street):
        text = "meter,read_on,register\nM-1,2026-03-01,105\nM-2,2026-03-01,101\n"

        outcomes = self.race(text, text)

        assert "loaded" in outcomes[0]
        assert outcomes[1] == "stored"
        assert (Read.objects.count(), ReadImport.objects.count()) == (2, 1)

    def test_stores_one_read_of_a_day_once(self, street):
        outcomes = self.race(
            "meter,read_on,register\nM-1,2026-03-01,105\n", "meter,read_on,register\nM-1,2026-03-01,106\n"
        )

        assert outcomes[1] == "stored"
        assert "already" in outcomes[0] or "just now" in outcomes[0]
        assert (Read.objects.count(), ReadImport.objects.count()) == (1, 1)
