"""Small servers that answer at the product's URLs. benchmarks/README.md explains what each stands for."""
