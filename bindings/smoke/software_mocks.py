"""Mocks of a phone's key store: keys in this process's memory. They protect nothing."""

import os
import threading

import szid
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class SoftwareMockDeviceKeys(szid.DeviceKeys):
    """P-256 keys by handle. `fail_with` is raised instead of signing."""

    def __init__(self):
        self.keys = {}
        self.fail_with = None
        self.give_der = False
        self.holder_present_seen = set()
        self.lock = threading.Lock()

    def create(self, handle, holder_present):
        with self.lock:
            self.holder_present_seen.add(holder_present)
            if handle not in self.keys:
                self.keys[handle] = ec.generate_private_key(ec.SECP256R1())
        return self.public_key(handle)

    def public_key(self, handle):
        return self._find(handle).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, handle, message):
        if self.fail_with is not None:
            raise self.fail_with
        der = self._find(handle).sign(message, ec.ECDSA(hashes.SHA256()))
        if self.give_der:
            return der
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def delete(self, handle):
        with self.lock:
            self.keys.pop(handle, None)

    def _find(self, handle):
        with self.lock:
            if handle not in self.keys:
                raise szid.KeyPortError.Missing()
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

    def destroy(self):
        self.cipher = None

    def _cipher(self):
        if self.cipher is None:
            raise szid.SealingPortError.Lost()
        return self.cipher
