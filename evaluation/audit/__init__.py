"""The check of the records, and what an auditor takes away."""
