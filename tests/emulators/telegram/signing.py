"""Signing in and out: phone, code, password, and what one data centre tells another (core.telegram.org/api/auth)."""

from __future__ import annotations

import inspect
import re

from telethon import password as passwords
from telethon.tl import types

from tests.emulators.telegram.crypto import PasswordCheck
from tests.emulators.telegram.files import HOME
from tests.emulators.telegram.wire import Refused


def get_config(ask):
    """Tell where the data centres are."""
    numbers = inspect.signature(types.Config.__init__).parameters.values()
    given = {one.name: 0 for one in numbers if one.default is one.empty and one.name != "self"}
    now = ask.world.now()
    options = [
        types.DcOption(dc, "127.0.0.1", port, this_port_only=True, static=True) for dc, port in ask.world.ports.items()
    ]
    given |= {"date": now, "expires": now, "test_mode": False, "this_dc": ask.dc, "dc_options": options}
    return types.Config(**given | {"dc_txt_domain_name": "", "me_url_prefix": "https://t.me/"})


def send_code(ask):
    """Send a code to a phone."""
    request = ask.request
    if (request.api_id, request.api_hash) != (ask.world.api_id, ask.world.api_hash):
        raise Refused(400, "API_ID_INVALID")
    if not re.fullmatch(r"\+?\d{7,15}", request.phone_number):
        raise Refused(400, "PHONE_NUMBER_INVALID")
    return _sent(ask, request.phone_number)


def resend_code(ask):
    """Send it again."""
    _phone(ask)
    return _sent(ask, ask.request.phone_number)


def _sent(ask, phone):
    hashed = f"code-hash-{ask.world.number()}"
    ask.world.codes[hashed] = digits(phone)
    return types.auth.SentCode(types.auth.SentCodeTypeApp(5), hashed)


def _phone(ask) -> str:
    """Return the phone that a code was sent to; raises Refused when it was not, or long ago."""
    phone = ask.world.codes.get(ask.request.phone_code_hash)
    if phone is None or phone != digits(ask.request.phone_number):
        raise Refused(400, "PHONE_CODE_EXPIRED")
    return phone


def sign_in(ask):
    """Take a code."""
    phone = _phone(ask)
    if not ask.request.phone_code:
        raise Refused(400, "PHONE_CODE_EMPTY")
    account = next((one for one in ask.world.accounts if digits(one.phone) == phone), None)
    if account is None:
        return types.auth.AuthorizationSignUpRequired()
    if ask.request.phone_code != account.code:
        raise Refused(400, "PHONE_CODE_INVALID")
    if account.password:
        ask.key.awaiting = account
        raise Refused(401, "SESSION_PASSWORD_NEEDED")
    return _authorize(ask, account)


def _authorize(ask, account):
    ask.key.account, ask.key.awaiting, ask.key.check = account, None, None
    return types.auth.Authorization(account.seen_by(account))


def get_password(ask):
    """Ask for proof of the password."""
    account = ask.key.awaiting or ask.account
    unknown = (types.PasswordKdfAlgoUnknown(), types.SecurePasswordKdfAlgoUnknown(), b"")
    if not account.password:
        return types.account.Password(*unknown)
    algorithm = PasswordCheck.algorithm()
    verifier = int.from_bytes(passwords.compute_digest(algorithm, account.password), "big")
    ask.key.check = PasswordCheck(verifier, ask.world.number())
    return types.account.Password(
        *unknown,
        has_password=True,
        current_algo=algorithm,
        srp_B=ask.key.check.challenge,
        srp_id=ask.key.check.id,
    )


def check_password(ask):
    """Take the proof."""
    check, account = ask.key.check, ask.key.awaiting
    if account is None:
        raise Refused(401, "AUTH_KEY_UNREGISTERED")
    if not isinstance(ask.request.password, types.InputCheckPasswordSRP) or check is None:
        raise Refused(400, "PASSWORD_HASH_INVALID")
    if ask.request.password.srp_id != check.id:
        raise Refused(400, "SRP_ID_INVALID")
    if not check.fits(ask.request.password):
        raise Refused(400, "PASSWORD_HASH_INVALID")
    return _authorize(ask, account)


def log_out(ask):
    """Forget who this key belongs to."""
    ask.account  # noqa: B018 - refuses who is not signed in
    ask.key.account = None
    return types.auth.LoggedOut()


def export_authorization(ask):
    """Give a note for another data centre."""
    account = ask.account
    if ask.request.dc_id == ask.dc or ask.request.dc_id not in ask.world.ports:
        raise Refused(400, "DC_ID_INVALID")
    note = f"note {ask.world.number()}".encode()
    ask.world.notes[note] = account
    return types.auth.ExportedAuthorization(account.id, note)


def import_authorization(ask):
    """Take such a note, once."""
    account = ask.world.notes.pop(ask.request.bytes, None)
    if account is None or account.id != ask.request.id or ask.dc == HOME:
        raise Refused(400, "AUTH_BYTES_INVALID")
    ask.key.account = account
    return types.auth.Authorization(account.seen_by(account))


def digits(phone: str) -> str:
    """Return a phone's digits."""
    return re.sub(r"\D", "", phone)


HANDLERS = {
    "help.GetConfig": get_config,
    "auth.SendCode": send_code,
    "auth.ResendCode": resend_code,
    "auth.SignIn": sign_in,
    "auth.CheckPassword": check_password,
    "auth.LogOut": log_out,
    "auth.ExportAuthorization": export_authorization,
    "auth.ImportAuthorization": import_authorization,
    "account.GetPassword": get_password,
}
