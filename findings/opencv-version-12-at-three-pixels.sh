#!/usr/bin/env bash
# OpenCV 4.14.0: QRCodeDetector hardly reads a flawless QR code of version 12 at three pixels a module, and reads it at four.
#
# 40 numbers of 640 digits (level M, version 12) and 40 of 603 (version 11) are encoded by segno and drawn without a blemish:
# black on white, exactly upright, a quiet zone of four modules, every module a whole number of pixels. At three pixels a module
# the version makes the difference: of version 12 it reads one in eight, of version 11 all. At four it reads nearly all of both.
#
# What it means here: the mask that a wallet chooses does not help at that size, whoever draws the code
# (docs/adr/0026-masks-without-look-alikes.md, docs/performance.md "Reading the symbol"); screens draw larger modules where they
# can, and level L, whose versions are smaller, is one touch away.
#
# Needs Python 3.11 or newer. Expected output:
#   OpenCV 4.14.0
#   version 11, 3 pixels a module: 40 of 40 read
#   version 11, 4 pixels a module: 40 of 40 read
#   version 12, 3 pixels a module: 5 of 40 read
#   version 12, 4 pixels a module: 38 of 40 read
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 opencv-python-headless==4.14.0.94 segno==1.6.6
cat >"$place/count.py" <<'PY'
import random

import cv2
import numpy as np
import segno

CODES = 40
QUIET = 4


def drawn(digits: str, version: int, pixels: int) -> np.ndarray:
    code = segno.make_qr(digits, error="m", mode="numeric", boost_error=False)
    assert code.version == version, code.version
    dark = np.pad(np.array([[bool(module) for module in row] for row in code.matrix]), QUIET)
    return np.where(np.kron(dark, np.ones((pixels, pixels), bool)), 0, 255).astype(np.uint8)


detector = cv2.QRCodeDetector()
print(f"OpenCV {cv2.__version__}")
for length, version in ((603, 11), (640, 12)):
    numbers = random.Random(1)
    texts = ["".join(numbers.choices("0123456789", k=length)) for _ in range(CODES)]
    for pixels in (3, 4):
        read = sum(detector.detectAndDecode(drawn(text, version, pixels))[0] == text for text in texts)
        print(f"version {version}, {pixels} pixels a module: {read} of {CODES} read")
PY
output=$("$place/venv/bin/python" "$place/count.py")
printf '%s\n' "$output"
expected=$(grep '^#   ' "$0" | cut -c5-)
[ "$output" = "$expected" ] || { printf 'this is not what was seen:\n%s\n' "$expected"; exit 1; }
