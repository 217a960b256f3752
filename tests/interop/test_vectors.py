"""The independent verifier agrees with every published vector, in decision and in reason."""

import subprocess
import sys
from pathlib import Path

import pytest

import verifier
from published import KEYS, SCENES, STATUS, TRUST, cases, document
from verifier import Question, Refused


def root(name: str):
    return verifier.load_root(bytes.fromhex(KEYS[name]["spki"]))


def reason_of(action) -> str:
    try:
        return action() or "OK"
    except Refused as refused:
        return refused.reason


def question(case: dict) -> Question:
    """Documents first, then the code."""
    now = case["now"]
    trust = verifier.load_trust_list(document(TRUST, case["trust"]), root(case["root"]))
    scene = verifier.ANY_SCENE
    if case["scenes"] is not None:
        scene = verifier.load_scenes(document(SCENES, case["scenes"]), trust, now).get(case["scene"])
        if scene is None:
            raise Refused("SCENE_UNKNOWN")
    status = [verifier.load_status_list(document(STATUS, name), trust, now) for name in case["status"]]
    shown = case["challenge"]
    return Question(
        case["code"],
        now,
        trust,
        status,
        scene,
        challenge=shown and (shown["audience"], bytes.fromhex(shown["nonce"])),
        newest_signed_time=case["newest_signed_time"],
        online=case["online"],
        operator=case["operator"],
        used_by=lambda key, operator, at: case["used_by"],
    )


CODES = [
    pytest.param(case, id=f"{file}: {case['name']}")
    for file in ("passes.json", "codes.json", "verify.json")
    for case in cases(file)
]


@pytest.mark.parametrize("case", CODES)
def test_code(case):
    asked = None

    def judge():
        nonlocal asked
        asked = question(case)
        return verifier.verify(asked)

    reason = reason_of(judge)
    assert reason == case["reason"]
    assert ("accept" if reason in ("OK", "OK_AGAIN") else "refuse") == case["decision"]
    if "level" in case:
        assert asked.level == case["level"]


@pytest.mark.parametrize("case", cases("digits.json"), ids=lambda case: case["name"])
def test_digits(case):
    found = {}
    reason = reason_of(lambda: found.update(data=verifier.decode_digits(case["text"])))
    assert reason == case["reason"]
    assert case["bytes"] == (found["data"].hex() if found else None)


@pytest.mark.parametrize("case", cases("venue-codes.json"), ids=lambda case: case["name"])
def test_venue_code(case):
    trust = verifier.load_trust_list(document(TRUST, case["verified_with"]), root("root"))
    found = {}
    outcome = reason_of(
        lambda: found.update(vars(verifier.read_venue_code(case["text"], trust, case["now"])))
    )
    assert outcome == case["outcome"]
    if found:
        found["nonce"] = found["nonce"] and found["nonce"].hex()
        assert found == case["says"]


@pytest.mark.parametrize("case", cases("trust-lists.json"), ids=lambda case: case["name"])
def test_trust_list(case):
    def use():
        data = bytes.fromhex(case["bytes"])
        trust = verifier.load_trust_list(data, root(case["verified_with"]), case["held_version"])
        verifier.check_trust(Question("", case["now"], trust, []))

    assert reason_of(use) == case["reason"]


@pytest.mark.parametrize("case", cases("scenes.json"), ids=lambda case: case["name"])
def test_scene_policies(case):
    trust = verifier.load_trust_list(document(TRUST, case["verified_with"]), root("root"))
    data = bytes.fromhex(case["bytes"])
    reason = reason_of(lambda: verifier.load_scenes(data, trust, case["now"], case["held_version"]) and None)
    assert reason == case["reason"]


@pytest.mark.parametrize("case", cases("status-lists.json"), ids=lambda case: case["name"])
def test_status_list(case):
    trust = verifier.load_trust_list(document(TRUST, case["verified_with"]), root("root"))
    data = bytes.fromhex(case["bytes"])
    reason = reason_of(lambda: verifier.load_status_list(data, trust, case["now"]) and None)
    assert reason == case["reason"]


@pytest.mark.parametrize("name, key", KEYS.items())
def test_keys_have_the_stated_forms(name, key):
    loaded = root(name)
    assert verifier.key_id(loaded).hex() == key["kid"]
    again = verifier.load_key(bytes.fromhex(key["x"]), key["y_is_odd"])
    assert again.public_numbers() == loaded.public_numbers()
    assert f"{loaded.public_numbers().y:064x}" == key["y"]


def test_command_line(tmp_path: Path):
    case = cases("verify.json")[0]
    (tmp_path / "root").write_bytes(bytes.fromhex(KEYS["root"]["spki"]))
    (tmp_path / "trust").write_bytes(document(TRUST, "good"))
    (tmp_path / "status").write_bytes(document(STATUS, "today"))
    (tmp_path / "scenes").write_bytes(document(SCENES, "good"))
    command = [sys.executable, verifier.__file__]
    for name in ("root", "trust", "status", "scenes"):
        command += [f"--{name}", str(tmp_path / name)]

    def run(at: int):
        done = subprocess.run(
            [*command, "--scene", "2", "--at", str(at), case["code"] + "\r\n"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout.strip()

    assert run(case["now"]) == (0, '{"decision": "accept", "reason": "OK", "level": 4}')
    assert run(case["now"] + 61) == (1, '{"decision": "refuse", "reason": "CODE_EXPIRED"}')
