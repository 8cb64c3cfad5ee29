"""A copy of the demo city's pack that a test may spoil, and a count of every row there is."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

PACK = Path(__file__).parents[3] / "packs/larkspur-bend"
AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@pytest.fixture
def pack(tmp_path):
    """Return the folder of a pack that the test may change."""
    return Path(shutil.copytree(PACK, tmp_path / "larkspur-bend"))


@pytest.fixture
def edit(pack):
    """Return a function that replaces one passage of a file, which must be there."""

    def replace(file, old, new):
        path = pack / file
        text = path.read_text()
        assert old in text, f"{file} no longer says {old!r}"
        path.write_text(text.replace(old, new, 1))

    return replace


@pytest.fixture
def rows(db):
    """Return a function that counts the rows of every table of the product."""
    from django.apps import apps

    def count():
        models = (model for model in apps.get_models() if model.__module__.startswith("curbstop."))
        return {model._meta.label: model.objects.count() for model in models}

    return count


@pytest.fixture
def load(users):
    """Return a function that proposes a folder and, unless told not to, has it approved."""
    from curbstop.foundation.access.roles import Role
    from curbstop.journeys.imports.city_pack import read_folder, read_pack
    from curbstop.journeys.operations.city_pack import approve_pack, propose_pack

    def run(folder, *, at=AT, approve=True):
        found = read_pack(read_folder(folder))
        proposed = propose_pack(pack=found, by=users[Role.SUPERVISOR], at=at)
        if approve and proposed.changes:
            approve_pack(pack=found, by=users[Role.MANAGER], at=at)
        return [str(change) for change in proposed.changes]

    return run
