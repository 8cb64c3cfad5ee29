"""Who may look at bills, draft, hold, approve and release a run, and cancel a bill."""

from typing import Final

from curbstop.foundation.access.permissions import Permission
from curbstop.foundation.access.roles import Role

SEE_BILLS: Final = Permission(
    "billing.see_bills",
    "See bills, the derivation of each line and the statement",
    frozenset(
        {
            Role.CASHIER,
            Role.REPRESENTATIVE,
            Role.LEAD,
            Role.SUPERVISOR,
            Role.MANAGER,
            Role.AUDITOR,
        }
    ),
)
SEE_RUNS: Final = Permission(
    "billing.see_runs",
    "See billing runs, their totals and their exceptions",
    frozenset({Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR}),
)
DRAFT_RUN: Final = Permission(
    "billing.draft_run",
    "Draft the bills of a cycle, as often as needed",
    frozenset({Role.LEAD, Role.SUPERVISOR}),
)
REVIEW_RUN: Final = Permission(
    "billing.review_run",
    "Hold a drafted bill, or clear it for release, with a reason",
    frozenset({Role.LEAD, Role.SUPERVISOR, Role.MANAGER}),
)
APPROVE_RUN: Final = Permission(
    "billing.approve_run",
    "Approve a run that someone else drafted",
    frozenset({Role.SUPERVISOR, Role.MANAGER}),
)
RELEASE_RUN: Final = Permission(
    "billing.release_run",
    "Release an approved run: number its bills and post them to the ledger",
    frozenset({Role.SUPERVISOR, Role.MANAGER}),
)
REQUEST_EXEMPTION: Final = Permission(
    "billing.request_exemption",
    "Ask that a service is not billed, and end an exemption",
    frozenset({Role.LEAD, Role.SUPERVISOR, Role.MANAGER}),
)
APPROVE_EXEMPTION: Final = Permission(
    "billing.approve_exemption",
    "Agree that a service is not billed, as somebody else asked",
    frozenset({Role.SUPERVISOR, Role.MANAGER}),
)
PRINT_RUN: Final = Permission(
    "billing.print_run",
    "Print the statements of a released run, and hand its file to a print vendor",
    frozenset({Role.LEAD, Role.SUPERVISOR, Role.MANAGER}),
)
MOVE_ACCOUNTS: Final = Permission(
    "billing.move_accounts",
    "Move an account to another billing cycle",
    frozenset({Role.LEAD, Role.SUPERVISOR, Role.MANAGER}),
)
SETTLE_AGENCIES: Final = Permission(
    "billing.settle_agencies",
    "Prepare and approve what the city owes other agencies for their lines",
    frozenset({Role.LEAD, Role.SUPERVISOR, Role.MANAGER}),
)
KEEP_MASTERS: Final = Permission(
    "billing.keep_masters",
    "Open master accounts and say which accounts stand on their summary",
    frozenset({Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR}),
)
REQUEST_CANCELLATION: Final = Permission(
    "billing.request_cancellation",
    "Ask for a bill to be cancelled, with a reason",
    frozenset({Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR}),
)
APPROVE_CANCELLATION: Final = Permission(
    "billing.approve_cancellation",
    "Cancel a bill that someone else asked to cancel",
    frozenset({Role.SUPERVISOR, Role.MANAGER}),
)
PROPOSE_AVERAGES: Final = Permission(
    "billing.propose_averages",
    "Compute the averages of use that set a price",
    frozenset({Role.LEAD, Role.SUPERVISOR}),
)
APPROVE_AVERAGES: Final = Permission(
    "billing.approve_averages",
    "Put averages in force that someone else computed",
    frozenset({Role.SUPERVISOR, Role.MANAGER}),
)
SEE_ADJUSTMENTS: Final = Permission(
    "billing.see_adjustments",
    "See credits and charges that were asked for, and what became of them",
    frozenset({Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR}),
)
REQUEST_ADJUSTMENT: Final = Permission(
    "billing.request_adjustment",
    "Ask for a credit or a charge, and post it within the own limit",
    frozenset({Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER}),
)
APPROVE_ADJUSTMENT: Final = Permission(
    "billing.approve_adjustment",
    "Approve a credit or a charge that someone else asked for, within the own limit",
    frozenset({Role.SUPERVISOR, Role.MANAGER}),
)
SEE_REFUNDS: Final = Permission(
    "billing.see_refunds",
    "See refunds that were asked for, approved and released",
    frozenset({Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR}),
)
REQUEST_REFUND: Final = Permission(
    "billing.request_refund",
    "Ask for a credit balance to be refunded, or moved to the customer's other account",
    frozenset({Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR}),
)
APPROVE_REFUND: Final = Permission(
    "billing.approve_refund",
    "Approve a refund that someone else asked for",
    frozenset({Role.SUPERVISOR, Role.MANAGER}),
)
RELEASE_REFUND: Final = Permission(
    "billing.release_refund",
    "Release a refund that two others asked for and approved",
    frozenset({Role.MANAGER}),
)
ENROLL_BUDGET: Final = Permission(
    "billing.enroll_budget",
    "Put an account on a budget plan, change its amount and settle it",
    frozenset({Role.REPRESENTATIVE, Role.LEAD, Role.SUPERVISOR, Role.MANAGER}),
)

PERMISSIONS: Final = (
    SEE_BILLS,
    SEE_RUNS,
    DRAFT_RUN,
    REVIEW_RUN,
    APPROVE_RUN,
    RELEASE_RUN,
    REQUEST_EXEMPTION,
    APPROVE_EXEMPTION,
    PRINT_RUN,
    MOVE_ACCOUNTS,
    SETTLE_AGENCIES,
    KEEP_MASTERS,
    REQUEST_CANCELLATION,
    APPROVE_CANCELLATION,
    PROPOSE_AVERAGES,
    APPROVE_AVERAGES,
)
