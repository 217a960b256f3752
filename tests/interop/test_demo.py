"""The independent verifier on the files of `szid demo`: the code at its time, a minute later, frozen, and every day of the strip."""

import pytest

import verifier
from material import DEMO
from verifier import Question, Refused

pytestmark = pytest.mark.skipif(DEMO is None, reason="SZID_DEMO_DIR is not set")


def drawn_at(code: str) -> int:
    return verifier.read_code(verifier.decode_digits(code)).iat


def judge(code: str, now: int, status: str = "status-list.cbor") -> str:
    try:
        root = verifier.load_root((DEMO / "root.spki").read_bytes())
        trust = verifier.load_trust_list((DEMO / "trust-list.cbor").read_bytes(), root)
        lists = [verifier.load_status_list((DEMO / status).read_bytes(), trust, now)]
        return verifier.verify(Question(code, now, trust, lists))
    except Refused as refused:
        return refused.reason


def test_the_code_at_its_time_and_later():
    code = (DEMO / "code.txt").read_text().strip()
    now = drawn_at(code)
    assert judge(code, now) == "OK"
    assert judge(code, now + 61) == "CODE_EXPIRED"
    assert judge(code, now, "status-list-frozen.cbor") == "FROZEN"


def test_scene_policies_are_read():
    code = (DEMO / "code.txt").read_text().strip()
    root = verifier.load_root((DEMO / "root.spki").read_bytes())
    trust = verifier.load_trust_list((DEMO / "trust-list.cbor").read_bytes(), root)
    assert verifier.load_scenes((DEMO / "scenes.cbor").read_bytes(), trust, drawn_at(code))


def test_every_day_of_the_strip():
    """Each line of codes.txt: the time, the code, the file of the status list that covers it."""
    days = DEMO / "days"
    lines = [line.split() for line in (days / "codes.txt").read_text().splitlines()]
    assert len(lines) > 1
    for second, code, status in lines:
        assert judge(code, int(second), f"days/{status}") == "OK"
