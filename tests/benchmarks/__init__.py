"""Measurements of the program itself. Never part of the tests: machines are shared and noisy. `make bench` prints them."""
