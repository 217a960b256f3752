"""What the COSE and QR tests look at: the vectors, and the files of `szid demo` where SZID_DEMO_DIR names their folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from published import KEYS, STATUS, TRUST, cases, document
from verifier import decode_digits

DEMO = Path(os.environ["SZID_DEMO_DIR"]) if "SZID_DEMO_DIR" in os.environ else None


@dataclass
class Material:
    name: str
    root_spki: bytes
    trust_list: bytes
    status_list: bytes
    code: bytes


def from_vectors() -> Material:
    return Material(
        "vectors",
        bytes.fromhex(KEYS["root"]["spki"]),
        document(TRUST, "good"),
        document(STATUS, "today"),
        decode_digits(cases("verify.json")[0]["code"]),
    )


def from_demo(folder: Path) -> Material:
    return Material(
        "demo",
        (folder / "root.spki").read_bytes(),
        (folder / "trust-list.cbor").read_bytes(),
        (folder / "status-list.cbor").read_bytes(),
        decode_digits((folder / "code.txt").read_text().strip()),
    )


def all_material() -> list[Material]:
    return [from_vectors()] + ([from_demo(DEMO)] if DEMO else [])
