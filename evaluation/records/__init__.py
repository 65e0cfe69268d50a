"""Where campaigns are kept and read back."""
