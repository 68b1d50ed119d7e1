#!/usr/bin/env python
"""Django's command line: `python manage.py help`."""

import sys

from django.core.management import execute_from_command_line

from config.env import select_settings

if __name__ == "__main__":
    select_settings(default="local")
    execute_from_command_line(sys.argv)
