"""The roles of the office, by name; which permissions a role holds is said in each room's `permissions.py`."""

from enum import StrEnum


class Role(StrEnum):
    """One job in the office; a person may hold several, each given by somebody else."""

    CASHIER = "cashier"
    REPRESENTATIVE = "representative"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    AUDITOR = "auditor"
    FIELD = "field"
    TAX_CLERK = "tax_clerk"
    LICENSE_CLERK = "license_clerk"
    ADMIN = "admin"

    @property
    def title(self) -> str:  # type: ignore[override]  # the role's name as the office reads it, not str.title
        """Return the role as the office reads it: `tax_clerk` is "Tax clerk"."""
        return self.value.replace("_", " ").capitalize()
