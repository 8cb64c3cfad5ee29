"""Proofs: every room's promises under names of their own."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from curbstop.foundation import proofs
from curbstop.foundation.proofs import Outcome, Proof, discover


class TestDiscover:
    def test_finds_the_proofs_of_the_trail(self):
        assert {"append-only-guarded", "row-changes-recorded"} <= {proof.name for proof in discover()}

    def test_gives_each_a_sentence(self):
        for proof in discover():
            assert proof.promise[0].isupper(), proof.name
            assert proof.name == proof.name.lower(), "a name is typed on the command line"
            assert " " not in proof.name

    def test_refuses_two_with_one_name(self, monkeypatch):
        twice = Proof("entries-balance", "Entries balance.", lambda: Outcome(0, []))
        monkeypatch.setattr(proofs, "find_spec", lambda _: True)
        monkeypatch.setattr(proofs, "import_module", lambda _: SimpleNamespace(PROOFS=(twice, twice)))
        with pytest.raises(ImproperlyConfigured, match="Two proofs have the name entries-balance"):
            discover()


class TestOutcome:
    def test_holds_when_nothing_failed(self):
        assert Outcome(checked=3, failures=[]).holds
        assert not Outcome(checked=3, failures=["entry 7: debits 100, credits 90"]).holds
