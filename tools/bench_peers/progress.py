"""Lines about progress, on the standard error output."""

import sys


def say(text):
    print(f"bench-peers: {text}", file=sys.stderr, flush=True)
