"""Clean the text that people type, and fold it into keys that a clerk can find again.

`Ñandú  O’Brien` is stored as it is written and found as `nandu obrien`: what is stored keeps the person's
own spelling, what is searched forgets accents, case, punctuation and invisible characters.
"""

import re
import unicodedata

# The abbreviations of USPS Publication 28, appendices B and C, that an address really meets at the counter.
STREET_WORDS = {
    "alley": "aly", "avenue": "ave", "boulevard": "blvd", "circle": "cir", "court": "ct", "drive": "dr",
    "east": "e", "highway": "hwy", "lane": "ln", "north": "n", "parkway": "pkwy", "place": "pl", "road": "rd",
    "south": "s", "square": "sq", "street": "st", "terrace": "ter", "trail": "trl", "way": "way", "west": "w",
    "apartment": "apt", "building": "bldg", "suite": "ste", "unit": "unit",
}  # fmt: skip
SPACES = re.compile(r"\s+")
APOSTROPHES = re.compile("['`\u2018\u2019\u02bc]")
NOT_WORDS = re.compile(r"[\W_]+")
NOT_DIGITS = re.compile(r"[^0-9]+")
NATIONAL_DIGITS = 10


class NotText(ValueError):
    """What was given cannot be stored as text; the message says why."""


def clean_text(text: str) -> str:
    """Return the text in NFC without control, bidirectional or zero-width characters, spaces collapsed.

    Text direction marks can make one name look like another on a screen or a bill (trust.md §7, row 17).

    :raises NotText: if the text holds a NUL, which no person types
    """
    if text.isascii() and text.isprintable():
        return SPACES.sub(" ", text).strip()
    if "\x00" in text:
        raise NotText("The text holds a NUL character.")
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(c for c in composed if c.isspace() or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return SPACES.sub(" ", shown).strip()


def search_key(text: str) -> str:
    """Return the text as it is searched: no accents, case, punctuation or doubled spaces."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        text = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs"} or c.isspace())
    return NOT_WORDS.sub(" ", APOSTROPHES.sub("", text.casefold())).strip()


def sort_key(*, name: str, is_person: bool) -> str:
    """Return the key that lists a person by the last word of the name and an organization as written."""
    words = search_key(name).split()
    if is_person and len(words) > 1:
        words = [words[-1], *words[:-1]]
    return " ".join(words)


def address_key(text: str) -> str:
    """Return an address as it is searched: `12 North Elm Street` and `12 N. Elm St` are one key."""
    return " ".join(STREET_WORDS.get(word, word) for word in search_key(text).split())


def phone_digits(text: str) -> str:
    """Return the digits of a telephone number, without the country code of the United States."""
    digits = NOT_DIGITS.sub("", text)
    if len(digits) == NATIONAL_DIGITS + 1 and digits.startswith("1"):
        return digits[1:]
    return digits
