"""The pages of reports: registers, and rate studies."""
