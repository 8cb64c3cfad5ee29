"""A tariff that was drafted in the office and the folder of the pack: one is the record, the other has to follow."""

from datetime import UTC, date, datetime

import pytest

from curbstop.foundation.access.roles import Role
from curbstop.foundation.imports import FileRefused
from curbstop.rates.operations import adopt_draft, begin_draft, propose_draft
from curbstop.rates.queries import pack_file, version_on

AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
LATER = datetime(2027, 2, 1, 15, 0, tzinfo=UTC)
TODAY, SOON = date(2026, 11, 22), date(2027, 1, 1)


@pytest.fixture
def adopted(pack, load, users):
    """Put dearer water in force from New Year, drafted by the supervisor and adopted by the manager."""
    load(pack)
    base = version_on("water_and_sewer", TODAY)
    text = base.document.replace("price: 4.37", "price: 4.62")
    assert text != base.document
    draft = begin_draft(base=base, document=text, by=users[Role.SUPERVISOR], at=AT)
    propose_draft(draft=draft, starts_on=SOON, on=TODAY, by=users[Role.SUPERVISOR], at=AT)
    draft.refresh_from_db()
    return adopt_draft(draft=draft, seen=draft.fingerprint, on=TODAY, by=users[Role.MANAGER], at=AT)


@pytest.mark.django_db
class TestPackAfterAnAdoption:
    def test_names_what_it_would_withdraw_and_is_refused_once_that_began(self, pack, load, adopted):
        assert any("water_and_sewer" in change for change in load(pack, approve=False))
        with pytest.raises(FileRefused, match="water_and_sewer"):
            load(pack, at=LATER)
        assert version_on("water_and_sewer", SOON) == adopted

    def test_changes_nothing_with_the_file_that_the_page_hands_out(self, pack, load, adopted):
        text = pack_file(document=adopted.document, service=adopted.schedule.service.code, starts_on=SOON)
        (pack / "rates/water_and_sewer.2027.yaml").write_text(text)
        assert load(pack) == []
        assert version_on("water_and_sewer", SOON) == adopted
