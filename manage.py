#!/usr/bin/env python
"""Django's command line. Where no URL names your servers it brings its own, for as long as it runs."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from netflix import preflight
from netflix.embedded import EmbeddedError, servers


def main() -> None:
    """Run a command. A mistake that its user can mend is told in a sentence; a fault of ours gives a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
    try:
        if sys.argv[1:2] == ["start"]:
            preflight.check(sys.argv[2:])  # before the servers start, which takes seconds
        with servers():
            execute_from_command_line(sys.argv)
    except (EmbeddedError, ImproperlyConfigured, preflight.PreflightError) as error:
        sys.exit(str(error))
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None):  # a server has answered
            raise
        sys.exit(f"The database that DATABASE_URL names cannot be reached: {' '.join(str(error).split())}")
    except KeyboardInterrupt:
        sys.exit("Stopped.")


if __name__ == "__main__":
    main()
