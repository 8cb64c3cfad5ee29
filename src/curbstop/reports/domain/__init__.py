"""Pure parts of reports: what a register is, and how debts age."""
