"""What became of the tests, and the summary."""

import collections

from . import run, scope


class Tally:
    """Counts by kind of test; reasons; failures."""

    def __init__(self, is_listing):
        self.is_listing = is_listing
        self.counts = collections.defaultdict(collections.Counter)
        self.outside = collections.Counter()
        self.failures, self.known = [], []
        self.bound = 0

    def take(self, runner, case):
        """Runs one test and keeps what became of it."""
        outcome, verdict = self.judge(runner, case)
        self.counts[case.kind][outcome] += 1
        if self.is_listing:
            print(f"{case.kind} {case.name}: {verdict}", flush=True)

    def judge(self, runner, case):
        reason = scope.reason(case)
        if reason:
            return self.leave_out(reason)
        try:
            self.bound += runner.run(case) > 0
            return "passed", "passed"
        except run.Failure as failure:
            reason = scope.reason_of_message(str(failure))
            return self.leave_out(reason) if reason else self.fail(case, failure)

    def leave_out(self, reason):
        self.outside[reason] += 1
        return "out of scope", f"out of scope: {reason}"

    def fail(self, case, failure):
        why = scope.KNOWN.get(case.name)
        (self.known if why else self.failures).append(f"{case.name}: {why or failure}")
        return "failed", f"failed: {failure}"

    def report(self):
        print(f"\n{'':20}{'passed':>8}{'failed':>8}{'out of scope':>14}")
        total = collections.Counter()
        for kind, count in [*self.counts.items(), ("all", total)]:
            print(f"{kind:20}{count['passed']:8}{count['failed']:8}{count['out of scope']:14}")
            total.update(count)
        print(f"\n{self.bound} of those that passed give weights or indexes as inputs, "
              "which were made constants.")
        if self.outside:
            print("\nOut of scope:")
            for reason, count in self.outside.most_common():
                print(f"{count:6}  {reason}")
        if self.failures or self.known:
            print("\nFailed:")
            for line in self.failures + self.known:
                print(f"  {line}")
