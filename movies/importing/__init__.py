"""Data set imports: `readers` parse files into rows, `storing` stores them in batches, `run` runs the import."""
