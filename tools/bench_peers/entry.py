"""What runs first, in any Python: options, environment, installation, then the measurement."""

import json
import os
import subprocess

from bench_peers import environment
from bench_peers.options import ROOT, parse
from bench_peers.progress import say


def main(arguments):
    options = parse(arguments)
    if options.json:
        # A figure that cannot be written should not be measured first.
        if not options.json.parent.is_dir():
            raise SystemExit(f"tools/bench-peers: {options.json.parent} is not a folder")
    interpreter, failed = environment.python(options)
    for name, reason in failed.items():
        say(f"without {name}: {reason}")
    prefix = environment.prefix(options)
    variables = dict(os.environ, PYTHONPATH=str(ROOT / "tools"), MTL_PREFIX=str(prefix))
    variables.pop("MTL_BENCH_BACKEND", None)
    if options.backend:
        variables["MTL_BENCH_BACKEND"] = options.backend
    plan = dict(vars(options), failed=failed)
    plan = json.dumps(plan, default=str)
    command = [interpreter, "-m", "bench_peers.measure"]
    try:
        done = subprocess.run(command, input=plan, text=True, env=variables, check=False)
    except KeyboardInterrupt:
        return 130
    return done.returncode
