"""Each verifier of docs/protocol/verifiers on every published vector and the files of `szid demo`: the same reason."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests/vectors"


def cases(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))["cases"]


def by_name(name):
    return {case["name"]: case for case in cases(name)}


KEYS, TRUST, SCENES, STATUS = map(
    by_name, ("keys.json", "trust-lists.json", "scenes.json", "status-lists.json")
)


def question(
    now,
    root,
    trust,
    newest=0,
    held_trust=0,
    scenes="-",
    held_scenes=0,
    scene=0,
    status=(),
    challenge=None,
    operator="",
    used_by=None,
    text=None,
    online=False,
):
    """One line, as README.md describes it."""
    audience, nonce = (challenge["audience"].encode().hex(), challenge["nonce"]) if challenge else ("-", "-")
    fields = [
        now,
        newest,
        root,
        trust,
        held_trust,
        scenes,
        held_scenes,
        scene,
        ",".join(status) or "-",
        audience,
        nonce,
        operator,
        used_by or "-",
        "-" if text is None else text.encode().hex(),
        "online" if online else "offline",
    ]
    return "\t".join(map(str, fields))


def of_code(case):
    return question(
        case["now"],
        KEYS[case["root"]]["spki"],
        TRUST[case["trust"]]["bytes"] if case["trust"] else "-",
        newest=case["newest_signed_time"],
        scenes=SCENES[case["scenes"]]["bytes"] if case["scenes"] else "-",
        scene=case["scene"] or 0,
        status=[STATUS[name]["bytes"] for name in case["status"]],
        challenge=case["challenge"],
        operator=case["operator"],
        used_by=case["used_by"],
        text=case["code"],
        online=case["online"],
    )


def vectors():
    root, good = KEYS["root"]["spki"], TRUST["good"]["bytes"]
    for file in ("passes.json", "codes.json", "verify.json"):
        for case in cases(file):
            yield f"{file}: {case['name']}", of_code(case), {case["reason"]}
    for case in cases("trust-lists.json"):
        root_of = KEYS[case["verified_with"]]["spki"]
        line = question(case["now"], root_of, case["bytes"], held_trust=case["held_version"])
        yield f"trust-lists.json: {case['name']}", line, {case["reason"]}
    for case in cases("scenes.json"):
        trust = TRUST[case["verified_with"]]["bytes"]
        line = question(case["now"], root, trust, scenes=case["bytes"], held_scenes=case["held_version"])
        yield f"scenes.json: {case['name']}", line, {case["reason"]}
    for case in cases("status-lists.json"):
        line = question(case["now"], root, TRUST[case["verified_with"]]["bytes"], status=[case["bytes"]])
        yield f"status-lists.json: {case['name']}", line, {case["reason"]}
    now = cases("verify.json")[0]["now"]
    # What decodes and is no code is refused for its content.
    for case in cases("digits.json"):
        expected = {"MALFORMED", "NOT_CANONICAL"} if case["reason"] == "OK" else {case["reason"]}
        yield f"digits.json: {case['name']}", question(now, root, good, text=case["text"]), expected


def demo(folder):
    """The code at its time, a minute later and frozen; every day of the strip."""
    read = lambda name: (folder / name).read_bytes().hex()
    root, trust = read("root.spki"), read("trust-list.cbor")
    lines = [line.split() for line in (folder / "days/codes.txt").read_text().splitlines()]
    for second, code, status in lines:
        ask = lambda at, name: question(at, root, trust, status=[read(name)], text=code)
        yield f"demo: {status}", ask(int(second), f"days/{status}"), {"OK"}
        yield f"demo: {status}, a minute later", ask(int(second) + 61, f"days/{status}"), {"CODE_EXPIRED"}
    # Drawn within the minute of the strip's first code, from the pass of the same day.
    today, code, _ = lines[0]
    for name, reason in (("status-list.cbor", "OK"), ("status-list-frozen.cbor", "FROZEN")):
        yield f"demo: {name}", question(int(today), root, trust, status=[read(name)], text=code), {reason}


def main():
    asked = [*vectors(), *demo(Path(os.environ["SZID_DEMO_DIR"]))]
    lines = "".join(line + "\n" for _, line, _ in asked)
    failed = 0
    for language in sys.argv[1:]:
        began = time.monotonic()
        name, command = language.split("=", 1)
        done = subprocess.run(
            command.split(), input=lines, capture_output=True, text=True, timeout=120, check=False
        )
        told = done.stdout.split()
        if len(told) != len(asked):
            sys.exit(f"verifiers: {name} answered {len(told)} of {len(asked)}\n{done.stderr[-3000:]}")
        wrong = [(what, got, want) for (what, _, want), got in zip(asked, told) if got not in want]
        failed += len(wrong)
        for what, got, want in wrong:
            print(f"verifiers: {name}: {what}: {got} in place of {', '.join(want)}")
        print(f"{name}: {len(asked) - len(wrong)} of {len(asked)} ({time.monotonic() - began:.1f}s)")
    sys.exit(1 if failed else 0)


main()
