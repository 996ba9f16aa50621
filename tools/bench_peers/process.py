"""The side of the measuring program to a worker process."""

import json
import os
import select
import signal
import subprocess
import sys
import time


class Failed(Exception):
    """An engine that cannot be measured, and why."""


class Worker:
    """One engine in a process of its own, which is stopped whenever it is not asked."""

    def __init__(self, plan, log, patience=300):
        self.name, self.patience = plan["engine"], patience
        self.log = open(log, "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench_peers.worker",
             json.dumps(dict(plan, started=self.started))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            # numpy's own threads, which no engine uses, look for work when they start.
            env=dict(os.environ, OPENBLAS_NUM_THREADS="1"),
        )
        self.pending = b""
        try:
            self.first = self._answer()
        except BaseException:
            self.close()
            raise
        self.process.send_signal(signal.SIGSTOP)

    def turn(self, runs):
        """Times in ns of so many runs, and the largest difference of their answers."""
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.write(f"{runs}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failed(self._end()) from None
        answer = self._answer()
        self.process.send_signal(signal.SIGSTOP)
        return answer

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()

    def _answer(self):
        deadline = time.monotonic() + self.patience
        while b"\n" not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failed(f"no answer within {self.patience} s")
            if select.select([self.process.stdout], [], [], left)[0]:
                more = os.read(self.process.stdout.fileno(), 1 << 20)
                if not more:
                    raise Failed(self._end())
                self.pending += more
        line, self.pending = self.pending.split(b"\n", 1)
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def _end(self):
        status = self.process.wait()
        if status < 0:
            return f"ended by {signal.Signals(-status).name}"
        return f"ended with exit status {status}, see {self.log.name}"
