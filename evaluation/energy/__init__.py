"""Measuring the energy of one window of work, and keeping the machine to ourselves while we do."""
