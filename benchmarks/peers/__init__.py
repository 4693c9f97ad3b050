"""Small servers that answer the product's addresses: benchmarks/README.md says what each stands for."""
