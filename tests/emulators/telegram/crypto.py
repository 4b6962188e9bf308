"""MTProto's cryptography, the server's side of it (core.telegram.org/mtproto/description, …/mtproto/auth_key)."""

from __future__ import annotations

import os
import struct
import time
from hashlib import sha1, sha256

import rsa
from telethon import helpers
from telethon.crypto import AES, AuthKey
from telethon.crypto import rsa as known_keys
from telethon.extensions import BinaryReader
from telethon.network.mtprotostate import MTProtoState
from telethon.tl import types

PRIME_BYTES = bytes.fromhex(
    "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f48198a0aa7c14058229493d22530f4db"
    "fa336f6e0ac925139543aed44cce7c3720fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64"
    "2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4a4a695811051907e162753b56b0f6b41"
    "0dba74d8a84b2a14b3144e0ef1284754fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4"
    "e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f0d8115f635b105ee2e4e15d04b2454bf"
    "6f4fadf034b10403119cd8e3b92fcc5b"
)
"""Telegram's own safe prime of 2048 bits, the only one its clients take without a long look."""
PRIME = int.from_bytes(PRIME_BYTES, "big")
GENERATOR = 3
EXPONENT = 65_537
PUBLIC = rsa.PublicKey(PRIME, EXPONENT)
PRIVATE_EXPONENT = pow(EXPONENT, -1, PRIME - 1)
"""With a prime for its modulus anybody can compute it: this key is to keep nothing secret."""
FACTORS = (99_999_989, 2_147_483_647)


def trust() -> None:
    """Let Telethon in this process believe that this server is Telegram."""
    known_keys.add_key(PUBLIC.save_pkcs1(), old=False)


class WrongKey(Exception):
    """What came is encrypted by a key that nobody knows, or broken."""


def encrypt(key: AuthKey, plain: bytes) -> bytes:
    """Encrypt what a server says."""
    plain += os.urandom(-(len(plain) + 12) % 16 + 12)
    mark = sha256(key.key[96:128] + plain).digest()[8:24]
    derived = MTProtoState._calc_key(key.key, mark, client=False)
    return struct.pack("<Q", key.key_id) + mark + AES.encrypt_ige(plain, *derived)


def decrypt(key: AuthKey, data: bytes) -> bytes:
    """Decrypt what a client says; raises WrongKey."""
    mark = data[8:24]
    plain = AES.decrypt_ige(data[24:], *MTProtoState._calc_key(key.key, mark, client=True))
    if sha256(key.key[88:120] + plain).digest()[8:24] != mark:
        raise WrongKey("the message does not fit its mark")
    return plain


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _mark(data: bytes) -> bytes:
    return sha1(data, usedforsecurity=False).digest()


class Handshake:
    """Agrees on a key with a client, over one connection."""

    def __init__(self):
        self.server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
        self.new_nonce = 0
        self.secret = _number(os.urandom(256))

    def answer(self, request) -> tuple[types.TLObject, AuthKey | None]:
        """Answer one step; the last one comes with the key."""
        return getattr(self, f"_{type(request).__name__}")(request)

    def _ReqPqMultiRequest(self, request):  # noqa: N802 - the request's name
        fingerprint = known_keys._compute_fingerprint(PUBLIC)
        pq = _bytes(FACTORS[0] * FACTORS[1])
        return types.ResPQ(request.nonce, self.server_nonce, pq, [fingerprint]), None

    def _ReqDHParamsRequest(self, request):  # noqa: N802 - the request's name
        opened = pow(_number(request.encrypted_data), PRIVATE_EXPONENT, PRIME).to_bytes(255, "big")
        inner = BinaryReader(opened[20:]).tgread_object()
        if _mark(bytes(inner)) != opened[:20] or (_number(inner.p), _number(inner.q)) != FACTORS:
            raise WrongKey("the client's part of the key exchange is wrong")
        self.new_nonce = inner.new_nonce
        ours = types.ServerDHInnerData(
            request.nonce,
            self.server_nonce,
            GENERATOR,
            PRIME_BYTES,
            _bytes(pow(GENERATOR, self.secret, PRIME)),
            int(time.time()),
        )
        plain = _mark(bytes(ours)) + bytes(ours)
        plain += os.urandom(-len(plain) % 16)
        sealed = AES.encrypt_ige(plain, *helpers.generate_key_data_from_nonce(self.server_nonce, self.new_nonce))
        return types.ServerDHParamsOk(request.nonce, self.server_nonce, sealed), None

    def _SetClientDHParamsRequest(self, request):  # noqa: N802 - the request's name
        opened = AES.decrypt_ige(
            request.encrypted_data, *helpers.generate_key_data_from_nonce(self.server_nonce, self.new_nonce)
        )
        inner = BinaryReader(opened[20:]).tgread_object()
        key = AuthKey(_bytes(pow(_number(inner.g_b), self.secret, PRIME)))
        if len(key.key) < 256:
            # Clients keep a key as 256 bytes, and one in two hundred would be shorter.
            refusal = key.calc_new_nonce_hash(self.new_nonce, 2)
            return types.DhGenRetry(request.nonce, self.server_nonce, refusal), None
        return types.DhGenOk(request.nonce, self.server_nonce, key.calc_new_nonce_hash(self.new_nonce, 1)), key


SALT_1, SALT_2 = b"the emulator's first salt", b"the emulator's second salt"


class PasswordCheck:
    """Checks a password that the server does not know, by SRP (core.telegram.org/api/srp)."""

    def __init__(self, verifier: int, number: int):
        self.verifier = verifier
        """g to the power of the password's hash."""
        self.id = number
        self.secret = _number(os.urandom(256))
        multiplier = _number(sha256(PRIME_BYTES + GENERATOR.to_bytes(256, "big")).digest())
        self.challenge = ((multiplier * verifier + pow(GENERATOR, self.secret, PRIME)) % PRIME).to_bytes(256, "big")

    @staticmethod
    def algorithm() -> types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow:
        """Say how a password is hashed."""
        kind = types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow
        return kind(SALT_1, SALT_2, GENERATOR, PRIME_BYTES)

    def fits(self, proof: types.InputCheckPasswordSRP) -> bool:
        """Say whether a client has proved that it knows the password."""
        scramble = _number(sha256(proof.A + self.challenge).digest())
        shared = pow(_number(proof.A) * pow(self.verifier, scramble, PRIME), self.secret, PRIME)
        key = sha256(shared.to_bytes(256, "big")).digest()
        hashes = (sha256(PRIME_BYTES).digest(), sha256(GENERATOR.to_bytes(256, "big")).digest())
        mixed = bytes(a ^ b for a, b in zip(*hashes, strict=True))
        salts = sha256(SALT_1).digest() + sha256(SALT_2).digest()
        return sha256(mixed + salts + proof.A + self.challenge + key).digest() == proof.M1
