"""What the counter reads: drawers, receipts and the city's rules of cashiering."""

from curbstop.cashiering.queries.counts import (
    ClosingTerms,
    closing_terms,
    counts_of,
    difference_of,
    movements_of,
    recounts_left,
)
from curbstop.cashiering.queries.documents import receipt_document, receipt_lines
from curbstop.cashiering.queries.drawers import (
    checks_in,
    drawer_totals,
    drawers_visible_to,
    expectation_of,
    open_drawer_of,
    pieces_in,
    tills,
    tills_free,
    undeposited_drawers,
)
from curbstop.cashiering.queries.finding import account_named, accounts_like
from curbstop.cashiering.queries.payments import PaymentRow, payments_of_debtor
from curbstop.cashiering.queries.receipts import (
    carts_visible_to,
    receipts_visible_to,
    void_request_of,
    void_requests_visible_to,
)
from curbstop.cashiering.queries.rules import (
    application_order,
    denominations,
    difference_limits,
    float_cents,
    reason_letters_min,
    recounts_max,
    smallest_coin_cents,
    tenders_taken,
)

__all__ = [
    "ClosingTerms",
    "PaymentRow",
    "account_named",
    "accounts_like",
    "application_order",
    "carts_visible_to",
    "checks_in",
    "closing_terms",
    "counts_of",
    "denominations",
    "difference_limits",
    "difference_of",
    "drawer_totals",
    "drawers_visible_to",
    "expectation_of",
    "float_cents",
    "movements_of",
    "open_drawer_of",
    "payments_of_debtor",
    "pieces_in",
    "reason_letters_min",
    "receipt_document",
    "receipt_lines",
    "receipts_visible_to",
    "recounts_left",
    "recounts_max",
    "smallest_coin_cents",
    "tenders_taken",
    "tills",
    "tills_free",
    "undeposited_drawers",
    "void_request_of",
    "void_requests_visible_to",
]
