"""Answers that are texts: how they are cut into words and sentences, and what is measured on them. French first."""
