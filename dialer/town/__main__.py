"""`python -m dialer.town`: run the town until SIGTERM or Ctrl-C."""

from __future__ import annotations

import sys

from dialer.process import run
from dialer.town.options import parse_options
from dialer.town.process import serve

if __name__ == "__main__":
    options = parse_options(sys.argv[1:])
    run(lambda _, stopped: serve(options, stopped))
