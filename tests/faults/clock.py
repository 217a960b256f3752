"""A wall clock that a test moves under a running process, by libfaketime; monotonic time stays what it is."""

import glob
from pathlib import Path

LIBRARIES = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")


class WallClock:
    def __init__(self, folder):
        self.file = Path(folder) / "clock"
        self.ahead(0)

    def ahead(self, seconds):
        """Sets the clock so many seconds ahead of the true one; behind it, if negative."""
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{seconds:+d}\n")
        draft.replace(self.file)

    @property
    def environment(self):
        return {
            "LD_PRELOAD": LIBRARIES[0],
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
