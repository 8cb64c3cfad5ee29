"""The mailing of a released run: every bill once, in order, whole files, and a file for a vendor that adds up."""

import csv
import hashlib
import io
from pathlib import Path

import pypdf
import pytest
from django.db import ProgrammingError
from django.test import Client

from curbstop.billing import operations, queries
from curbstop.billing.models import Bill, Piece, PrintedBatch, Printing
from curbstop.foundation.audit.models import AuditEvent
from curbstop.ordinances.models import CodeSection, Letter, RuleValue
from tests.billing.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Keep the printed files of a test by themselves."""
    monkeypatch.setenv("CURBSTOP_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def released(town, city):
    for number in ("100001", "100002", "100003"):
        town.use(town.account(number), "14")
    return town.release()


def plan(run, town, **facts):
    return operations.plan_printing(run=run, by=town.people["lead"], at=NOON, **facts)


def printed(printing):
    return list(operations.print_run(printing=printing, at=NOON))


def words_of(path: Path) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(path).pages]


class TestPlanPrinting:
    def test_gives_every_bill_one_place(self, town, released):
        printing = plan(released, town, batch=2)

        assert printing.pieces == 3
        assert [(b.first_position, b.last_position) for b in queries.batches_of(printing)] == [(1, 2), (3, 3)]
        assert set(Piece.objects.values_list("bill_id", flat=True)) == set(
            Bill.objects.values_list("number", flat=True)
        )
        assert plan(released, town).pk == printing.pk
        assert AuditEvent.objects.filter(event="billing.printing.planned").count() == 1

    def test_refuses_what_is_not_released(self, town):
        town.use(town.account(), "14")
        with pytest.raises(operations.PrintingRefused, match="This run is drafted"):
            plan(town.draft(), town)
        assert not Printing.objects.exists()

    def test_is_never_changed(self, town, released):
        plan(released, town)
        with pytest.raises(ProgrammingError, match="permission denied for table billing_piece"):
            Piece.objects.filter(position=1).update(position=9)


class TestPrintRun:
    def test_writes_each_bill_into_its_file(self, town, released, files):
        printing = plan(released, town, batch=2)

        assert printed(printing) == [1, 2]

        folder = operations.folder_of(printing)
        pages = [page for name in sorted(folder.iterdir()) for page in words_of(name)]
        order = Piece.objects.order_by("position").values_list("bill_id", flat=True)
        assert len(pages) == 3
        for page, number in zip(pages, order, strict=True):
            assert str(number) in page
        for batch in queries.batches_of(printing):
            assert batch.sha256 == hashlib.sha256((folder / batch.file_name).read_bytes()).hexdigest()

    def test_goes_on_where_it_was_stopped(self, town, released, files):
        printing = plan(released, town, batch=1)
        stopped = operations.print_run(printing=printing, at=NOON)
        next(stopped)
        stopped.close()

        assert printed(printing) == [2, 3]
        assert printed(printing) == []

    def test_marks_nothing_when_the_file_could_not_be_written(self, town, released, files):
        printing = plan(released, town)
        (files / "statements").write_text("in the way")
        with pytest.raises(NotADirectoryError):
            printed(printing)
        assert not PrintedBatch.objects.exclude(sha256=None).exists()

    def test_leaves_out_a_bill_that_was_cancelled_meanwhile(self, town, released, files):
        printing = plan(released, town)
        gone = Bill.objects.order_by("number")[0]
        asked = operations.request_cancellation(
            bill=gone, reason="The meter was misread", by=town.people["lead"], at=NOON
        )
        operations.approve_cancellation(request=asked, by=town.people["manager"], at=NOON)

        printed(printing)

        (file,) = operations.folder_of(printing).iterdir()
        assert len(words_of(file)) == 2
        control = operations.write_vendor_file(printing=printing, path=files / "bills.csv")
        assert control.pieces == 2
        assert str(gone.number) in (files / "bills.csv.control.txt").read_text()


class TestMessages:
    def test_print_the_letter_in_the_language_of_the_customer(self, town, released, files):
        section = CodeSection.objects.get(citation="13.1")
        people = {"proposed_by": town.people["supervisor"], "adopted_by": town.people["manager"]}
        notices = [{"letter": "rates"}, {"letter": "rates", "cycles": ["EVEN"]}]
        for code, value in (
            ("billing.messages", notices),
            ("billing.inserts", [{"letter": "pool", "cycles": ["ODD"]}]),
        ):
            RuleValue.objects.create(
                code=code, starts_on="2026-01-01", value=value, unit="policy", section=section, **people
            )
        Letter.objects.create(
            code="rates",
            language="en",
            starts_on="2026-01-01",
            subject="New rates",
            body="Due {due_date}, **please**.",
        )
        printing = plan(released, town)

        found = queries.pieces_between(printing, 1, 3)

        assert {piece.statement.messages for piece in found.pieces} == {("Due July 21, 2026, please.",)}
        assert {piece.inserts for piece in found.pieces} == {("pool",)}

    def test_are_refused_before_the_first_sheet_when_a_letter_is_missing(self, town, released):
        people = {"proposed_by": town.people["supervisor"], "adopted_by": town.people["manager"]}
        section = CodeSection.objects.get(citation="13.1")
        rule = {"code": "billing.messages", "value": [{"letter": "gone"}], "unit": "policy", "section": section}
        RuleValue.objects.create(starts_on="2026-01-01", **rule, **people)

        with pytest.raises(operations.PrintingRefused, match="gone in en"):
            plan(released, town)
        assert not Printing.objects.exists()


class TestWriteVendorFile:
    def test_adds_up_to_its_control_report(self, town, released, files):
        printing = plan(released, town)

        operations.write_vendor_file(printing=printing, path=files / "bills.csv")

        rows = list(csv.DictReader(io.StringIO((files / "bills.csv").read_text(encoding="utf-8"))))
        report = dict(line.split(": ", 1) for line in (files / "bills.csv.control.txt").read_text().splitlines())
        assert len(rows) == int(report["pieces"]) == 3
        assert sum(int(row["current_cents"]) for row in rows) == int(report["current charges, cents"])
        assert sum(int(row["current_cents"]) for row in rows) == released.total_cents
        assert sum(int(row["bill"]) for row in rows) == int(report["bill numbers added up"])
        assert "Water" in rows[0]["charges"]

    def test_restarts_from_a_piece_with_the_same_lines(self, town, released, files):
        printing = plan(released, town)
        operations.write_vendor_file(printing=printing, path=files / "all.csv")
        operations.write_vendor_file(printing=printing, path=files / "rest.csv", position=2)

        whole = (files / "all.csv").read_text().splitlines()
        assert (files / "rest.csv").read_text().splitlines() == [whole[0], *whole[2:]]

    def test_refuses_a_piece_that_is_not_there(self, town, released, files):
        with pytest.raises(operations.PrintingRefused, match="pieces 1 to 3"):
            operations.write_vendor_file(printing=plan(released, town), path=files / "x.csv", position=4)
        assert not (files / "x.csv").exists()


class TestMailingPage:
    def test_prints_in_the_background_and_hands_out_files(self, town, released, files, client: Client):
        client.force_login(town.people["lead"])
        place = f"/billing/runs/{released.pk}/mailing/"
        assert "Print the statements" in client.get(place).content.decode()

        assert client.post(f"{place}print/").status_code == 302
        printing = Printing.objects.get()
        assert client.get(f"{place}files/1/").status_code == 404
        printed(printing)

        assert "1 of 1 file printed" in client.get(place).content.decode()
        assert b"".join(client.get(f"{place}files/1/")).startswith(b"%PDF")

    def test_is_closed_to_a_representative(self, town, released, client: Client):
        client.force_login(town.people["representative"])
        assert client.get(f"/billing/runs/{released.pk}/mailing/").status_code == 403
