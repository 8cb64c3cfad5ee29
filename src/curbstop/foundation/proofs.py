"""What a room promises, recomputed from its rows: each lists its proofs in `proofs.py`, `curbstop prove` runs them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many things a proof looked at, and each that breaks the promise, written for the person who must find it."""

    checked: int
    failures: list[str]

    @property
    def holds(self) -> bool:
        """Tell whether nothing broke the promise."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class Proof:
    """A promise with a name for the command line, a sentence for people, and the check that recomputes it."""

    name: str
    promise: str
    check: Callable[[], Outcome]


def discover() -> tuple[Proof, ...]:
    """Return the proofs of all rooms, lowest floor first as the rooms are installed.

    :raises ImproperlyConfigured: if two proofs share a name
    """
    found: dict[str, Proof] = {}
    for room in apps.get_app_configs():
        for proof in _proofs_of(room.name):
            if proof.name in found:
                message = f"Two proofs have the name {proof.name}"
                raise ImproperlyConfigured(message)
            found[proof.name] = proof
    return tuple(found.values())


def _proofs_of(package: str) -> Iterable[Proof]:
    """Return one room's proofs; the foundation keeps its own with the audit trail: this module is their type."""
    if not package.startswith("curbstop."):
        return ()
    module = "curbstop.foundation.audit.proofs" if package == "curbstop.foundation" else f"{package}.proofs"
    if find_spec(module) is None:
        return ()
    proofs: Iterable[Proof] = import_module(module).PROOFS
    return proofs
