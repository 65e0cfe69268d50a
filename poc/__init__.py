"""The proofs of concept that are tried, one folder each. A POC's package holds two names: `TASK` and `CANDIDATES`."""
