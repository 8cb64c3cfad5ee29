"""Render a Typst template and a mapping of plain values to a tagged PDF/UA-1 file.

Values travel as one JSON string in `sys.inputs`, so a customer's text is never parsed as Typst.
The template is compiled from memory inside an empty folder: it can read no file and no package.
"""

import json
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

from curbstop.foundation.documents.glyphs import printable

FONTS = Path(__file__).parents[1] / "web/static/vendor/uswds/fonts"
PRELUDE = Path(__file__).with_name("prelude.typ")
FAMILIES = ("public-sans", "roboto-mono")


class DocumentRefused(Exception):
    """The document could not be rendered; the message names the template and what Typst said."""


def render_pdf(template: Path, data: Mapping[str, Any]) -> bytes:
    """Return the PDF/UA-1 bytes of a template filled with JSON-like data; same data, same bytes.

    The template reads `data` from the prelude, which also holds the shared look of all documents.

    :raises DocumentRefused: if the template cannot be compiled with this data
    """
    source = PRELUDE.read_text("utf-8") + template.read_text("utf-8")
    inputs = {"data": json.dumps(_printable(data), ensure_ascii=False)}
    with tempfile.TemporaryDirectory(prefix="curbstop-document-") as empty:
        compiler = typst.Compiler(
            root=empty,
            font_paths=_fonts(),
            ignore_system_fonts=True,
            package_path=empty,
            package_cache_path=empty,
        )
        try:
            # A fixed instant keeps the bytes equal from run to run; dates printed are data.
            pdf = compiler.compile(source.encode(), format="pdf", sys_inputs=inputs, pdf_standards="ua-1", timestamp=0)
        except typst.TypstError as refusal:
            raise DocumentRefused(f"{template.name}: {refusal.message}") from refusal
    assert isinstance(pdf, bytes), "a PDF is always one file"
    return pdf


@cache
def _fonts() -> typst.Fonts:
    """Read the font files once a process: they are most of the cost of a short document."""
    assert FONTS.is_dir(), "the USWDS assets are missing: run `make setup`"
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[FONTS / family for family in FAMILIES],
    )


def _printable(value: Any) -> Any:
    """Replace, at any depth, the characters our fonts cannot draw: PDF/UA forbids missing ones."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {str(key): _printable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(inner) for inner in value]
    return value
