"""An authenticator in software: makes ES256 keys and signs with them, as WebAuthn 6 and 7 lay it down."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ES256: Final = -7
USER_PRESENT, USER_VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def to_text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Key:
    """A credential as the authenticator keeps it."""

    rp_id: str
    user_handle: bytes
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    uses: int = 0

    def cose(self) -> bytes:
        """Encode the public key: key type EC2, algorithm, curve P-256, x, y (RFC 9053)."""
        point = self.private.public_key().public_numbers()
        x, y = (each.to_bytes(32, "big") for each in (point.x, point.y))
        return cbor2.dumps({1: 2, 3: ES256, -1: 1, -2: x, -3: y})


@dataclass
class Authenticator:
    """A phone or token, and the browser in front of it.

    Attributes
    ----------
    origin
        Where the browser's page is.
    verifies
        Whether it asks its user for a PIN or finger.
    attestation
        ``none``, or ``packed``: signed by the key itself.
    """

    origin: str = "https://reports.example.org"
    verifies: bool = True
    attestation: str = "packed"
    counts: bool = True
    keys: list[Key] = field(default_factory=list)

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.create``."""
        assert {"type": "public-key", "alg": ES256} in options["pubKeyCredParams"]
        excluded = {to_bytes(each["id"]) for each in options["excludeCredentials"]}
        if excluded & {key.id for key in self.keys}:
            raise LookupError("InvalidStateError: this authenticator has a passkey for it")
        key = Key(options["rp"]["id"], to_bytes(options["user"]["id"]))
        self.keys.append(key)
        attested = bytes(16) + len(key.id).to_bytes(2, "big") + key.id + key.cose()
        data = self._data(key, HAS_KEY) + attested
        client = self._client("webauthn.create", options["challenge"])
        signed = {"alg": ES256, "sig": self._sign(key, data, client)}
        statement = signed if self.attestation == "packed" else {}
        told = cbor2.dumps({"fmt": self.attestation, "attStmt": statement, "authData": data})
        return self._answer(key, {"clientDataJSON": to_text(client), "attestationObject": to_text(told)})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.get``."""
        allowed = {to_bytes(each["id"]) for each in options["allowCredentials"]}
        key = next(
            key
            for key in reversed(self.keys)
            if key.rp_id == options["rpId"] and (not allowed or key.id in allowed)
        )
        key.uses += self.counts
        data, client = self._data(key), self._client("webauthn.get", options["challenge"])
        return self._answer(
            key,
            {
                "clientDataJSON": to_text(client),
                "authenticatorData": to_text(data),
                "signature": to_text(self._sign(key, data, client)),
                "userHandle": to_text(key.user_handle),
            },
        )

    def _data(self, key: Key, flags: int = 0) -> bytes:
        flags |= USER_PRESENT | (USER_VERIFIED if self.verifies else 0)
        return hashlib.sha256(key.rp_id.encode()).digest() + bytes([flags]) + key.uses.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        client = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(client).encode()

    @staticmethod
    def _sign(key: Key, data: bytes, client: bytes) -> bytes:
        return key.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))

    @staticmethod
    def _answer(key: Key, response: dict[str, str]) -> dict[str, Any]:
        told = to_text(key.id)
        return {
            "id": told,
            "rawId": told,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
