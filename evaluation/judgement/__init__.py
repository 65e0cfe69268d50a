"""What the records say, and how sure they are."""
