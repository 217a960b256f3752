"""Scanners that we did not write read the drawn code: zxing-cpp and zbar."""

import shutil
import subprocess

import pytest
import zxingcpp
from PIL import Image

from material import DEMO

pytestmark = pytest.mark.skipif(DEMO is None, reason="SZID_DEMO_DIR is not set")


def expected() -> str:
    return (DEMO / "code.txt").read_text().strip()


def test_zxing_reads_the_image():
    with Image.open(DEMO / "code.png") as image:
        # For QR alone: asked for every kind, it now and then takes a row of modules for a linear code as well.
        found = zxingcpp.read_barcodes(image.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    assert [barcode.text for barcode in found] == [expected()]


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg is not installed (Debian: zbar-tools)")
def test_zbar_reads_the_image():
    done = subprocess.run(
        ["zbarimg", "--quiet", "--raw", str(DEMO / "code.png")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == [expected()]
