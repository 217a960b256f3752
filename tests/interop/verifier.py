"""A verifier for citizen codes, written from docs/protocol/citizen-code.md alone.

Needs Python 3.10 and the package `cryptography`; shares no code with the project's own verifier.

    python verifier.py --root F --trust F --status F [--scenes F --scene N] [--at UNIX] CODE

prints one JSON verdict; exit code 0 accept, 1 refuse, 2 wrong use.
"""

import argparse
import hashlib
import json
import sys
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

DAY = 86_400
MAX_AGE = 60
MAX_AHEAD = 30
ES256 = -7
PASS, STATUS, SCENES, LICENCE, TIME = 1, 2, 3, 4, 5
UNLIMITED = 2**32 - 1


class Refused(Exception):
    """A refusal with its reason code."""

    @property
    def reason(self):
        return self.args[0]


# ---- text form -------------------------------------------------------------------------------------------------------

GROUP_DIGITS = [0, 3, 5, 8, 10, 13, 15, 17]
MAX_TEXT = 5 + 60 * 17


def decode_digits(text: str, kind: str = "1") -> bytes:
    """The bytes of a citizen code, or of a venue's own with its `kind`."""
    if not text.startswith("0755"):
        raise Refused("NOT_A_CITIZEN_CODE")
    if len(text.encode()) > MAX_TEXT:
        raise Refused("TEXT_TOO_LONG")
    rest = text[4:]
    if any(character not in "0123456789" for character in rest):
        raise Refused("TEXT_CHARACTER")
    if not rest:
        raise Refused("TEXT_LENGTH")
    if rest[0] != kind:
        raise Refused("NOT_A_CITIZEN_CODE" if rest[0] == "0" else "VERSION_UNKNOWN")
    digits = rest[1:]
    if not digits or len(digits) % 17 not in GROUP_DIGITS[:7]:
        raise Refused("TEXT_LENGTH")
    out = bytearray()
    for start in range(0, len(digits), 17):
        group = digits[start : start + 17]
        length = GROUP_DIGITS.index(len(group))
        value = int(group)
        if value >> (8 * length):
            raise Refused("TEXT_GROUP")
        out += value.to_bytes(length, "big")
    return bytes(out)


# ---- deterministic CBOR ----------------------------------------------------------------------------------------------


class Reader:
    """Reads items in the order in which the format lists them, and refuses at the first byte that is another."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def take(self, length: int) -> bytes:
        if length > len(self.data) - self.at:
            raise Refused("MALFORMED")
        self.at += length
        return self.data[self.at - length : self.at]

    def head(self) -> tuple[int, int]:
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        if info == 31:
            raise Refused("NOT_CANONICAL")
        if info > 27:
            raise Refused("MALFORMED")
        size = 1 << (info - 24)
        value = int.from_bytes(self.take(size), "big")
        if major == 7:
            raise Refused("MALFORMED")
        if value < (24, 0x100, 0x1_0000, 0x1_0000_0000)[info - 24]:
            raise Refused("NOT_CANONICAL")
        return major, value

    def expect(self, major: int) -> int:
        found, value = self.head()
        if found != major:
            raise Refused("MALFORMED")
        return value

    def uint(self, most: int = 2**64 - 1) -> int:
        value = self.expect(0)
        if value > most:
            raise Refused("MALFORMED")
        return value

    def sint(self) -> int:
        major, value = self.head()
        if major > 1 or value >= 2**63:
            raise Refused("MALFORMED")
        return value if major == 0 else -1 - value

    def byte_string(self, length: int | None = None) -> bytes:
        value = self.take(self.expect(2))
        if length is not None and len(value) != length:
            raise Refused("MALFORMED")
        return value

    def text(self) -> str:
        try:
            return self.take(self.expect(3)).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("MALFORMED") from None

    def boolean(self) -> bool:
        byte = self.take(1)
        if byte not in (b"\xf4", b"\xf5"):
            raise Refused("MALFORMED")
        return byte == b"\xf5"

    def array(self, most: int, exactly: bool = False) -> int:
        count = self.expect(4)
        if count > most or (exactly and count != most):
            raise Refused("MALFORMED")
        return count

    def map(self) -> "MapReader":
        return MapReader(self, self.expect(5))

    def skip(self, depth: int = 4) -> None:
        """Passes over a value whose meaning is for newer software."""
        start = self.at
        major, value = self.head()
        if major in (4, 5) and depth:
            for _ in range(value * (major - 3)):
                self.skip(depth - 1)
        elif major in (2, 3):
            self.at = start
            self.byte_string() if major == 2 else self.text()
        elif major == 7:
            self.at = start
            self.boolean()
        elif major not in (0, 1):
            raise Refused("MALFORMED")

    def finish(self) -> None:
        if self.at != len(self.data):
            raise Refused("MALFORMED")


class MapReader:
    """The entries of one map, whose keys must ascend in the order of their encodings."""

    def __init__(self, reader: Reader, entries: int):
        self.reader = reader
        self.left = entries
        self.previous = b""

    def _key(self, read):
        if not self.left:
            return None
        self.left -= 1
        start = self.reader.at
        key = read()
        encoded = self.reader.data[start : self.reader.at]
        if encoded <= self.previous:
            raise Refused("NOT_CANONICAL")
        self.previous = encoded
        return key

    def key(self):
        return self._key(self.reader.sint)

    def must(self, key) -> None:
        found = self._key(self.reader.text if isinstance(key, str) else self.reader.sint)
        if found != key:
            raise Refused("MALFORMED")

    def end(self) -> None:
        if self.left:
            raise Refused("MALFORMED")


# ---- COSE ------------------------------------------------------------------------------------------------------------


def cbor_head(major: int, value: int) -> bytes:
    if value < 24:
        return bytes([major << 5 | value])
    size = 1 if value < 0x100 else 2 if value < 0x1_0000 else 4
    return bytes([major << 5 | 24 + (size.bit_length() - 1)]) + value.to_bytes(size, "big")


@dataclass
class Sign1:
    protected: bytes
    payload: bytes
    signature: bytes

    @classmethod
    def read(cls, reader: Reader) -> "Sign1":
        reader.array(4, exactly=True)
        protected = reader.byte_string()
        reader.map().end()
        payload = reader.byte_string()
        return cls(protected, payload, reader.byte_string(64))

    def to_be_signed(self) -> bytes:
        parts = b"".join(cbor_head(2, len(part)) + part for part in (self.protected, b"", self.payload))
        return b"\x84\x6aSignature1" + parts

    def signed_by(self, key: ec.EllipticCurvePublicKey) -> bool:
        r = int.from_bytes(self.signature[:32], "big")
        s = int.from_bytes(self.signature[32:], "big")
        try:
            key.verify(encode_dss_signature(r, s), self.to_be_signed(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def read_cose_key(reader: Reader) -> tuple[bytes, bool]:
    fields = reader.map()
    for label, value in ((1, 2), (-1, 1)):
        fields.must(label)
        if reader.sint() != value:
            raise Refused("MALFORMED")
    fields.must(-2)
    x = reader.byte_string(32)
    fields.must(-3)
    odd = reader.boolean()
    fields.end()
    return x, odd


def load_key(x: bytes, odd: bool) -> ec.EllipticCurvePublicKey | None:
    """The point with this x and this sign of y, or None where the curve has none."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes([2 + odd]) + x)
    except ValueError:
        return None


def key_id(key: ec.EllipticCurvePublicKey) -> bytes:
    spki = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(spki).digest()[:8]


# ---- signed documents ------------------------------------------------------------------------------------------------


@dataclass
class Document:
    alg: int
    kid: bytes
    sign1: Sign1


def read_document(data: bytes, typ: str, most: int) -> Document:
    if len(data) > most:
        raise Refused("MALFORMED")
    reader = Reader(data)
    if reader.expect(6) != 18:
        raise Refused("MALFORMED")
    sign1 = Sign1.read(reader)
    reader.finish()
    header = Reader(sign1.protected)
    fields = header.map()
    fields.must(1)
    alg = header.sint()
    fields.must(4)
    kid = header.byte_string(8)
    fields.must(16)
    found = header.text()
    fields.end()
    header.finish()
    if found != typ:
        raise Refused("MALFORMED")
    return Document(alg, kid, sign1)


def in_family(family: str, read):
    """Runs `read` and turns a fault of form into the one reason that the document's family has for it."""
    try:
        return read()
    except Refused:
        raise Refused(family + "_MALFORMED") from None


@dataclass
class Key:
    kid: bytes
    alg: int
    key: ec.EllipticCurvePublicKey | None
    purpose: int
    start: int
    end: int
    prefix: str | None

    def valid(self, now: int) -> bool:
        return self.start <= now < self.end


@dataclass
class TrustList:
    version: int
    iat: int
    exp: int
    keys: list[Key]

    def signer(self, sign1: Sign1, kid: bytes, alg: int, purpose: int, now: int) -> Key:
        """The first listed key that may have made this signature and did; else the nearest miss."""
        misses = ["ISSUER_UNKNOWN", "ALGORITHM_MISMATCH", "KEY_PURPOSE", "KEY_NOT_VALID", "PASS_SIGNATURE"]
        nearest = 0
        for entry in self.keys:
            if entry.kid != kid:
                continue
            if entry.alg != alg or entry.key is None:
                miss = 1
            elif entry.purpose != purpose:
                miss = 2
            elif not entry.valid(now):
                miss = 3
            elif sign1.signed_by(entry.key):
                return entry
            else:
                miss = 4
            nearest = max(nearest, miss)
        raise Refused(misses[nearest])

    def signed(self, document: Document, purpose: int, now: int) -> bool:
        try:
            self.signer(document.sign1, document.kid, document.alg, purpose, now)
        except Refused:
            return False
        return True


def read_trusted_key(reader: Reader) -> Key:
    fields = reader.map()
    fields.must(1)
    kid = reader.byte_string(8)
    fields.must(2)
    alg = reader.sint()
    fields.must(3)
    key = None
    if alg == ES256:
        key = load_key(*read_cose_key(reader))
        off_curve = key is None
    else:
        reader.skip()
        off_curve = False
    fields.must(4)
    purpose = reader.uint()
    fields.must(5)
    start = reader.uint()
    fields.must(6)
    end = reader.uint()
    prefix = None
    label = fields.key()
    if label == 7:
        prefix = reader.text()
    elif label is not None:
        raise Refused("MALFORMED")
    fields.end()
    if (prefix is not None) != (purpose == PASS) or len((prefix or "").encode()) > 200:
        raise Refused("MALFORMED")
    if off_curve or (key is not None and key_id(key) != kid):
        raise Refused("MALFORMED")
    return Key(kid, alg, key, purpose, start, end, prefix)


def read_versioned(payload: bytes, claim: int, most: int, read_item) -> tuple[int, int, int, list]:
    """The claims that the trust list and the scene policies share: exp, iat, and a version with a list."""
    reader = Reader(payload)
    claims = reader.map()
    claims.must(4)
    exp = reader.uint()
    claims.must(6)
    iat = reader.uint()
    claims.must(claim)
    own = reader.map()
    own.must(1)
    version = reader.uint()
    own.must(2)
    items = [read_item(reader) for _ in range(reader.array(most))]
    own.end()
    claims.end()
    reader.finish()
    return version, iat, exp, items


def load_trust_list(data: bytes, root: ec.EllipticCurvePublicKey, held_version: int = 0) -> TrustList:
    document = in_family("TRUST", lambda: read_document(data, "application/szid-trust+cwt", 65_536))
    if document.alg != ES256 or document.kid != key_id(root) or not document.sign1.signed_by(root):
        raise Refused("TRUST_SIGNATURE")
    trust = in_family(
        "TRUST",
        lambda: TrustList(*read_versioned(document.sign1.payload, -65_539, 256, read_trusted_key)),
    )
    if trust.version < held_version:
        raise Refused("TRUST_ROLLBACK")
    return trust


@dataclass(frozen=True)
class Scene:
    id: int = 0
    min_level: int = 1
    offline: bool = True
    trust_max_age: int = UNLIMITED
    status_max_age: int = UNLIMITED
    gate: bool = False
    challenge: bool = False


ANY_SCENE = Scene()


def read_scene(reader: Reader) -> Scene:
    fields = reader.map()
    values = {}

    def at(label, read):
        fields.must(label)
        values[label] = read()

    at(1, lambda: reader.uint(0xFFFF))
    at(2, reader.text)
    at(3, reader.text)
    at(4, lambda: reader.uint(0xFF))
    for label in (5, 6):
        at(label, lambda: [reader.uint(0xFFFF) for _ in range(reader.array(32))])
    at(7, lambda: reader.uint(2))
    at(8, lambda: reader.uint(UNLIMITED))
    at(9, reader.boolean)
    at(10, lambda: reader.uint(UNLIMITED))
    at(11, lambda: reader.uint(UNLIMITED))
    at(12, lambda: reader.uint(2))
    at(13, reader.boolean)
    at(14, lambda: reader.uint(UNLIMITED))
    at(15, lambda: reader.uint(3))
    at(16, reader.boolean)
    fields.end()
    names_fit = all(1 <= len(values[label].encode()) <= 96 for label in (2, 3))
    if values[1] == 0 or not 1 <= values[4] <= 4 or values[12] == 0 or values[15] == 0 or not names_fit:
        raise Refused("MALFORMED")
    return Scene(values[1], values[4], values[9], values[10], values[11], values[12] == 1, values[13])


def load_scenes(data: bytes, trust: TrustList, now: int, held_version: int = 0) -> dict[int, Scene]:
    document = in_family("SCENES", lambda: read_document(data, "application/szid-scenes+cwt", 65_536))
    if not trust.signed(document, SCENES, now):
        raise Refused("SCENES_SIGNATURE")

    def read():
        version, _, exp, scenes = read_versioned(document.sign1.payload, -65_540, 256, read_scene)
        by_id = {scene.id: scene for scene in scenes}
        if len(by_id) != len(scenes):
            raise Refused("MALFORMED")
        return version, exp, by_id

    version, exp, by_id = in_family("SCENES", read)
    if exp <= now:
        raise Refused("SCENES_EXPIRED")
    if version < held_version:
        raise Refused("SCENES_ROLLBACK")
    return by_id


@dataclass
class VenueCode:
    venue: str
    device: str
    scene: int
    exp: int
    iat: int
    nonce: bytes | None


def read_venue_code(text: str, trust: TrustList, now: int) -> VenueCode:
    """docs/protocol/venue-codes.md, section 1. Refused with MALFORMED, SIGNATURE or EXPIRED."""

    def read(document: Document) -> VenueCode:
        reader = Reader(document.sign1.payload)
        claims = reader.map()
        claims.must(4)
        exp = reader.uint()
        claims.must(6)
        iat = reader.uint()
        nonce = None
        key = claims.key()
        if key == 10:
            nonce = reader.byte_string(16)
            key = claims.key()
        if key != -65542:
            raise Refused("MALFORMED")
        own = reader.map()
        own.must(1)
        venue = reader.text()
        own.must(2)
        device = reader.text()
        own.must(3)
        scene = reader.uint(0xFFFF)
        own.end()
        claims.end()
        reader.finish()
        if not (0 < len(venue.encode()) <= 22 and 0 < len(device.encode()) <= 64 and scene):
            raise Refused("MALFORMED")
        return VenueCode(venue, device, scene, exp, iat, nonce)

    try:
        document = read_document(decode_digits(text, "0"), "application/szid-venue+cwt", 420)
    except Refused:
        raise Refused("MALFORMED") from None
    if not trust.signed(document, 6, now):
        raise Refused("SIGNATURE")
    try:
        code = read(document)
    except Refused:
        raise Refused("MALFORMED") from None
    if code.exp <= now:
        raise Refused("EXPIRED")
    return code


@dataclass
class StatusList:
    uri: str
    iat: int
    exp: int
    bits: int
    statuses: bytes

    def status(self, position: int) -> int:
        bit = position * self.bits
        if bit // 8 >= len(self.statuses):
            raise Refused("STATUS_INDEX")
        return self.statuses[bit // 8] >> bit % 8 & (1 << self.bits) - 1


def read_status_list(payload: bytes) -> StatusList:
    reader = Reader(payload)
    claims = reader.map()
    claims.must(2)
    uri = reader.text()
    claims.must(4)
    exp = reader.uint()
    claims.must(6)
    iat = reader.uint()
    claims.must(65_533)
    packed = reader.map()
    packed.must("lst")
    compressed = reader.byte_string()
    packed.must("bits")
    bits = reader.uint()
    packed.end()
    claims.must(65_534)
    reader.uint()
    claims.end()
    reader.finish()
    if bits not in (1, 2, 4, 8) or not 1 <= len(uri.encode()) <= 240:
        raise Refused("MALFORMED")
    inflater = zlib.decompressobj()
    most = 2**20 * bits // 8
    try:
        statuses = inflater.decompress(compressed, most + 1)
    except zlib.error:
        raise Refused("MALFORMED") from None
    if len(statuses) > most or not inflater.eof or inflater.unused_data:
        raise Refused("MALFORMED")
    return StatusList(uri, iat, exp, bits, statuses)


def load_status_list(data: bytes, trust: TrustList, now: int) -> StatusList:
    document = in_family(
        "STATUS", lambda: read_document(data, "application/statuslist+cwt", 2**20 + 4096)
    )
    if not trust.signed(document, STATUS, now):
        raise Refused("STATUS_SIGNATURE")
    return in_family("STATUS", lambda: read_status_list(document.sign1.payload))


# ---- pass and code ---------------------------------------------------------------------------------------------------


@dataclass
class Pass:
    sign1: Sign1
    kid: bytes
    exp: int
    x: bytes
    odd: bool
    name: str | None
    identity_level: int
    key_protection: int
    status_index: int
    concessions: int


@dataclass
class Code:
    sign1: Sign1
    day_pass: Pass
    iat: int
    challenge: tuple[str, bytes] | None
    tier: int
    scene: int


def read_pass(data: bytes) -> Pass:
    if len(data) > 256:
        raise Refused("MALFORMED")
    reader = Reader(data)
    sign1 = Sign1.read(reader)
    reader.finish()
    header = Reader(sign1.protected)
    fields = header.map()
    fields.must(1)
    alg = header.sint()
    fields.must(4)
    kid = header.byte_string(8)
    fields.end()
    header.finish()
    if alg != ES256:
        raise Refused("ALGORITHM_UNKNOWN")

    reader = Reader(sign1.payload)
    claims = reader.map()
    claims.must(4)
    exp = reader.uint()
    claims.must(8)
    cnf = reader.map()
    cnf.must(1)
    x, odd = read_cose_key(reader)
    cnf.end()
    name = None
    label = claims.key()
    if label == 169:
        identity = reader.map()
        identity.must(4)
        name = reader.text()
        identity.end()
        label = claims.key()
    if label != -65_537:
        raise Refused("MALFORMED")
    own = reader.map()
    own.must(1)
    if reader.uint() != 1:
        raise Refused("PROFILE_UNKNOWN")
    values = []
    for label in (2, 3, 4):
        own.must(label)
        values.append(reader.uint())
    concessions = 0
    label = own.key()
    if label == 5:
        concessions = reader.uint()
    elif label is not None:
        raise Refused("MALFORMED")
    own.end()
    claims.end()
    reader.finish()
    return Pass(sign1, kid, exp, x, odd, name, *values, concessions)


def read_code(data: bytes) -> Code:
    reader = Reader(data)
    sign1 = Sign1.read(reader)
    reader.finish()
    header = Reader(sign1.protected)
    fields = header.map()
    fields.must(1)
    alg = header.sint()
    fields.must(13)
    start = header.at
    Sign1.read(header)
    embedded = sign1.protected[start : header.at]
    fields.end()
    header.finish()
    if alg != ES256:
        raise Refused("ALGORITHM_UNKNOWN")
    day_pass = read_pass(embedded)

    reader = Reader(sign1.payload)
    claims = reader.map()
    label = claims.key()
    audience = challenge = None
    if label == 3:
        audience = reader.text()
        label = claims.key()
    if label != 6:
        raise Refused("MALFORMED")
    iat = reader.uint()
    if audience is not None:
        claims.must(10)
        challenge = (audience, reader.byte_string())
    claims.must(-65_538)
    own = reader.map()
    own.must(1)
    tier = reader.uint()
    own.must(2)
    scene = reader.uint()
    own.end()
    claims.end()
    reader.finish()
    return Code(sign1, day_pass, iat, challenge, tier, scene)


# ---- verification ----------------------------------------------------------------------------------------------------


@dataclass
class Question:
    code: str
    now: int
    trust: TrustList
    status: list[StatusList]
    scene: Scene = ANY_SCENE
    challenge: tuple[str, bytes] | None = None
    newest_signed_time: int = 0
    online: bool = False
    operator: str = ""
    # Asked with the replay key, the operator and the time: who used the key before, or None for a first use.
    used_by: object = None
    level: int | None = field(default=None, init=False)


def check_trust(question: Question) -> None:
    trust, now = question.trust, question.now
    if now + MAX_AHEAD < max(question.newest_signed_time, trust.iat):
        raise Refused("VERIFIER_CLOCK_BEHIND")
    if trust.exp <= now:
        raise Refused("TRUST_EXPIRED")
    if not question.online and now - trust.iat > question.scene.trust_max_age:
        raise Refused("TRUST_TOO_OLD")


def check_pass(day_pass: Pass, question: Question) -> tuple[Key, ec.EllipticCurvePublicKey]:
    signer = question.trust.signer(day_pass.sign1, day_pass.kid, ES256, PASS, question.now)
    in_range = (
        (day_pass.exp + 28_800) % DAY == 0
        and 1 <= day_pass.identity_level <= 4
        and 1 <= day_pass.key_protection <= 4
        and day_pass.status_index < 2**32
        and day_pass.concessions < 2**16
        and (day_pass.name is None or 1 <= len(day_pass.name.encode()) <= 24)
    )
    if not in_range:
        raise Refused("PASS_CLAIMS")
    device_key = load_key(day_pass.x, day_pass.odd)
    if device_key is None:
        raise Refused("DEVICE_KEY")
    if question.now < day_pass.exp - DAY - MAX_AHEAD:
        raise Refused("PASS_NOT_YET_VALID")
    if question.now >= day_pass.exp + MAX_AGE:
        raise Refused("PASS_EXPIRED")
    return signer, device_key


def check_code(code: Code, device_key: ec.EllipticCurvePublicKey, question: Question) -> None:
    if not code.sign1.signed_by(device_key):
        raise Refused("CODE_SIGNATURE")
    if not 1 <= code.tier <= 3 or code.scene > 0xFFFF:
        raise Refused("CODE_CLAIMS")
    if code.challenge is not None:
        audience, nonce = code.challenge
        if not 1 <= len(audience.encode()) <= 22 or not 8 <= len(nonce) <= 16:
            raise Refused("CODE_CLAIMS")
    age = question.now - code.iat
    if age < -MAX_AHEAD:
        raise Refused("CLOCK_AHEAD")
    if age > MAX_AGE:
        raise Refused("CODE_EXPIRED")


def check_challenge(code: Code, question: Question) -> None:
    if code.challenge is not None:
        if code.challenge != question.challenge:
            raise Refused("CHALLENGE_MISMATCH")
    elif question.challenge is not None or question.scene.challenge:
        raise Refused("CHALLENGE_MISSING")


def check_scene(code: Code, question: Question) -> None:
    day_pass, scene = code.day_pass, question.scene
    question.level = min(day_pass.identity_level, day_pass.key_protection + 1, code.tier + 1)
    if code.scene not in (0, scene.id):
        raise Refused("SCENE_MISMATCH")
    if not question.online and not scene.offline:
        raise Refused("OFFLINE_NOT_ALLOWED")
    if question.level < scene.min_level:
        raise Refused("LEVEL_TOO_LOW")


def check_status(day_pass: Pass, signer: Key, question: Question) -> None:
    number, position = divmod(day_pass.status_index, 2**20)
    uri = f"{signer.prefix}{day_pass.exp}/{number}"
    if not question.status:
        raise Refused("STATUS_MISSING")
    own = [found for found in question.status if found.uri == uri]
    if not own:
        raise Refused("STATUS_FOREIGN")
    newest = max(own, key=lambda found: found.iat)
    status = newest.status(position)
    if question.now + MAX_AHEAD < newest.iat:
        raise Refused("VERIFIER_CLOCK_BEHIND")
    if status == 2:
        raise Refused("FROZEN")
    if status != 0:
        raise Refused("REVOKED")
    too_old = question.now - newest.iat > question.scene.status_max_age
    if newest.exp <= question.now or (not question.online and too_old):
        raise Refused("STATUS_TOO_OLD")


def check_replay(code: Code, question: Question) -> str:
    if question.used_by is None:
        return "OK"
    replay_key = (hashlib.sha256(code.day_pass.x).digest()[:16], code.iat)
    before = question.used_by(replay_key, question.operator, question.now)
    if before is None:
        return "OK"
    if before == question.operator and not question.scene.gate:
        return "OK_AGAIN"
    raise Refused("REPLAY")


def verify(question: Question) -> str:
    """The reason that comes with acceptance; every other one is raised as `Refused`."""
    code = read_code(decode_digits(question.code))
    check_trust(question)
    signer, device_key = check_pass(code.day_pass, question)
    check_code(code, device_key, question)
    check_challenge(code, question)
    check_scene(code, question)
    check_status(code.day_pass, signer, question)
    return check_replay(code, question)


# ---- command line ----------------------------------------------------------------------------------------------------

FULL_WIDTH = {ord("０") + digit: ord("0") + digit for digit in range(10)}


def scanned(text: str) -> str:
    """What a scanner typed, without what it added."""
    return text.strip(" \t\r\n").translate(FULL_WIDTH)


def load_root(data: bytes) -> ec.EllipticCurvePublicKey:
    root = serialization.load_der_public_key(data)
    if not isinstance(root, ec.EllipticCurvePublicKey) or root.curve.name != "secp256r1":
        raise ValueError("the root key is no P-256 key")
    return root


def judge(arguments: argparse.Namespace) -> dict:
    now = int(time.time()) if arguments.at is None else arguments.at
    try:
        trust = load_trust_list(arguments.trust.read_bytes(), load_root(arguments.root.read_bytes()))
        scene = ANY_SCENE
        if arguments.scenes is not None:
            scene = load_scenes(arguments.scenes.read_bytes(), trust, now).get(arguments.scene)
            if scene is None:
                raise Refused("SCENE_UNKNOWN")
        status = [load_status_list(path.read_bytes(), trust, now) for path in arguments.status]
        question = Question(scanned(arguments.code), now, trust, status, scene)
        return {"decision": "accept", "reason": verify(question), "level": question.level}
    except Refused as refused:
        return {"decision": "refuse", "reason": refused.reason}


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify one citizen code offline.")
    parser.add_argument("--root", type=Path, required=True, help="root key, DER SubjectPublicKeyInfo")
    parser.add_argument("--trust", type=Path, required=True, help="trust list")
    parser.add_argument("--status", type=Path, required=True, action="append", help="status list; may be repeated")
    parser.add_argument("--scenes", type=Path, help="scene policies")
    parser.add_argument("--scene", type=int, help="number of the scene")
    parser.add_argument("--at", type=int, help="time to verify at, Unix seconds; now if absent")
    parser.add_argument("code", help="the scanned digits, or - to read them from standard input")
    arguments = parser.parse_args()
    if (arguments.scenes is None) != (arguments.scene is None):
        parser.error("--scenes and --scene go together")
    if arguments.code == "-":
        arguments.code = sys.stdin.read()
    try:
        verdict = judge(arguments)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(json.dumps(verdict))
    return 0 if verdict["decision"] == "accept" else 1


if __name__ == "__main__":
    sys.exit(main())
