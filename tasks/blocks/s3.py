"""S3: the key of a bucket, at AWS or at a service that speaks like it."""

from __future__ import annotations

from typing import Self

from pydantic import HttpUrl, SecretStr

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing
from tasks.blocks.credentials import Credentials, variable

KEY_ID, BUCKET = "SYNDICATE_S3_KEY_ID", "SYNDICATE_S3_BUCKET"
ENDPOINT, REGION = "SYNDICATE_S3_ENDPOINT", "SYNDICATE_S3_REGION"
SECRET = "SYNDICATE_S3_SECRET"  # noqa: S105 - the variable's name
FIRST_REGION = "us-east-1"


class S3Credentials(Credentials):
    """An access key of an S3-compatible service, and where that service is.

    Example:
        ```python
        from tasks.blocks import S3Credentials

        credentials = S3Credentials.load("BLOCK_NAME")
        print(credentials.check())
        ```
    """

    _block_type_name = "Syndicate S3 Credentials"
    _block_type_slug = "syndicate-s3"
    _documentation_url = HttpUrl("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html")
    service = "s3"

    key_id: str
    """The access key's id."""
    secret: SecretStr
    """The access key's secret."""
    endpoint: str = ""
    """The service's address, where it is not AWS; the key is sent nowhere else."""
    region: str = FIRST_REGION
    """The bucket's region."""
    bucket: str = ""
    """The bucket's name: the check writes a small object there, and deletes it."""

    @classmethod
    def from_environment(cls) -> Self | None:
        """Return what the SYNDICATE_S3_… variables hold; a secret alone goes with --key-id and is none of these."""
        key_id, secret = variable(KEY_ID), variable(SECRET)
        if not key_id:
            return None
        if not secret:
            raise ConfigurationError(f"{KEY_ID} is set and {SECRET} is not: set it, or name an S3 block")
        return cls(
            key_id=key_id,
            secret=SecretStr(secret),
            endpoint=variable(ENDPOINT),
            region=variable(REGION) or FIRST_REGION,
            bucket=variable(BUCKET),
        )

    @property
    def key(self) -> tuple[str, str]:
        """Id and secret, as the adapter takes them."""
        return self.key_id, self.secret.get_secret_value()

    def unasked(self) -> str:
        """Say that no bucket is named."""
        return "" if self.bucket else f"no bucket is named to be tried: fill in the block's bucket, or set {BUCKET}"

    def check(self) -> Standing:
        """Write, read and delete a small object; raises ConfigurationError where no bucket is named."""
        if reason := self.unasked():
            raise ConfigurationError(reason)
        try:
            from adapters.destinations.dzen.access import standing
        except ImportError as error:
            raise ConfigurationError("a bucket needs obstore: pip install -e '.[dzen,s3]'") from error
        return standing(self.bucket, self.endpoint, self.region, self.key)
