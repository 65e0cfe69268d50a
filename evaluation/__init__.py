"""How an AI proof of concept is judged: its quality, its energy, and how sure we are of both."""

__version__ = "0.1.0"
