"""A scanner on a serial line, as a gate sees one: a pseudo-terminal in the system's own settings.

Only Python's standard library.
"""

import json
import os
import queue
import select
import subprocess
import termios
import threading
import time
from pathlib import Path

# How long a verdict is waited for. A gate that is well needs milliseconds, and 150 of them where no line end comes.
PATIENCE = 5


class Scanner:
    """Plugged in when it is made, under a name that stays."""

    def __init__(self, name):
        self.name = Path(name)
        self.plug_in()

    def plug_in(self):
        self.end, self.device = os.openpty()
        os.set_blocking(self.end, False)
        self.name.unlink(missing_ok=True)
        self.name.symlink_to(os.ttyname(self.device))

    def unplug(self):
        """The name goes as well, as udev has it."""
        self.name.unlink()
        os.close(self.device)
        os.close(self.end)

    def send(self, text, pause=0.0, piece=4096):
        data = text if isinstance(text, bytes) else text.encode()
        while data:
            try:
                data = data[os.write(self.end, data[:piece]) :]
                time.sleep(pause)
            except BlockingIOError:
                # The gate has not read what came before.
                assert select.select([], [self.end], [], PATIENCE)[1], "the gate does not read"

    def sent_back(self):
        """What the gate's end has sent to the scanner: what it echoed."""
        try:
            return os.read(self.end, 65536)
        except BlockingIOError:
            return b""

    def settings(self):
        return termios.tcgetattr(self.device)


class Verdicts:
    """The lines of a gate's standard output, as they come."""

    def __init__(self, gate):
        self.lines = queue.Queue()
        threading.Thread(target=self._read, args=[gate.child.stdout], daemon=True).start()

    def _read(self, output):
        for line in output:
            self.lines.put(json.loads(line))

    def next(self, seconds=PATIENCE):
        """The reason of the next verdict; None without one."""
        try:
            return self.lines.get(timeout=seconds)["reason"]
        except queue.Empty:
            return None

    def no_more(self, seconds=0.4):
        assert (more := self.next(seconds)) is None, f"one more verdict: {more}"


def with_scanner(city, scanner, *arguments, **options):
    """A gate that reads a scanner, in a session of its own as service managers have it; and its verdicts."""
    options = {"stdout": subprocess.PIPE, "start_new_session": True, **options}
    gate = city.gate("--input", str(scanner), *arguments, **options)
    return gate, Verdicts(gate)
