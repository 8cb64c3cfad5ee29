"""Printed documents: accessible PDF by Typst, QR codes and the scan line of a payment stub."""

from curbstop.foundation.documents.codes import (
    ScanLine,
    ScanLineRefused,
    check_digit,
    qr_svg,
    read_scan_line,
    scan_line,
)
from curbstop.foundation.documents.rendering import DocumentRefused, render_pdf

__all__ = [
    "DocumentRefused",
    "ScanLine",
    "ScanLineRefused",
    "check_digit",
    "qr_svg",
    "read_scan_line",
    "render_pdf",
    "scan_line",
]
