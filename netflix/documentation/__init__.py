"""The pages under `/api/docs/`, and what the schema teaches besides what the views say: guides, tags and examples.

The texts are files of `docs/`, so that they can be read without a running service too.
"""

ADDRESS = "http://localhost:8000"  # of the service in these texts
