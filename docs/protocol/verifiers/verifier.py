"""A whole verifier of citizen codes (docs/protocol/citizen-code.md) without connection, on `cryptography` alone.

Your program loads the documents once (`load_trust`, `load_scene`, `load_status`) and calls
`verify(clean(text), ...)`. By itself it answers the questions of README.md, one a line.
"""

import hashlib
import sys
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

DAY = 86400
ANY_SCENE = {1: 0, 4: 1, 9: True, 10: 2**32 - 1, 11: 2**32 - 1, 12: 2, 13: False}


class Refused(Exception):
    pass


def need(fits, reason="MALFORMED"):
    if not fits:
        raise Refused(reason)


def decode_digits(text):  # section 2
    sizes = {0: 0, 3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6, 17: 7}
    need(text.startswith("0755"), "NOT_A_CITIZEN_CODE")
    need(len(text.encode()) <= 1025, "TEXT_TOO_LONG")
    need(all(digit in "0123456789" for digit in text), "TEXT_CHARACTER")
    version, digits = text[4:5], text[5:]
    need(version, "TEXT_LENGTH")
    need(version != "0", "NOT_A_CITIZEN_CODE")
    need(version == "1", "VERSION_UNKNOWN")
    need(digits and len(digits) % 17 in sizes, "TEXT_LENGTH")
    groups = [digits[at : at + 17] for at in range(0, len(digits), 17)]
    need(all(int(group) < 256 ** sizes[len(group)] for group in groups), "TEXT_GROUP")
    return b"".join(int(group).to_bytes(sizes[len(group)], "big") for group in groups)


# Kinds of values: the keys of a map are integers, or all texts.
ALL_KINDS, KEY_KINDS, INTEGER_KINDS, TEXT_KIND = range(8), (0, 1, 3), (0, 1), (3,)


def read_item(data, at=0, depth=0, kinds=ALL_KINDS):  # section 3: a value and where it ends
    need(at < len(data) and depth < 16)
    kind, size = data[at] >> 5, data[at] & 31
    need(size != 31, "NOT_CANONICAL")
    need(size < 28)
    length = 1 << (size - 24) if size >= 24 else 0
    need(at + 1 + length <= len(data))
    value = int.from_bytes(data[at + 1 : at + 1 + length], "big") if length else size
    if kind == 7:
        need(size in (20, 21) and kind in kinds)
        return size == 21, at + 1
    need(not length or value >= (24 if length == 1 else 1 << (4 * length)), "NOT_CANONICAL")
    need(kind in kinds)
    at += 1 + length
    if kind < 2:
        need(value < 2**63 or (kind == 0 and kinds is ALL_KINDS))
        return (-1 - value if kind else value), at
    need(kind != 6 and value <= len(data) - at)
    if kind < 4:
        part = data[at : at + value]
        try:
            return (part if kind == 2 else part.decode()), at + value
        except UnicodeDecodeError:
            raise Refused("MALFORMED") from None
    items, last, kinds = [], b"", KEY_KINDS if kind == 5 else ALL_KINDS
    for _ in range(value):
        start = at
        item, at = read_item(data, at, depth + 1, kinds)
        if kind == 5:
            need(data[start:at] > last, "NOT_CANONICAL")
            last, key = data[start:at], item
            kinds = TEXT_KIND if isinstance(key, str) else INTEGER_KINDS
            item, at = read_item(data, at, depth + 1)
            item = (key, item)
        items.append(item)
    return (dict(items) if kind == 5 else items), at


def read(data, shape):
    value, end = read_item(data)
    need(end == len(data))
    return fit(value, shape)


def fit(value, shape):
    """A type; a list of one shape, or of those of a fixed array; or a map's, (shape,) where it may be left out."""
    if isinstance(shape, dict):
        need(isinstance(value, dict) and all(key in shape for key in value))
        for key, inner in shape.items():
            if key in value or not isinstance(inner, tuple):
                need(key in value)
                fit(value[key], inner[0] if isinstance(inner, tuple) else inner)
    elif isinstance(shape, list):
        need(isinstance(value, list) and (len(shape) == 1 or len(shape) == len(value)))
        for item, inner in zip(value, shape * len(value) if len(shape) == 1 else shape):
            fit(item, inner)
    elif callable(shape) and not isinstance(shape, type):
        need(shape(value))
    else:
        need(type(value) is shape and (shape is not int or value >= 0))
    return value


def uint(most=2**64 - 1, least=0):
    return lambda value: type(value) is int and least <= value <= most


def sized(least, most):
    size = lambda value: len(value.encode() if type(value) is str else value)
    return lambda kind: lambda value: type(value) is kind and least <= size(value) <= most


UINT, INT, LABEL = uint(), uint(2**63 - 1, -(2**63)), uint(2**32 - 1)
KID, X, TEXT = sized(8, 8)(bytes), sized(32, 32)(bytes), sized(0, 10**6)(str)
LAYER = [bytes, lambda value: value == {} and type(value) is dict, bytes, sized(64, 64)(bytes)]
COSE_KEY = {1: uint(2, 2), -1: uint(1, 1), -2: X, -3: bool}
ENTRY = {1: KID, 2: INT, 3: lambda _: True, 4: UINT, 5: UINT, 6: UINT, 7: (sized(0, 200)(str),)}
TRUST = {4: UINT, 6: UINT, -65539: {1: UINT, 2: [ENTRY]}}
NUMBERS = lambda value: type(value) is list and len(value) <= 32 and all(uint(65535)(one) for one in value)
SCENE = {
    1: uint(65535, 1),
    2: sized(1, 96)(str),
    3: sized(1, 96)(str),
    4: uint(4, 1),
    5: NUMBERS,
    6: NUMBERS,
    7: uint(2),
    8: LABEL,
    9: bool,
    10: LABEL,
    11: LABEL,
    12: uint(2, 1),
    13: bool,
    14: LABEL,
    15: uint(3, 1),
    16: bool,
}
SCENES = {4: UINT, 6: UINT, -65540: {1: UINT, 2: [SCENE]}}
STATUS = {2: sized(1, 240)(str), 4: UINT, 6: UINT, 65533: {"lst": bytes, "bits": UINT}, 65534: UINT}
PASS = {
    4: UINT,
    8: {1: COSE_KEY},
    169: ({4: TEXT},),
    -65537: {1: UINT, 2: UINT, 3: UINT, 4: UINT, 5: (UINT,)},
}
CODE = {3: (TEXT,), 6: UINT, 10: (bytes,), -65538: {1: UINT, 2: UINT}}


def load_point(key):  # section 4
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes([2 + key[-3]]) + key[-2])
    except ValueError:
        return None


def key_id(key):
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()[:8]


def byte_string(part):
    size = len(part)
    length = 0 if size < 24 else 1 if size < 256 else 2 if size < 65536 else 4
    head = (
        bytes([0x40 + size])
        if not length
        else bytes([0x57 + length.bit_length()]) + size.to_bytes(length, "big")
    )
    return head + part


def is_signed(layer, key):
    message = b"\x84\x6aSignature1" + byte_string(layer[0]) + b"\x40" + byte_string(layer[2])
    signature = encode_dss_signature(*(int.from_bytes(layer[3][at : at + 32], "big") for at in (0, 32)))
    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        return True
    except InvalidSignature:
        return False


def load(data, kind, family, most, signers, payload):  # section 7: one rule for all documents
    malformed = family + "_MALFORMED"
    try:
        need(data[:1] == b"\xd2" and len(data) <= most)
        layer = read(data[1:], LAYER)
        header = read(layer[0], {1: INT, 4: KID, 16: TEXT})
        need(header[16] == f"application/{kind}+cwt")
    except Refused:
        raise Refused(malformed) from None
    signed = any(header[1] == -7 and is_signed(layer, key) for key in signers(header[4]))
    need(signed, family + "_SIGNATURE")
    try:
        return read(layer[2], payload)
    except Refused:
        raise Refused(malformed) from None


def load_trust(data, root, held=0):  # A
    need(data is not None, "TRUST_MISSING")
    found = load(data, "szid-trust", "TRUST", 65536, lambda kid: [root] if kid == key_id(root) else [], TRUST)
    entries = found[-65539][2]
    try:
        need(len(entries) <= 256)
        for entry in entries:
            need((entry[4] == 1) == (7 in entry))
            if entry[2] == -7:
                entry["key"] = load_point(fit(entry[3], COSE_KEY))
                need(entry["key"] and key_id(entry["key"]) == entry[1])
    except Refused:
        raise Refused("TRUST_MALFORMED") from None
    need(found[-65539][1] >= held, "TRUST_ROLLBACK")
    return found


def signers(trust, purpose, now):
    def of(kid):
        return [
            entry["key"]
            for entry in trust[-65539][2]
            if entry[1] == kid and entry[2] == -7 and entry[4] == purpose and entry[5] <= now < entry[6]
        ]

    return of


def load_scene(data, trust, now, number, held=0):  # B
    found = load(data, "szid-scenes", "SCENES", 65536, signers(trust, 3, now), SCENES)
    scenes = {scene[1]: scene for scene in found[-65540][2]}
    need(len(scenes) == len(found[-65540][2]) <= 256, "SCENES_MALFORMED")
    need(found[4] > now, "SCENES_EXPIRED")
    need(found[-65540][1] >= held, "SCENES_ROLLBACK")
    need(not number or number in scenes, "SCENE_UNKNOWN")
    return scenes.get(number, ANY_SCENE)


def load_status(data, trust, now, held=0):  # C
    found = load(data, "statuslist", "STATUS", 1052672, signers(trust, 2, now), STATUS)
    bits, packed, inflate = found[65533]["bits"], found[65533]["lst"], zlib.decompressobj()
    try:
        need(bits in (1, 2, 4, 8))
        most = 2**20 * bits // 8
        found["list"] = inflate.decompress(packed, most + 1)
        need(len(found["list"]) <= most and inflate.eof and not inflate.unused_data)
    except (Refused, zlib.error):
        raise Refused("STATUS_MALFORMED") from None
    need(found[6] >= held, "STATUS_ROLLBACK")
    return found


def check_trust(trust, now, newest):
    need(now + 30 >= max(newest, trust[6]), "VERIFIER_CLOCK_BEHIND")
    need(trust[4] > now, "TRUST_EXPIRED")


def find_signer(layer, header, trust, now):  # step 4
    misses = [0]
    for entry in trust[-65539][2]:
        if entry[1] == header[4]:
            miss = (
                2
                if entry[2] != header[1] or "key" not in entry
                else 3
                if entry[4] != 1
                else 4
                if not entry[5] <= now < entry[6]
                else 5
                if not is_signed(layer, entry["key"])
                else 0
            )
            if not miss:
                return entry
            misses.append(miss)
    raise Refused(
        {
            0: "ISSUER_UNKNOWN",
            2: "ALGORITHM_MISMATCH",
            3: "KEY_PURPOSE",
            4: "KEY_NOT_VALID",
            5: "PASS_SIGNATURE",
        }[max(misses)]
    )


def verify(
    text, now, trust, lists, scene=ANY_SCENE, shown=None, newest=0, online=False, operator="", seen=None
):
    """Returns OK or OK_AGAIN, or raises Refused with the reason.

    `seen(key, now, operator)` remembers one use of one code and returns who used it within 120 s before, or None.
    """
    code = read(decode_digits(text), LAYER)  # 2
    outer = read(code[0], {1: INT, 13: LAYER})
    need(outer[1] == -7, "ALGORITHM_UNKNOWN")
    day_pass = outer[13]
    need(len(code[0]) - 4 <= 256)  # the pass, behind a2 01 26 0d
    inner = read(day_pass[0], {1: INT, 4: KID})
    need(inner[1] == -7, "ALGORITHM_UNKNOWN")
    says = read_pass(day_pass[2])
    claims = read(code[2], CODE)
    need((3 in claims) == (10 in claims))
    check_trust(trust, now, newest)  # 3
    need(online or now - trust[6] <= scene[10], "TRUST_TOO_OLD")
    signer = find_signer(day_pass, inner, trust, now)
    exp, about, how = says[4], says[-65537], claims[-65538]
    need(
        (exp + 28800) % DAY == 0
        and 1 <= about[2] <= 4
        and 1 <= about[3] <= 4
        and about[4] < 2**32
        and about.get(5, 0) < 2**16
        and (169 not in says or 1 <= len(says[169][4].encode()) <= 24),
        "PASS_CLAIMS",
    )  # 5
    device = load_point(says[8][1])
    need(device, "DEVICE_KEY")
    need(now >= exp - DAY - 30, "PASS_NOT_YET_VALID")  # 7
    need(now < exp + 60, "PASS_EXPIRED")
    need(is_signed(code, device), "CODE_SIGNATURE")
    need(
        1 <= how[1] <= 3
        and how[2] < 65536
        and (3 not in claims or (1 <= len(claims[3].encode()) <= 22 and 8 <= len(claims[10]) <= 16)),
        "CODE_CLAIMS",
    )  # 9
    need(claims[6] - now <= 30, "CLOCK_AHEAD")
    need(now - claims[6] <= 60, "CODE_EXPIRED")
    answered = (claims[3], claims[10]) if 3 in claims else None  # 11
    need(not answered or answered == shown, "CHALLENGE_MISMATCH")
    need(answered or not (shown or scene[13]), "CHALLENGE_MISSING")
    need(how[2] in (0, scene[1]), "SCENE_MISMATCH")  # 12
    need(online or scene[9], "OFFLINE_NOT_ALLOWED")
    need(min(about[2], about[3] + 1, how[1] + 1) >= scene[4], "LEVEL_TOO_LOW")
    need(lists, "STATUS_MISSING")  # 13
    uri = f"{signer[7]}{exp}/{about[4] >> 20}"
    ours = max((one for one in lists if one[2] == uri), key=lambda one: one[6], default=None)
    need(ours, "STATUS_FOREIGN")
    bits, position = ours[65533]["bits"], about[4] % 2**20 * ours[65533]["bits"]
    need(position // 8 < len(ours["list"]), "STATUS_INDEX")
    need(now + 30 >= ours[6], "VERIFIER_CLOCK_BEHIND")
    status = ours["list"][position // 8] >> position % 8 & 2**bits - 1
    need(status != 2, "FROZEN")
    need(status == 0, "REVOKED")
    need(ours[4] > now and (online or now - ours[6] <= scene[11]), "STATUS_TOO_OLD")
    key = (hashlib.sha256(says[8][1][-2]).digest()[:16], claims[6])  # 14
    before = seen(key, now, operator) if seen else None
    need(before is None or (scene[12] == 2 and before == operator), "REPLAY")
    return "OK" if before is None else "OK_AGAIN"


def read_pass(payload):
    value, _ = read_item(payload)
    profile = value.get(-65537, {}).get(1) if isinstance(value, dict) else None
    need(profile in (None, 1), "PROFILE_UNKNOWN")
    return read(payload, PASS)


def clean(text):  # what scanners add
    return "".join(
        str(ord(one) - 0xFF10) if "０" <= one <= "９" else one for one in text if one not in "\r\n\t "
    )


def answer(line):
    field = line.rstrip("\n").split("\t")
    now, newest, held_trust, held_scenes, scene = (int(field[at]) for at in (0, 1, 4, 6, 7))
    hexed = lambda text: None if text == "-" else bytes.fromhex(text)
    trust = load_trust(hexed(field[3]), load_der_public_key(hexed(field[2])), held_trust)
    rules = ANY_SCENE if field[5] == "-" else load_scene(hexed(field[5]), trust, now, scene, held_scenes)
    lists = [load_status(hexed(one), trust, now) for one in field[8].split(",") if one != "-"]
    if field[13] == "-":
        return check_trust(trust, now, newest) or "OK"
    shown = None if field[9] == "-" else (hexed(field[9]).decode(), hexed(field[10]))
    used_by = None if field[12] == "-" else field[12]
    memory = lambda key, at, operator: used_by
    online = field[14] == "online"
    return verify(
        hexed(field[13]).decode(), now, trust, lists, rules, shown, newest, online, field[11], memory
    )


def main():
    for line in sys.stdin:
        try:
            print(answer(line), flush=True)
        except Refused as refused:
            print(refused, flush=True)


if __name__ == "__main__":
    main()
