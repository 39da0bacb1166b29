#!/usr/bin/env python
"""Django's command line for the example project: ``python example_project/manage.py COMMAND``."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Run the command that the arguments name."""
    here = Path(__file__).resolve().parent
    # Python puts this folder on the path; the package "example_project" is found from the one above.
    sys.path[:] = [str(here.parent), *(entry for entry in sys.path if entry != str(here))]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_project.settings")

    from django.core.management import execute_from_command_line  # noqa: PLC0415 - needs the path above

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
