"""Decoders that we did not write. Each takes a picture, grey values of 8 bits, and returns the texts that it found.

All are used as they come, limited to QR codes where they read others as well.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from ctypes import byref, c_uint
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import zxingcpp
from pyzbar import pyzbar, zbar_library

Decoder = Callable[[np.ndarray], list[str]]

HERE = Path(__file__).parent

# Those that the distorted set is shown to: one of each kind of search, so that it takes minutes.
DISTORTED = ("zxing-cpp", "zbar", "rqrr")


class Pipe:
    """A program that answers each picture with one line."""

    def __init__(self, *command: str | Path) -> None:
        self.command = command
        self.process: subprocess.Popen | None = None

    def __call__(self, pixels: np.ndarray) -> list[str]:
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        height, width = pixels.shape
        head = width.to_bytes(2, "little") + height.to_bytes(2, "little")
        self.process.stdin.write(head + pixels.tobytes())
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer.endswith(b"\n"):
            sys.exit(f"{self.command[0]} ended early")
        return answer.decode().split()


def zxing_cpp(pixels: np.ndarray) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormat.QRCode)]


def zbar(pixels: np.ndarray) -> list[str]:
    image = (pixels.tobytes(), pixels.shape[1], pixels.shape[0])
    return [found.data.decode() for found in pyzbar.decode(image, symbols=[pyzbar.ZBarSymbol.QRCODE])]


def opencv() -> Decoder:
    detector = cv2.QRCodeDetector()

    def read(pixels: np.ndarray) -> list[str]:
        text, _, _ = detector.detectAndDecode(pixels)
        return [text] if text else []

    return read


def wechat() -> Decoder:
    # Without its two neural networks, which are published apart: the search and the reading alone.
    detector = cv2.wechat_qrcode_WeChatQRCode()
    return lambda pixels: list(detector.detectAndDecode(pixels)[0])


def decoders(rqrr: str, jvm_classpath: str) -> dict[str, Decoder]:
    """All of them. `rqrr` is the program built from rqrr/, `jvm_classpath` holds what jvm/pom.xml names."""
    # One thread each: pictures are small.
    cv2.setNumThreads(1)

    def jvm(name: str) -> Pipe:
        return Pipe("java", "-XX:+UseSerialGC", "-cp", jvm_classpath, HERE / "jvm/Read.java", name)

    return {
        "zxing-cpp": zxing_cpp,
        "zbar": zbar,
        "rqrr": Pipe(rqrr),
        "ZXing": jvm("zxing"),
        "OpenCV": opencv(),
        "WeChat": wechat(),
        "jsQR": Pipe("node", HERE / "jsqr/read.js"),
        "BoofCV": jvm("boofcv"),
    }


def versions() -> dict[str, str]:
    """zbar comes from the system: its version is told, not pinned."""
    numbers = [c_uint() for _ in range(3)]
    zbar_library.load()[0].zbar_version(*map(byref, numbers))
    lock = tomllib.loads((HERE / "rqrr/Cargo.lock").read_text())
    maven = "{http://maven.apache.org/POM/4.0.0}"
    jvm = {
        each.findtext(f"{maven}artifactId"): each.findtext(f"{maven}version")
        for each in ElementTree.parse(HERE / "jvm/pom.xml").iter(f"{maven}dependency")
    }
    return {
        "zxing-cpp": version("zxing-cpp"),
        "zbar": ".".join(str(number.value) for number in numbers),
        "rqrr": next(package["version"] for package in lock["package"] if package["name"] == "rqrr"),
        "ZXing": jvm["core"],
        "OpenCV": cv2.__version__,
        "WeChat": cv2.__version__,
        "jsQR": json.loads((HERE / "jsqr/package.json").read_text())["dependencies"]["jsqr"],
        "BoofCV": jvm["boofcv-recognition"],
    }
