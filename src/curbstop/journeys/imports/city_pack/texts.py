"""Markdown files of a pack: fields between two `---` lines, then the words."""

from collections.abc import Mapping
from datetime import date

from curbstop.journeys.domain.city_pack import Place
from curbstop.journeys.imports.city_pack.nodes import Form, Mistakes, read_yaml
from curbstop.ordinances.domain.letters import unknown_blanks
from curbstop.ordinances.domain.versions import Dated

Places = dict[tuple[str, ...], Place]
Words = tuple[str, str]


def read_sections(content: Mapping[str, str], *, places: Places, mistakes: Mistakes) -> dict[str, list[Dated[Words]]]:
    """Read `code/*.md`: each version of each section as (title, words), by citation."""
    sections: dict[str, list[Dated[Words]]] = {}
    for file, text in _under("code/", content):
        form, body = _front_matter(text, file=file, mistakes=mistakes)
        if form is None:
            continue
        form.allow("citation", "title", "effective", "until")
        citation = form.text("citation", "the citation, such as LBC 13.08.010", limit=80)
        title = form.text("title")
        starts_on, ends_on = form.day("effective"), form.optional_day("until")
        if not form.is_sound:
            continue
        sections.setdefault(citation, []).append(Dated(starts_on, ends_on, (title, body)))
        _note(places, ("section", citation, starts_on.isoformat()), form, "effective")
    return sections


def read_letters(
    content: Mapping[str, str],
    *,
    languages: tuple[str, ...],
    places: Places,
    mistakes: Mistakes,
) -> dict[tuple[str, str], list[Dated[Words]]]:
    """Read `letters/NAME.LANGUAGE.md`: each version of each letter as (subject, body)."""
    letters: dict[tuple[str, str], list[Dated[Words]]] = {}
    for file, text in _under("letters/", content):
        code, language = file.removeprefix("letters/").removesuffix(".md").rsplit(".", 1)
        if language not in languages:
            expected = ", ".join(languages)
            mistakes.add(file, 0, "language", f"“{language}” is unknown (expected one of: {expected})")
            continue
        form, body = _front_matter(text, file=file, mistakes=mistakes)
        if form is None:
            continue
        form.allow("subject", "effective", "until")
        subject = form.text("subject")
        starts_on, ends_on = form.day("effective"), form.optional_day("until")
        for blank in unknown_blanks(body):
            form.wrong(f"{{{blank}}}", form.line, "unknown blank (see docs/city-pack.md)")
        if form.is_sound:
            letters.setdefault((code, language), []).append(Dated(starts_on, ends_on, (subject, body)))
            _note(places, ("letter", code, language, starts_on.isoformat()), form, "effective")
    _refuse_missing_languages(letters, languages, mistakes)
    return letters


def _refuse_missing_languages(
    letters: Mapping[tuple[str, str], list[Dated[Words]]],
    languages: tuple[str, ...],
    mistakes: Mistakes,
) -> None:
    for code in sorted({code for code, _ in letters}):
        days = {
            language: {version.starts_on for version in letters.get((code, language), [])} for language in languages
        }
        every: set[date] = set().union(*days.values())
        for language, written in days.items():
            file = f"letters/{code}.{language}.md"
            for day in sorted(every - written):
                message = f"no text in “{language}” from {day} (expected one in every language)"
                mistakes.add(file, 0, "effective" if written else "language", message)


def _under(folder: str, content: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, text) for name, text in sorted(content.items()) if name.startswith(folder)]


def _note(places: Places, key: tuple[str, ...], form: Form, field: str) -> None:
    place = Place(form.file, form.line_of(field), field)
    places[key] = place
    places.setdefault(key[:-1], place)


def _front_matter(text: str, *, file: str, mistakes: Mistakes) -> tuple[Form | None, str]:
    head, _, rest = text.partition("\n")
    fields, closing, body = rest.partition("\n---\n")
    if head.strip() != "---" or not closing:
        mistakes.add(file, 1, "", "no fields at the top (expected them between two --- lines)")
        return None, ""
    if not body.strip():
        mistakes.add(file, text.count("\n") + 1, "", "no words (expected them below the fields)")
        return None, ""
    node = read_yaml(fields, file=file, mistakes=mistakes, first_line=2)
    if node is None:
        return None, ""
    return Form(node, file=file, mistakes=mistakes), body.strip() + "\n"
