"""What leaves the program to be read by others: pages and bundles."""
