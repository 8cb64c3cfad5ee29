"""The same statements by WeasyPrint: what a bill costs when it is a web page turned into paper."""

from collections.abc import Sequence
from html import escape
from typing import Any

PAGE = """
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Statements</title><style>
@page { size: Letter; margin: 0.5in 0.6in }
body { font: 9pt/1.3 sans-serif; color: #1b1b1b } article { break-after: page; height: 9.8in; position: relative }
h1 { font-size: 17pt; font-weight: 300; float: right } h2 { font-size: 10pt; color: #162e51; margin: 8pt 0 3pt }
.city { font-size: 15pt; font-weight: bold; color: #162e51 } .due { background: #162e51; color: white; padding: 12pt;
width: 2.2in; position: absolute; right: 0; top: 0.6in } .due b { font-size: 24pt; display: block }
.left { width: 4.6in } .right { width: 2.4in; position: absolute; right: 0; top: 2in }
table { width: 100%; border-collapse: collapse } td, th { text-align: left; padding: 2pt 0 }
td:last-child, th:last-child { text-align: right } tr.sum { border-top: 0.5pt solid #c6cace; font-weight: bold }
.bars { display: flex; align-items: flex-end; height: 60pt; gap: 2pt } .bars i { flex: 1; background: #8fb8de }
.stub { position: absolute; bottom: 0; width: 100%; border-top: 0.6pt dashed #565c65; padding-top: 6pt }
.stub img { position: absolute; right: 0; width: 1.1in } .scan { font-family: monospace }
</style></head><body>
"""


def html_of(pages: Sequence[dict[str, Any]]) -> str:
    """Return the web page of some statements; `pages` are those of `statements_data`."""
    return PAGE + "".join(_article(page) for page in pages) + "</body></html>"


def pdf_size(pages: Sequence[dict[str, Any]]) -> int:
    """Print some statements and return the size of the file in bytes."""
    from weasyprint import HTML

    return len(HTML(string=html_of(pages)).write_pdf(pdf_variant="pdf/ua-1"))


def _article(page: dict[str, Any]) -> str:
    words = page["words"]
    facts = [("account", "account"), ("bill", "bill"), ("billed_on", "bill_on"), ("period", "period")]
    summary = [("prior_balance", "prior"), ("payments", "payments"), ("current", "current"), ("amount_due", "due")]
    return f"""<article><h1>{_text(words["title"])}</h1><p class="city">{_text(page["city"])}</p>
    <p>{" · ".join(map(_text, page["city_lines"]))}</p>
    <div class="due">{_text(words["amount_due"])}<b>{_text(page["due"])}</b>{_text(page["due_on"])}</div>
    <div class="left"><table>{_rows([(words[name], page[key]) for name, key in facts])}</table>
    <h2>{_text(words["charges"])}</h2><table>{"".join(_service(each) for each in page["services"])}</table>
    <h2>{_text(words["summary"])}</h2><table>{_rows([(words[name], page[key]) for name, key in summary])}</table></div>
    <div class="right">{_chart(page["chart"])}{"".join(_reading(each) for each in page["readings"])}</div>
    <div class="stub"><p>{"<br>".join(map(_text, page["mailing_lines"]))}</p>
    <p>{"<br>".join(map(_text, page["remittance_lines"]))}</p>
    <img alt="{_text(words["qr_alt"])}" src="data:image/svg+xml;utf8,{escape(page["qr_svg"].replace("#", "%23"))}">
    <p class="scan">{_text(page["scan_line"])}</p></div></article>"""


def _service(service: dict[str, Any]) -> str:
    lines = "".join(
        f"<tr><td>{_text(line['label'])}</td><td>{_text(line['how'])}</td><td>{_text(line['amount'])}</td></tr>"
        for line in service["lines"]
    )
    return (
        f'<tr><th colspan="3">{_text(service["name"])}</th></tr>{lines}<tr class="sum">'
        f'<td colspan="2">{_text(service["subtotal_label"])}</td><td>{_text(service["subtotal"])}</td></tr>'
    )


def _chart(chart: dict[str, Any] | None) -> str:
    if chart is None:
        return ""
    bars = "".join(f'<i style="height: {100 * bar["share"]:.0f}%"></i>' for bar in chart["bars"])
    return f'<h2>{_text(chart["title"])}</h2><div class="bars">{bars}</div><p>{_text(chart["sentence"])}</p>'


def _reading(reading: dict[str, Any]) -> str:
    rows = [(f"{each['on']} {each['kind']}", each["register"]) for each in reading["reads"]]
    return f"<h2>{_text(reading['title'])}</h2><table>{_rows([*rows, (reading['service'], reading['used'])])}</table>"


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<tr><td>{_text(name)}</td><td>{_text(value)}</td></tr>" for name, value in rows)


def _text(value: object) -> str:
    return escape(str(value))
