"""The published vectors, read once."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "vectors"


def cases(name: str) -> list[dict]:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))["cases"]


def by_name(name: str) -> dict[str, dict]:
    return {case["name"]: case for case in cases(name)}


KEYS = by_name("keys.json")
TRUST = by_name("trust-lists.json")
SCENES = by_name("scenes.json")
STATUS = by_name("status-lists.json")


def document(documents: dict[str, dict], name: str) -> bytes:
    return bytes.fromhex(documents[name]["bytes"])
