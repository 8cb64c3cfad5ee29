"""The demo city's pack in force, as two people put it there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

PACK = Path(__file__).parents[2] / "packs" / "larkspur-bend"
AT = datetime(2026, 11, 9, 13, 0, tzinfo=UTC)


@pytest.fixture
def larkspur_bend(db, person):
    from curbstop.foundation.access.roles import Role
    from curbstop.journeys.imports.city_pack import read_folder, read_pack
    from curbstop.journeys.operations.city_pack import approve_pack, propose_pack

    supervisor, manager = person("supervisor", Role.SUPERVISOR), person("manager", Role.MANAGER)
    pack = read_pack(read_folder(PACK))
    propose_pack(pack=pack, by=supervisor, at=AT)
    approve_pack(pack=pack, by=manager, at=AT)
    return manager
