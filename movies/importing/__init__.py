"""The import of data sets: `readers` turn files into rows, `storing` stores these in sets, `run` does it all."""
