"""The pages under `/api/docs/`, and the parts of the schema that do not come from views: tags and examples.

Their texts are files in `docs/`, which can be read without a running service too.
"""

ADDRESS = "http://localhost:8000"  # of the service in these texts
