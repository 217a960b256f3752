"""Shows codes without a blemish to eight decoders, and prints how many each of them misses, as a Markdown table.

A code that is missed is shown again at each other size, then from each other side as well. One that is read at no size
is one that a citizen cannot show by going nearer or farther; one that is read from no side either, one that a citizen
cannot show at all. The program fails where there is such a one of our drawing.

    clean.py CODES RQRR CLASSPATH COUNT [segno] [DECODER...]    so many codes, to all decoders or to those named;
                                                                drawn by segno in place of our drawing
"""

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import segno

from decoders import Decoder, decoders, versions
from drawn import Drawer, make

QUIET = 4
LEVELS = ("M", "L")
# Pixels a module: whole ones, as apps and pictures have them.
SCALES = (3, 4, 5, 6, 8)
# A desk's reader sees a phone from any side. Quarter turns keep the pixels whole.
TURNS = (0, 1, 2, 3)


def picture(modules: np.ndarray, scale: int, turns: int) -> np.ndarray:
    light = np.where(np.pad(np.rot90(modules, turns), QUIET), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(light.repeat(scale, 0).repeat(scale, 1))


def is_read(read: Decoder, modules: np.ndarray, text: str, turns: tuple[int, ...]) -> bool:
    """Whether it is at any size, turned so."""
    return any(text in read(picture(modules, scale, turn)) for turn in turns for scale in SCALES)


def by_segno(digits: str, level: str) -> np.ndarray:
    """Drawn by a generator that is not ours, which chooses the mask as the standard says."""
    drawn = segno.make_qr(digits, error=level, mode="numeric", boost_error=False)
    return np.array([list(row) for row in drawn.matrix_iter(border=0)], dtype=bool)


def main() -> None:
    codes, rqrr, classpath, count, *names = sys.argv[1:]
    draw = Drawer(Path(codes))
    if "segno" in names:
        names.remove("segno")
        draw = by_segno
    chosen = {name: read for name, read in decoders(rqrr, classpath).items() if not names or name in names}
    digits = make(Path(codes), int(count))
    missed, unread, shown, wrong, seconds = Counter(), Counter(), Counter(), Counter(), Counter()
    for number, text in enumerate(digits):
        # Sizes and turns go round with the codes, so that each size is seen from each side.
        scale, turns = SCALES[number % len(SCALES)], TURNS[number // len(SCALES) % len(TURNS)]
        for level in LEVELS:
            modules = draw(text, level)
            pixels = picture(modules, scale, turns)
            columns = (level, f"{scale} px", f"{90 * turns}°")
            shown.update(columns)
            for name, read in chosen.items():
                start = time.perf_counter()
                found = read(pixels)
                seconds[name] += time.perf_counter() - start
                if text in found:
                    continue
                missed.update((name, column) for column in columns)
                wrong[name] += bool(found)
                if not is_read(read, modules, text, (turns,)):
                    unread[name, f"{level}, from one side"] += 1
                    unread[name, f"{level}, from any side"] += not is_read(read, modules, text, TURNS)
    print(f"{len(set(digits))} different codes, each at both levels. Missed, of so many pictures:\n")
    columns = list(shown)
    print(f"| decoder | {' | '.join(f'{column}, of {shown[column]}' for column in columns)} |")
    print("|---" * (len(columns) + 1) + "|")
    labels = versions()
    for name in chosen:
        print(f"| {name} {labels[name]} | {' | '.join(str(missed[name, column]) for column in columns)} |")
    sides = [f"{level}, from {which} side" for level in LEVELS for which in ("one", "any")]
    print(f"\nRead at none of {len(SCALES)} sizes, of {len(digits)}:\n")
    print(f"| decoder | {' | '.join(sides)} |")
    print("|---" * (len(sides) + 1) + "|")
    for name in chosen:
        print(f"| {name} {labels[name]} | {' | '.join(str(unread[name, side]) for side in sides)} |")
    print()
    for name in chosen:
        milliseconds = 1000 * seconds[name] / (len(LEVELS) * len(digits))
        print(f"- {name}: {milliseconds:.1f} ms a picture; another text read: {wrong[name]}")
    if draw is not by_segno and any(unread[name, side] for name in chosen for side in sides if "any" in side):
        sys.exit("clean: there is a code that a decoder reads at no size and from no side")


if __name__ == "__main__":
    main()
