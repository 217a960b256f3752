"""Shows every picture of the set to three decoders and prints what they read, as Markdown tables."""

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from decoders import DISTORTED, Decoder, decoders, versions
from distort import (
    CONDITIONS,
    DAMAGES,
    FULL_L,
    FULL_M,
    MODULE_SCALES,
    OURS_L,
    OURS_M,
    SAMPLES,
    SCENE_M,
    SEED,
    SET,
    STRENGTHS,
    WIDTH_SCALES,
    Condition,
    Scale,
    Symbol,
    Symbols,
    count,
    payload,
    whole_set,
)

Scales = Sequence[Scale]
Conditions = Sequence[Condition]


class Results:
    """For each decoder, symbol, scale, condition and sample, whether the very text was read."""

    def __init__(self, decoders: dict[str, Decoder], samples: int, symbols: Symbols = SET) -> None:
        self.decoders, self.samples = tuple(decoders), samples
        self.read: dict[tuple, bool] = {}
        self.wrong, self.seconds = Counter(), Counter()
        digest = hashlib.sha256()
        for symbol, sample, condition, scale, pixels in whole_set(samples, symbols):
            digest.update(pixels.tobytes())
            text = payload(symbol, sample)
            for name, decode in decoders.items():
                start = time.perf_counter()
                found = decode(pixels)
                self.seconds[name] += time.perf_counter() - start
                self.read[name, symbol, scale, condition, sample] = text in found
                self.wrong[name] += bool(found) and text not in found
        self.digest = digest.hexdigest()

    def by_sample(
        self, decoder: str, symbol: Symbol, scales: Scales, conditions: Conditions, samples: range
    ) -> np.ndarray:
        """The share that was read, sample by sample."""
        chosen = [
            [self.read[decoder, symbol, scale, condition, sample] for scale in scales for condition in conditions]
            for sample in samples
        ]
        return np.array(chosen).mean(axis=1)

    def pictures(self, scales: Scales, conditions: Conditions) -> str:
        return str(len(scales) * len(conditions) * self.samples)

    def compare(
        self,
        decoder: str,
        scales: Scales,
        conditions: Conditions,
        first: Symbol,
        second: Symbol,
        samples: range | None = None,
        interval: bool = True,
    ) -> list[str]:
        """Both rates in percent, and by how many points the first is the better one.

        Pictures of one sample share view, damage and noise. So the interval comes from drawing whole samples anew.
        """
        which = samples or range(self.samples)
        a, b = (100 * self.by_sample(decoder, symbol, scales, conditions, which) for symbol in (first, second))
        told = signed((a - b).mean())
        if interval:
            drawn = np.random.default_rng(SEED).integers(0, len(which), (4000, len(which)))
            low, high = np.percentile((a - b)[drawn].mean(axis=1), (2.5, 97.5))
            told += f" ({signed(low)} to {signed(high)})"
        return [f"{a.mean():.1f}", f"{b.mean():.1f}", told]


def signed(points: float) -> str:
    return f"{round(points, 1) + 0.0:+.1f}"


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    print(f"\n**{title}**\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def print_against_others(results: Results, title: str, scales: Scales) -> None:
    """The goal: at least as good as any code of version 11 with the same error correction."""
    rows = []
    for decoder in results.decoders:
        for scale in scales:
            rows.append([decoder, scale.name, *against_others(results, decoder, [scale], CONDITIONS)])
    table(title, ["decoder", "scale", *AGAINST_OTHERS], rows)

    rows = []
    for decoder in results.decoders:
        for damage in DAMAGES:
            rows.append([decoder, damage, *against_others(results, decoder, scales, with_damage(damage))])
    table(f"{title}, by damage", ["decoder", "damage", *AGAINST_OTHERS], rows)


AGAINST_OTHERS = ("pictures", "ours 10-L", "full 11-L", "difference", "ours 11-M", "full 11-M", "difference")


def against_others(results: Results, decoder: str, scales: Scales, conditions: Conditions) -> list[str]:
    row = [results.pictures(scales, conditions)]
    for ours, full in ((OURS_L, FULL_L), (OURS_M, FULL_M)):
        row += results.compare(decoder, scales, conditions, ours, full)
    return row


def with_damage(damage: str) -> list[Condition]:
    return [condition for condition in CONDITIONS if condition.damage == damage]


def print_levels(results: Results) -> None:
    """The citizen code at M against the same at L, always at the same width."""
    rows = []
    for decoder in results.decoders:
        for damage in DAMAGES:
            conditions = with_damage(damage)
            row = [decoder, damage, results.pictures([WIDTH_SCALES[0]], conditions)]
            for scale in WIDTH_SCALES:
                row += results.compare(decoder, [scale], conditions, OURS_M, OURS_L)
            rows.append(row)
    head = ["decoder", "damage", "pictures"]
    for scale in WIDTH_SCALES:
        head += [f"{scale.name}: M", "L", "difference"]
    table("The citizen code at M and at L, same width, percent read", head, rows)

    rows = []
    for decoder in results.decoders:
        for damage in DAMAGES:
            conditions = with_damage(damage)
            told = results.compare(decoder, WIDTH_SCALES, conditions, SCENE_M, OURS_L)
            rows.append([decoder, damage, results.pictures(WIDTH_SCALES, conditions), *told])
    head = ["decoder", "damage", "pictures", "12-M", "10-L", "difference"]
    table("A code for one scene (608 digits) at 12-M, and the code at 10-L, all three widths, percent read", head, rows)

    short = [f"{decoder}: M, L, difference" for decoder in results.decoders]

    rows = []
    for damage, strengths in STRENGTHS.items():
        conditions = with_damage(damage)
        for step, strength in enumerate(strengths):
            samples = range(step, results.samples, len(strengths))
            row = [f"{damage} {strength}", str(len(samples) * len(conditions) * len(WIDTH_SCALES))]
            for decoder in results.decoders:
                both = (OURS_M, OURS_L, samples, False)
                row.append(", ".join(results.compare(decoder, WIDTH_SCALES, conditions, *both)))
            rows.append(row)
    table("By strength of the damage, all three widths", ["damage", "pictures", *short], rows)

    rows = []
    for condition in CONDITIONS:
        row = [condition.name, results.pictures(WIDTH_SCALES, [condition])]
        for decoder in results.decoders:
            told = results.compare(decoder, WIDTH_SCALES, [condition], OURS_M, OURS_L, interval=False)
            row.append(", ".join(told))
        rows.append(row)
    table("By condition, all three widths", ["condition", "pictures", *short], rows)


def main() -> None:
    # Fewer than four samples would leave strengths of damage without any.
    rqrr, classpath, *more = sys.argv[1:]
    samples = max(4, int(more[0])) if more else SAMPLES
    shown = {name: read for name, read in decoders(rqrr, classpath).items() if name in DISTORTED}
    start = time.perf_counter()
    results = Results(shown, samples)
    took = time.perf_counter() - start
    pictures = count(samples)
    print(
        f"{pictures} pictures, {samples} of each symbol, scale and condition. SHA-256 of all pixels: {results.digest}"
    )
    print_against_others(results, "Same pixels per module, percent read", MODULE_SCALES)
    print_against_others(results, "Same width with the quiet zone, percent read", WIDTH_SCALES)
    print_levels(results)
    print()
    labels = versions()
    for name in shown:
        milliseconds = 1000 * results.seconds[name] / pictures
        print(f"- {name} {labels[name]}: {milliseconds:.1f} ms a picture; another text read: {results.wrong[name]}")
    print(f"- {took:.0f} s in all, the making of the pictures with it")


if __name__ == "__main__":
    main()
