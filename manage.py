#!/usr/bin/env python
"""Django's command line. Where no URL names your servers it brings its own, for as long as it runs."""

import os
import sys

from django.core.management import execute_from_command_line

from netflix.embedded import EmbeddedError, servers


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netflix.settings")
    try:
        with servers():
            execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
