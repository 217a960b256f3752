"""Citizen codes as wallets draw them, from the program in codes/."""

import subprocess
from pathlib import Path

import numpy as np


def make(program: Path, count: int) -> list[str]:
    """The digits of so many different codes, the same ones each time."""
    return subprocess.run([program, "make", str(count)], check=True, capture_output=True, text=True).stdout.split()


class Drawer:
    """Draws digits as a wallet does."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen(
            [program, "draw"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __call__(self, digits: str, level: str) -> np.ndarray:
        """True is dark; the quiet zone is not included."""
        self.process.stdin.write(f"{level} {digits}\n")
        side, modules = self.process.stdout.readline().split()
        rows = np.frombuffer(bytes.fromhex(modules), dtype=np.uint8).reshape(int(side), -1)
        return np.unpackbits(rows, axis=1, count=int(side)).astype(bool)
