"""Whether a key opens a bucket, for reading and for writing."""

from __future__ import annotations

import secrets
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing

TRIAL = ".syndicate-check"
"""What the object that is written and deleted again is called, before a random end."""
TIMEOUT = "20 seconds"


def standing(bucket: str, endpoint: str, region: str, key: tuple[str, str]) -> Standing:
    """Write a small object, read it and delete it; raises ConfigurationError, which repeats nothing of the key."""
    config: dict[str, Any] = {"region": region, "virtual_hosted_style_request": False}
    config |= {"access_key_id": key[0], "secret_access_key": key[1]} | ({"endpoint": endpoint} if endpoint else {})
    client: Any = {"allow_http": endpoint.startswith("http://"), "timeout": TIMEOUT}
    store = S3Store(bucket, config=config, client_options=client, retry_config={"max_retries": 1})  # type: ignore[arg-type]
    name, doing = f"{TRIAL}-{secrets.token_hex(8)}", "written to"
    try:
        obstore.put(store, name, b"may this key write here?", use_multipart=False)
        doing = "read"
        obstore.get(store, name).bytes()
        doing = "deleted from"
        obstore.delete(store, name)
    except FileNotFoundError as error:
        raise ConfigurationError(f"there is no bucket {bucket}: make it, or name another") from error
    except BaseError as error:
        raise ConfigurationError(_refused(error, bucket, doing)) from error
    return Standing(f"can read, write and delete in s3://{bucket}")


def _refused(error: BaseError, bucket: str, doing: str) -> str:
    """Say what the service refused; its own words may hold the key's id and are left out."""
    said = str(error)
    if any(sign in said for sign in ("InvalidAccessKeyId", "SignatureDoesNotMatch", "401")):
        return f"s3://{bucket} does not know the key: check its id, its secret, the endpoint and the region"
    if any(sign in said for sign in ("403", "AccessDenied", "PermissionDenied")):
        return f"s3://{bucket} cannot be {doing} with this key: give it s3:GetObject, s3:PutObject and s3:DeleteObject"
    return f"s3://{bucket} cannot be reached ({type(error).__name__}): check the endpoint and the net"
