"""A rate schedule as text, compared by what it means: layout and comments may change at any time."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from curbstop.rates.domain.documents import leaves, read_document

Leaf = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TariffText:
    """One version of a schedule; `meaning` is every value with the path that leads to it, in order."""

    service: str
    document: str = field(compare=False)
    citations: tuple[str, ...] = field(compare=False)
    meaning: tuple[Leaf, ...] = ()


def tariff_text(*, service: str, document: str, citations: tuple[str, ...] = ()) -> TariffText:
    """Return a tariff with what its document means, apart from its layout."""
    return TariffText(service, document, citations, tuple(leaves(read_document(document))))


def differences(old: TariffText, new: TariffText) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield each value that two versions do not share: its path, the old text and the new."""
    before, after = dict(old.meaning), dict(new.meaning)
    for path in dict.fromkeys((*after, *before)):
        if before.get(path) != after.get(path):
            yield path, before.get(path), after.get(path)
    if old.service != new.service:
        yield "service", old.service, new.service
