"""python-cwt and pycose, libraries that know nothing of citizen codes, verify every layer as plain COSE."""

import hashlib
import zlib

import cbor2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cwt import COSE, COSEKey
from pycose.keys import EC2Key
from pycose.keys.curves import P256
from pycose.messages import Sign1Message

from material import all_material


def point(cose_key: dict) -> ec.EllipticCurvePublicKey:
    """Neither library takes y as its sign bit, which RFC 9053 allows: they get the whole point."""
    compressed = bytes([2 + cose_key[-3]]) + cose_key[-2]
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), compressed)


def tagged(layer: bytes) -> bytes:
    return layer if layer[0] == 0xD2 else b"\xd2" + layer


def by_python_cwt(layer: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    kid = cbor2.loads(parts(layer)[0]).get(4)
    return COSE.new().decode(tagged(layer), COSEKey.from_pem(pem, kid=kid or "", alg="ES256"))


def by_pycose(layer: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    numbers = key.public_numbers()
    message = Sign1Message.decode(tagged(layer))
    message.key = EC2Key(crv=P256, x=numbers.x.to_bytes(32, "big"), y=numbers.y.to_bytes(32, "big"))
    if not message.verify_signature():
        raise ValueError("wrong signature")
    return message.payload


def parts(layer: bytes) -> list:
    value = cbor2.loads(layer)
    return value.value if isinstance(value, cbor2.CBORTag) else value


def embedded_pass(code: bytes) -> bytes:
    """The bytes of header 13, cut out as they stand."""
    protected = parts(code)[0]
    assert protected[:4] == bytes([0xA2, 0x01, 0x26, 0x0D])
    return protected[4:]


class City:
    def __init__(self, material, read):
        self.read = read
        root = serialization.load_der_public_key(material.root_spki)
        claims = cbor2.loads(read(material.trust_list, root))
        self.keys = {key[1]: point(key[3]) for key in claims[-65539][2]}

    def listed(self, layer: bytes) -> ec.EllipticCurvePublicKey:
        return self.keys[cbor2.loads(parts(layer)[0])[4]]

    def claims(self, layer: bytes, key=None) -> dict:
        return cbor2.loads(self.read(layer, key or self.listed(layer)))


@pytest.mark.parametrize("read", [by_python_cwt, by_pycose])
@pytest.mark.parametrize("material", all_material(), ids=lambda material: material.name)
class TestLayers:
    def test_key_ids_are_digests(self, material, read):
        for kid, key in City(material, read).keys.items():
            spki = key.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            assert kid == hashlib.sha256(spki).digest()[:8]

    def test_pass_and_code(self, material, read):
        city = City(material, read)
        day_pass = embedded_pass(material.code)
        claims = city.claims(day_pass)
        assert claims[-65537][1] == 1
        device_key = point(claims[8][1])
        code = city.claims(material.code, device_key)
        assert claims[4] - 86_400 - 30 <= code[6] < claims[4] + 60
        with pytest.raises(Exception):
            city.claims(material.code, city.listed(day_pass))

    def test_status_list(self, material, read):
        claims = City(material, read).claims(material.status_list)
        status_list = claims[65533]
        assert claims[2].rsplit("/", 2)[1].isdigit()
        assert len(zlib.decompress(status_list["lst"])) == 2**20 * status_list["bits"] // 8

    def test_a_flipped_bit_is_found(self, material, read):
        flipped = bytearray(material.status_list)
        flipped[-1] ^= 1
        with pytest.raises(Exception):
            City(material, read).claims(bytes(flipped))
