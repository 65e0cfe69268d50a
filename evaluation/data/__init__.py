"""The samples of a campaign: where they come from, whether they may be used, and what is recorded of them."""
