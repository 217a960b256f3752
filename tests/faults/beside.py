"""Runs the tests of this folder beside each other: each has processes, ports and folders of its own, and mostly waits.

    python beside.py [NAME]    all tests, or those of test_NAME.py; each in a Python of its own, and told when it is done

A test that fails, and a Python that ends before it has told of its test, fail the run; so does a run in which none passed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

HERE = Path(__file__).resolve().parent
BESIDE = int(os.environ.get("SZID_FAULTS_BESIDE", "3"))
# Those that take longest begin first, or the run would end with one of them alone.
SLOW = ["a_gate_whose_disk_is_full", "eight_hours_ahead", "put_back_takes_the_gates", "put_back_loses_no_receipt", "ahead"]


def names(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from names(part)
        else:
            yield part.id()


def slow_first(name):
    return next((at for at, part in enumerate(SLOW) if part in name), len(SLOW))


def one(name, told):
    """Runs one test, and tells in a file what became of it."""
    result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromName(name))
    good = result.wasSuccessful() and (result.testsRun or result.skipped)
    Path(told).write_text(json.dumps("failed" if not good else "skipped" if result.skipped else "passed"))


def beside(name):
    """The same in a Python of its own: what became of the test, what was printed, and how long it took."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told")
        command = [sys.executable, "-B", __file__, "--one", name, str(told)]
        done = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        outcome = json.loads(told.read_text()) if done.returncode == 0 and told.exists() else "failed"
    return outcome, done.stdout, time.monotonic() - begun


def main(module):
    os.chdir(HERE)
    begun = time.monotonic()
    found = list(names(unittest.defaultTestLoader.discover(".", f"test_{module}.py" if module else "test_*.py")))
    counts = dict.fromkeys(["passed", "failed", "skipped"], 0)
    with ThreadPoolExecutor(BESIDE) as pool:
        running = {pool.submit(beside, name): name for name in sorted(found, key=slow_first)}
        for future in as_completed(running):
            outcome, printed, seconds = future.result()
            counts[outcome] += 1
            print(f"{running[future]} ... {outcome} ({seconds:.0f} s)", flush=True)
            # A skipped one says why.
            if outcome != "passed":
                print(printed, flush=True)
    print(f"\nfaults: {len(found)} tests in {time.monotonic() - begun:.0f} s")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
    else:
        sys.exit(main(*sys.argv[1:2] or [None]))
