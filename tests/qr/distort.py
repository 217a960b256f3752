"""The set of distorted symbols: which there are, and how a picture of each is made.

Everything follows from SEED. A sample has the same view, the same damage and the same noise for all symbols, so
that they are compared under the same misfortune.

    distort.py save DIR      writes the whole set as PNG files
    distort.py sheet FILE    draws one sample under twelve conditions
"""

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import segno
from PIL import Image, ImageDraw, ImageFont

SEED = 7551
SAMPLES = 24
VECTORS = Path(__file__).resolve().parents[1] / "vectors"

QUIET = 4
# Pixels of the plane per module, before the camera. The camera takes at least 12 points per module from them.
FINE = 16
POINTS = 12
# Grey levels, 0 to 1: a screen reflects a little, and no camera exposes white to the limit.
BLACK, WHITE, AROUND = 0.08, 0.92, 0.25
# From the lens to the symbol, in widths of the symbol: 15 cm for one of 5 cm.
DISTANCE = 3.0


@dataclass(frozen=True)
class Symbol:
    name: str
    version: int
    level: str
    digits: int
    # A citizen code; else random digits, as many as the symbol holds.
    ours: bool
    # Drawn by a wallet, which chooses the mask by a rule of its own; else by segno.
    by_wallet: bool = False

    @property
    def modules(self) -> int:
        return 17 + 4 * self.version

    @property
    def side(self) -> int:
        """Modules per side with the quiet zone."""
        return self.modules + 2 * QUIET


@dataclass(frozen=True)
class Scale:
    """How large the symbol is in the picture: by pixels per module, or by its whole width with the quiet zone."""

    name: str
    per_module: float | None = None
    width: float | None = None

    def width_of(self, symbol: Symbol) -> float:
        return self.width or self.per_module * symbol.side


@dataclass(frozen=True)
class Condition:
    name: str
    blur: float = 0.0
    rotation: float = 0.0
    tilt: float = 0.0
    noise: float = 0.0
    damage: str = "none"


OURS_L = Symbol("citizen code, 10-L", 10, "L", 603, ours=True)
OURS_M = Symbol("citizen code, 11-M", 11, "M", 603, ours=True)
FULL_L = Symbol("full 11-L", 11, "L", 772, ours=False)
FULL_M = Symbol("full 11-M", 11, "M", 604, ours=False)
# A code for one scene is five digits longer: no other symbol at L, but a larger one at M.
SCENE_M = Symbol("citizen code for a scene, 12-M", 12, "M", 608, ours=True)

MODULE_SCALES = tuple(Scale(f"{pixels} px a module", per_module=pixels) for pixels in (3, 4, 6))
WIDTH_SCALES = tuple(Scale(f"{pixels} px wide", width=pixels) for pixels in (180, 220, 300))

DAMAGES = ("none", "crack", "dirt", "glare")
# How strong a damage is goes round with the sample's number: cracks, spots of dirt, and the glare's peak, where 1 turns
# black into white. Set in trial runs: of each kind some pictures are read, and some are not.
STRENGTHS = {"crack": (1, 2, 3, 4), "dirt": (4, 8, 12, 16), "glare": (0.5, 1, 2, 4)}
# Two ways to hold a phone before a camera. Noise is the standard deviation in grey levels of 255.
EASY = {"blur": 0.8, "rotation": 10, "tilt": 15, "noise": 6}
HARD = {"blur": 1.2, "rotation": 30, "tilt": 25, "noise": 12}
CONDITIONS = (
    Condition("straight"),
    Condition("blur 0.8 px", blur=0.8),
    Condition("blur 1.2 px", blur=1.2),
    Condition("rotation 10°", rotation=10),
    Condition("rotation 30°", rotation=30),
    Condition("tilt 15°", tilt=15),
    Condition("tilt 25°", tilt=25),
    Condition("noise 12", noise=12),
    Condition("easy", **EASY),
    Condition("hard", **HARD),
    *(Condition(damage, damage=damage) for damage in DAMAGES[1:]),
    *(Condition(f"{damage}, easy", damage=damage, **EASY) for damage in DAMAGES[1:]),
    *(Condition(f"{damage}, hard", damage=damage, **HARD) for damage in DAMAGES[1:]),
)


def random(*purpose: str | int) -> np.random.Generator:
    """A stream of its own for each purpose, so that one more sample or condition leaves the others as they are."""
    words = [part if isinstance(part, int) else int.from_bytes(part.encode(), "little") for part in purpose]
    return np.random.default_rng([SEED, *words])


@cache
def real_codes(digits: int) -> list[str]:
    """The different codes of this length among the published vectors."""
    codes = set()
    for name in ("codes", "passes", "verify"):
        cases = json.loads((VECTORS / f"{name}.json").read_text())["cases"]
        codes.update(case["code"] for case in cases if len(case["code"]) == digits)
    return sorted(codes)


def payload(symbol: Symbol, sample: int) -> str:
    """A published code in half of the samples of a citizen code; else random digits."""
    if symbol.ours and sample // 4 % 2 == 0:
        codes = real_codes(symbol.digits)
        return codes[sample * 5 % len(codes)]
    start = "07551" if symbol.ours else ""
    digits = random("payload", symbol.digits, sample).integers(0, 10, symbol.digits - len(start))
    return start + "".join(map(str, digits))


@cache
def modules(symbol: Symbol, sample: int) -> np.ndarray:
    """Light and dark as grey levels, quiet zone included."""
    text = payload(symbol, sample)
    if symbol.by_wallet:
        matrix = np.pad(wallet(text, symbol.level), QUIET)
    else:
        drawn = segno.make_qr(text, error=symbol.level, version=symbol.version, mode="numeric", boost_error=False)
        matrix = np.array([list(row) for row in drawn.matrix_iter(border=QUIET)], dtype=bool)
        assert drawn.designator == f"{symbol.version}-{symbol.level}"
    assert matrix.shape == (symbol.side, symbol.side)
    return np.where(matrix, BLACK, WHITE).astype(np.float32)


def wallet(text: str, level: str) -> np.ndarray:
    """Draws digits as a wallet does: who shows symbols that are drawn so puts a drawn.Drawer in its place."""
    raise NotImplementedError


def strength(damage: str, sample: int) -> float:
    return STRENGTHS[damage][sample % len(STRENGTHS[damage])]


def cracks(sample: int, side: int) -> Image.Image:
    """Dark lines that cross the symbol, with a branch each: as a cracked glass shows over a lit screen."""
    rng = random("crack", sample)
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    for _ in range(strength("crack", sample)):
        # 0.3 to 1.2 % of the symbol's width: a fifth to four fifths of a module, 0.15 to 0.6 mm of 5 cm.
        width = max(1, round(rng.uniform(0.003, 0.012) * side))
        angle = rng.uniform(0, 2 * math.pi)
        middle = rng.uniform(0.2, 0.8, 2)
        along = np.array([math.cos(angle), math.sin(angle)])
        across = np.array([-along[1], along[0]])
        points = [middle + along * at + across * rng.normal(0, 0.025) for at in np.linspace(-1.2, 1.2, 19)]
        draw.line([tuple(point * side) for point in points], fill=230, width=width, joint="curve")
        start = points[rng.integers(6, 13)]
        angle += rng.choice((-1, 1)) * rng.uniform(0.4, 1.0)
        branch = [start]
        for _ in range(8):
            turn = angle + rng.normal(0, 0.3)
            branch.append(branch[-1] + 0.06 * np.array([math.cos(turn), math.sin(turn)]))
        draw.line([tuple(point * side) for point in branch], fill=230, width=max(1, width * 2 // 3), joint="curve")
    return mask


def blotches(sample: int, side: int) -> Image.Image:
    """Spots of dirt, each a heap of ellipses, 2 to 10 % of the symbol's width across."""
    rng = random("dirt", sample)
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    for _ in range(strength("dirt", sample)):
        middle, radius = rng.uniform(0.02, 0.98, 2), rng.uniform(0.01, 0.05)
        opacity = int(rng.uniform(180, 250))
        for _ in range(4):
            x, y = middle + rng.normal(0, radius / 2, 2)
            a, b = radius * rng.uniform(0.4, 1.0, 2)
            box = [(x - a) * side, (y - b) * side, (x + a) * side, (y + b) * side]
            draw.ellipse(box, fill=opacity)
    return mask


def glare(sample: int, side: int) -> np.ndarray:
    """The light of a lamp that the glass throws back: an ellipse, brightest in the middle, up to far beyond white."""
    rng = random("glare", sample)
    middle, angle = rng.uniform(0.1, 0.9, 2), rng.uniform(0, math.pi)
    long, short = rng.uniform(0.10, 0.30), rng.uniform(0.04, 0.10)
    peak = strength("glare", sample)
    y, x = ((np.mgrid[0:side, 0:side].astype(np.float32) + 0.5) / side) - middle[:, None, None]
    u = (x * math.cos(angle) + y * math.sin(angle)) / long
    v = (y * math.cos(angle) - x * math.sin(angle)) / short
    return (peak * np.exp(-(u**2 + v**2) / 2)).astype(np.float32)


@cache
def damage_layer(damage: str, sample: int, side: int) -> np.ndarray:
    if damage == "glare":
        return glare(sample, side).astype(np.float16)
    drawn = cracks(sample, side) if damage == "crack" else blotches(sample, side)
    return np.asarray(drawn)


@lru_cache(maxsize=16)
def scene(symbol: Symbol, sample: int, damage: str) -> Image.Image:
    """The screen as it is, seen from the front without any loss."""
    light = modules(symbol, sample).repeat(FINE, 0).repeat(FINE, 1)
    if damage != "none":
        layer = damage_layer(damage, sample, light.shape[0]).astype(np.float32)
        if damage == "glare":
            light = np.minimum(light + layer, 1)
        else:
            opacity, tone = layer / 255, 0.05 if damage == "crack" else 0.25
            light = light * (1 - opacity) + tone * opacity
    return Image.fromarray((light * 255 + 0.5).astype(np.uint8))


def view(condition: Condition, sample: int, width: float) -> tuple[np.ndarray, int]:
    """Where the camera sees the plane of the symbol, as a 3 x 3 matrix, and how large its picture is."""
    rng = random("view", sample)
    turn = math.radians(condition.rotation) * rng.choice((-1, 1))
    axis, tilt = rng.uniform(0, 2 * math.pi), math.radians(condition.tilt)
    offset = rng.uniform(-0.5, 0.5, 2)

    def about_z(angle: float) -> np.ndarray:
        c, s = math.cos(angle), math.sin(angle)
        return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])

    c, s = math.cos(tilt), math.sin(tilt)
    about_x = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    pose = about_z(turn) @ about_z(axis) @ about_x @ about_z(-axis)
    # The plane's points are (x, y, 1) with the symbol from -0.5 to 0.5.
    to_camera = np.column_stack([pose[:, 0], pose[:, 1], [0, 0, DISTANCE]])
    focal = np.diag([DISTANCE * width, DISTANCE * width, 1])
    matrix = focal @ to_camera
    corners = matrix @ np.array([[-0.5, 0.5, 0.5, -0.5], [-0.5, -0.5, 0.5, 0.5], [1, 1, 1, 1]])
    reach = np.abs(corners[:2] / corners[2]).max()
    side = math.ceil(2 * reach * 1.08) + 2
    centre = np.array([[1, 0, side / 2 + offset[0]], [0, 1, side / 2 + offset[1]], [0, 0, 1]])
    return centre @ matrix, side


def blurred(light: np.ndarray, sigma: float) -> np.ndarray:
    reach = math.ceil(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padded = np.pad(light, [(reach, reach) if axis == at else (0, 0) for at in (0, 1)], mode="edge")
        size = light.shape[axis]
        parts = (
            weight * (padded[at : at + size] if axis == 0 else padded[:, at : at + size])
            for at, weight in enumerate(kernel)
        )
        light = sum(parts)
    return light


def picture(symbol: Symbol, scale: Scale, condition: Condition, sample: int) -> np.ndarray:
    """What the camera delivers, 0 to 255: a pixel is the mean of what it covers; then come lens and noise."""
    width = scale.width_of(symbol)
    matrix, side = view(condition, sample, width)
    points = math.ceil(POINTS * symbol.side / width)
    front = scene(symbol, sample, condition.damage)
    from_fine = np.diag([1 / points, 1 / points, 1])
    size = front.size[0]
    to_scene = np.array([[size, 0, size / 2], [0, size, size / 2], [0, 0, 1]])
    back = to_scene @ np.linalg.inv(matrix) @ from_fine
    fine = front.transform(
        (side * points, side * points),
        Image.Transform.PERSPECTIVE,
        tuple((back / back[2, 2]).flat[:8]),
        Image.Resampling.NEAREST,
        fillcolor=round(AROUND * 255),
    )
    light = np.asarray(fine.reduce(points), dtype=np.float32)
    if condition.blur:
        light = blurred(light, condition.blur)
    if condition.noise:
        rng = random("noise", condition.name, sample)
        light = light + condition.noise * rng.standard_normal(light.shape, dtype=np.float32)
    return np.clip(light + 0.5, 0, 255).astype(np.uint8)


# What is drawn in which sizes.
SET = {
    OURS_L: MODULE_SCALES + WIDTH_SCALES,
    OURS_M: MODULE_SCALES + WIDTH_SCALES,
    FULL_L: MODULE_SCALES + WIDTH_SCALES,
    FULL_M: MODULE_SCALES + WIDTH_SCALES,
    SCENE_M: WIDTH_SCALES,
}


Symbols = dict[Symbol, tuple[Scale, ...]]


def count(samples: int, symbols: Symbols = SET) -> int:
    return sum(map(len, symbols.values())) * len(CONDITIONS) * samples


def whole_set(
    samples: int = SAMPLES, symbols: Symbols = SET
) -> Iterator[tuple[Symbol, int, Condition, Scale, np.ndarray]]:
    """Every picture of the set, with what it is, in an order in which a scene is drawn once for all its pictures."""
    for symbol, scales in symbols.items():
        for sample in range(samples):
            for damage in DAMAGES:
                for condition in (each for each in CONDITIONS if each.damage == damage):
                    for scale in scales:
                        yield symbol, sample, condition, scale, picture(symbol, scale, condition, sample)


def save(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for symbol, sample, condition, scale, pixels in whole_set():
        name = f"{symbol.name} {scale.name} {condition.name} {sample:02}".replace(",", "").replace(" ", "-")
        Image.fromarray(pixels).save(folder / f"{name}.png")


def sheet(file: Path) -> None:
    """One sample of the citizen code at level L, 3 pixels a module as the decoders see it, under twelve conditions."""
    sample, cell, head, columns = 14, 300, 20, 4
    by_name = {condition.name: condition for condition in CONDITIONS}
    shown = [by_name[name] for name in ("straight", "blur 1.2 px", "rotation 30°", "tilt 25°", "easy", "hard")]
    shown += [by_name[damage + how] for how in ("", ", easy") for damage in DAMAGES[1:]]
    whole = Image.new("L", (columns * cell, len(shown) // columns * (cell + head)), 255)
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(14)
    for at, condition in enumerate(shown):
        x, y = at % columns * cell, at // columns * (cell + head)
        drawn = Image.fromarray(picture(OURS_L, MODULE_SCALES[0], condition, sample))
        whole.paste(drawn, (x + (cell - drawn.width) // 2, y + head))
        draw.text((x + cell / 2, y + 2), condition.name, fill=0, font=font, anchor="ma")
    # Twelve grey levels show the same in a fraction of the space.
    whole.quantize(12, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["save", folder]:
            save(Path(folder))
        case ["sheet", file]:
            sheet(Path(file))
        case _:
            sys.exit(__doc__)
