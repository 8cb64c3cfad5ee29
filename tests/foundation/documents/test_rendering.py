"""What a customer's text may do to a document: be printed, and nothing else."""

import io
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curbstop.foundation.documents import DocumentRefused, render_pdf
from curbstop.foundation.documents.glyphs import printable

HOSTILE = (
    '#read("/etc/passwd")',
    '#image("/etc/passwd")',
    "#panic()",
    "$x^2$",
    "*bold* _leaning_ `raw`",
    "= Heading",
    "<label> @reference",
    '#import "@preview/cetz:0.3.0"',
    "\\u{41} \\ #{",
    '"); #read("/etc/passwd")',
    "// comment /* and another",
    "https://example.com",
)


def template(folder: Path, body: str) -> Path:
    path = folder / "sample.typ"
    path.write_text(f"#show: body => house(data.title, data.language, body)\n{body}\n")
    return path


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "\n".join(page.extract_text() for page in pages)


def printed(folder: Path, text: str) -> bytes:
    data = {"title": "Sample", "language": "en", "text": text}
    return render_pdf(template(folder, "#data.text"), data)


class TestRenderPdf:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_prints_hostile_text_letter_by_letter(self, tmp_path: Path, text: str) -> None:
        assert text in text_of(printed(tmp_path, text))

    def test_prints_a_hostile_title_as_it_is(self, tmp_path: Path) -> None:
        data = {"title": HOSTILE[0], "language": "en"}

        pdf = render_pdf(template(tmp_path, "#data.title"), data)

        metadata = pypdf.PdfReader(io.BytesIO(pdf)).metadata
        assert metadata is not None
        assert metadata.title == HOSTILE[0]

    @given(text=st.text(max_size=60))
    @settings(max_examples=25)
    def test_never_refuses_a_text(self, tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
        assert printed(tmp_path_factory.mktemp("any"), text).startswith(b"%PDF")

    def test_is_tagged_and_names_its_language_and_title(self, tmp_path: Path) -> None:
        data = {"title": "Factura", "language": "es", "text": "hola"}

        reader = pypdf.PdfReader(io.BytesIO(render_pdf(template(tmp_path, "#data.text"), data)))

        root = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert str(root["/Lang"]).lower().startswith("es")
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert b"pdfuaid" in reader.xmp_metadata.stream.get_data()  # type: ignore[union-attr]

    def test_gives_the_same_bytes_for_the_same_data(self, tmp_path: Path) -> None:
        assert printed(tmp_path, "once") == printed(tmp_path, "once")

    @pytest.mark.parametrize("body", ['#read("/etc/passwd")', '#read("sample.typ")', '#import "@preview/a:1.0.0"'])
    def test_lets_even_a_template_read_nothing(self, tmp_path: Path, body: str) -> None:
        with pytest.raises(DocumentRefused, match=r"sample\.typ"):
            render_pdf(template(tmp_path, body), {"title": "Sample", "language": "en"})


class TestPrintable:
    def test_keeps_what_the_font_can_draw(self) -> None:
        assert printable("José Nuñez, 5/8″ × 2 – § 78-42") == 'José Nuñez, 5/8" × 2 – § 78-42'

    def test_decomposes_a_look_alike(self) -> None:
        assert printable("㎏ ⑫ \uff21") == "kg 12 A"

    def test_marks_what_has_no_nearest_letter(self) -> None:
        assert printable("水 works 🚰") == "? works ?"

    def test_drops_what_nobody_sees(self) -> None:
        assert printable("a\u200bb\x00c\u202ed") == "abcd"
