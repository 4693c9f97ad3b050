"""How fast the product is, beside honest peers: `python -m benchmarks --help`."""
