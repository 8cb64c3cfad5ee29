"""A second opinion on a PDF: `page` checks the machine-checkable rules of PDF/UA-1 (ISO 14289-1)."""

import page


def barriers_in(pdf: bytes) -> list[str]:
    """Return each broken rule with its message; none is what the law asks for."""
    report = page.validate_pdf_bytes(pdf, profile=page.ValidationProfile.PDF_UA_1)
    return [f"{failure.rule_id}: {failure.message}" for failure in report.failures]
