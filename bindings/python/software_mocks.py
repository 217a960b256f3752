"""Mocks of a phone's key store: keys in this process's memory. They protect nothing."""

import base64
import json
import os
import threading
import time

import szid
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)


def plain_signature(der):
    r, s = utils.decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class SoftwareMockKeyAttester(szid.KeyAttester):
    """Says of any key that it lies in a secure element, as OpenID4VCI 1.0 writes it (appendix D), without looking."""

    def __init__(self, pem):
        self.key = load_pem_private_key(pem.encode(), None)
        self.asked = []

    def attest(self, keys, nonce):
        self.asked.append([key.handle for key in keys])
        now = int(time.time())
        header = {"typ": "key-attestation+jwt", "alg": "ES256", "kid": "mock-attester"}
        claims = {"iat": now, "exp": now + 300, "nonce": nonce, "key_storage": ["iso_18045_moderate"],
                  "attested_keys": [self._jwk(key.public_key) for key in keys]}
        message = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = plain_signature(self.key.sign(message.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{message}.{base64url(signature)}"

    @staticmethod
    def _jwk(spki):
        numbers = load_der_public_key(spki).public_numbers()
        x, y = (base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


class SoftwareMockDeviceKeys(szid.DeviceKeys):
    """P-256 keys by handle. `fail_with` is raised instead of signing."""

    def __init__(self):
        self.keys = {}
        self.fail_with = None
        self.give_der = False
        self.signatures = 0
        self.policies = {}
        self.lock = threading.Lock()

    def create(self, handle, policy):
        with self.lock:
            self.policies[handle] = policy
            if handle not in self.keys:
                self.keys[handle] = ec.generate_private_key(ec.SECP256R1())
        return self.public_key(handle)

    def public_key(self, handle):
        return self._find(handle).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, handle, message):
        if self.fail_with is not None:
            raise self.fail_with
        self.signatures += 1
        der = self._find(handle).sign(message, ec.ECDSA(hashes.SHA256()))
        return der if self.give_der else plain_signature(der)

    def delete(self, handle):
        with self.lock:
            self.keys.pop(handle, None)
        return True

    def _find(self, handle):
        with self.lock:
            if handle not in self.keys:
                raise szid.KeyPortError.Lost()
            return self.keys[handle]


class SoftwareMockSealingKey(szid.SealingKey):
    """AES-256-GCM, the nonce in front."""

    def __init__(self):
        self.cipher = AESGCM(AESGCM.generate_key(256))

    def wrap(self, plain):
        nonce = os.urandom(12)
        return nonce + self._cipher().encrypt(nonce, plain, None)

    def unwrap(self, wrapped):
        try:
            return self._cipher().decrypt(wrapped[:12], wrapped[12:], None)
        except (InvalidTag, ValueError):
            raise szid.SealingPortError.Rejected() from None

    def destroy_key(self):
        self.cipher = None
        return True

    def _cipher(self):
        if self.cipher is None:
            raise szid.SealingPortError.Lost()
        return self.cipher
