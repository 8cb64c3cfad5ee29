"""A rate schedule as text, compared by what it means: layout and comments may change at any time."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from curbstop.rates.domain.documents import Fields, Items, Text, Value, read_document

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
    return TariffText(service, document, citations, tuple(_leaves(read_document(document), "")))


def differences(old: TariffText, new: TariffText) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield each value that two versions do not share: its path, the old text and the new."""
    before, after = dict(old.meaning), dict(new.meaning)
    for path in dict.fromkeys((*after, *before)):
        if before.get(path) != after.get(path):
            yield path, before.get(path), after.get(path)
    if old.service != new.service:
        yield "service", old.service, new.service


def _leaves(value: Value, path: str) -> Iterator[Leaf]:
    match value:
        case Text(value=text):
            yield path, text
        case Items(values=items):
            for number, item in enumerate(items, start=1):
                yield from _leaves(item, f"{path}.{_name_of(item) or number}".lstrip("."))
        case Fields(values=fields):
            for name, item in fields.items():
                yield from _leaves(item, f"{path}.{name}".lstrip("."))


def _name_of(item: Value) -> str:
    """Return the key of a component, so that one put in between does not rename those below it."""
    key = item.values.get("key") if isinstance(item, Fields) else None
    return key.value if isinstance(key, Text) else ""
