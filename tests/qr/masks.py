"""Shows citizen codes with the mask that wallets choose, and with the one of the least penalty, under the same
distortions, and prints what is read of both, as a Markdown table.

    masks.py CODES RQRR CLASSPATH [SAMPLES]
"""

import sys
from dataclasses import replace
from pathlib import Path

import distort
from decoders import DISTORTED, decoders, versions
from distort import CONDITIONS, DAMAGES, MODULE_SCALES, OURS_L, OURS_M, SAMPLES, WIDTH_SCALES
from drawn import Drawer
from measure import Results, table, with_damage

# With those that the mask is chosen for.
SHOWN = (*DISTORTED, "ZXing", "OpenCV")
SCALES = MODULE_SCALES + WIDTH_SCALES


def main() -> None:
    codes, rqrr, classpath, *more = sys.argv[1:]
    # Fewer than four samples would leave strengths of damage without any.
    samples = max(4, int(more[0])) if more else SAMPLES
    distort.wallet = Drawer(Path(codes))
    pairs = [(replace(symbol, by_wallet=True), symbol) for symbol in (OURS_M, OURS_L)]
    shown = {name: read for name, read in decoders(rqrr, classpath).items() if name in SHOWN}
    results = Results(shown, samples, {symbol: SCALES for pair in pairs for symbol in pair})
    rows = []
    labels = versions()
    for name in shown:
        for ours, other in pairs:
            row = [f"{name} {labels[name]}", ours.level]
            for conditions in (CONDITIONS, *map(with_damage, DAMAGES)):
                row += results.compare(name, SCALES, conditions, ours, other)
            rows.append(row)
    head = ["decoder", "level"]
    for what in ("all", *DAMAGES):
        head += [f"{what}: wallets' mask", "least penalty", "difference"]
    pictures = results.pictures(SCALES, CONDITIONS)
    table(f"The citizen code under two masks, {samples} samples, {pictures} pictures of each, percent read", head, rows)
    print(f"\nSHA-256 of all pixels: {results.digest}")


if __name__ == "__main__":
    main()
