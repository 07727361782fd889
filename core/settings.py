"""Settings: the only reader of the environment.

Every setting is `TREADLE_<NAME>`; some also have the usual aliases. An address that is not set is
looked up in the data folder, where a running `treadle up` writes it, so a command started in the
same folder finds its cluster by itself.

Long because each setting stands here with its bounds and the line that explains it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import (
    AliasChoices,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from treadle.core.embedded.folder import Cluster, find_cluster
from treadle.core.errors import TreadleError
from treadle.core.planner_offers import PlannerOffers
from treadle.core.secret_offers import SecretOffers, read_offers

PREFIX = "TREADLE_"

#: The folder where processes behind one metrics address count together; see `counts_folder`.
COUNTS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

#: All environment variables of a setting with aliases; the first one found is used.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "configured_database_url": ("TREADLE_DATABASE_URL", "DATABASE_URL"),
    "configured_redis_url": ("TREADLE_REDIS_URL", "REDIS_URL"),
    "openai_api_key": ("TREADLE_OPENAI_API_KEY", "OPENAI_API_KEY"),
    "openai_base_url": ("TREADLE_OPENAI_BASE_URL", "OPENAI_BASE_URL"),
    "anthropic_api_key": ("TREADLE_ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"),
    "anthropic_base_url": ("TREADLE_ANTHROPIC_BASE_URL", "ANTHROPIC_BASE_URL"),
}

#: Settings that are keys, and addresses that may have a password in them.
_KEYS = ("openai_api_key", "anthropic_api_key", "api_key")
_ADDRESSES = ("database_url", "redis_url")
#: Characters from which on a key or a password is one.
_KEY_CHARACTERS = 8

#: What holds where a setting is not given, if that is not nothing: for docs/settings.md.
UNSET: Mapping[str, str] = {
    "configured_database_url": "that of `treadle up` in this folder",
    "configured_redis_url": "that of `treadle up` in this folder",
    "openai_base_url": "OpenAI's",
    "anthropic_base_url": "Anthropic's",
    "planner_model": "by the key that is given",
}


class SettingsInvalid(TreadleError):
    """A setting has a value that cannot be used."""

    reason: ClassVar[str] = "settings_invalid"
    solution: ClassVar[str] = "Correct the environment variables named above."


class NoServers(TreadleError):
    """No address is set and no cluster runs in the data folder."""

    reason: ClassVar[str] = "no_servers"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = (
        "Run `treadle up` in this folder, or set TREADLE_DATABASE_URL and TREADLE_REDIS_URL."
    )


class Settings(BaseSettings):
    """What an operator may decide; names contain their units."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    # These two are what is given, if anything; code uses `database_url` and `redis_url`.
    configured_database_url: str | None = Field(
        None,
        validation_alias=AliasChoices(*ALIASES["configured_database_url"], "database_url"),
        repr=False,
    )
    """PostgreSQL's address."""
    configured_redis_url: str | None = Field(
        None,
        validation_alias=AliasChoices(*ALIASES["configured_redis_url"], "redis_url"),
        repr=False,
    )
    """Redis's or Valkey's address."""
    data_dir: Path = Path(".treadle")
    """Folder of the embedded servers' data, relative to the current one."""
    lease_seconds: float = Field(15.0, ge=1)
    """Silence after which a worker is considered dead and its nodes are reclaimed."""
    heartbeat_seconds: float = Field(3.0, gt=0)
    """Time between two heartbeats of a worker; at most a third of a lease."""
    queue_buffer_seconds: float = Field(0.5, gt=0)
    """How much work a dispatch queue holds in Redis, in seconds of work."""
    drain_grace_seconds: float = Field(20.0, ge=0)
    """Time a stopping worker gives its running attempts before it releases them."""
    retry_after_max_seconds: float = Field(3600.0, ge=0, le=86_400)
    """Longest delay that a `Retry-After` of a server can ask for; a longer one counts as this."""
    worker_threads: int = Field(24, ge=1, le=256)
    """Threads of one worker; they mostly wait for commits, which they share."""
    async_bound: int = Field(1000, ge=1)
    """Most attempts of the async lane in flight in one worker."""
    gateway_sessions: int = Field(16, ge=2, le=256)
    """Sessions to PostgreSQL of one gateway, beside the one that submits."""
    open_requests_per_second: float = Field(10.0, gt=0)
    """Answers by link a second that a gateway takes from one address; ten times that at once."""
    gateway_lame_duck_seconds: float = Field(5.0, ge=0, le=300)
    """Time that a gateway still takes requests after SIGTERM, with /health/ready already 503."""
    tasks: Annotated[tuple[str, ...], NoDecode] = ()
    """Modules with tasks that a worker without `--tasks` imports, with commas between."""
    retention_days: int = Field(30, ge=1)
    """Age after which a week without unfinished executions is dropped."""
    server: str | None = None
    """Address of a gateway that commands talk to, instead of this folder's cluster."""
    api_key: SecretStr | None = None
    """The API key of commands for that gateway."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Lowest level of Treadle's own logs: `DEBUG`, `INFO`, `WARNING` or `ERROR`."""
    allowed_private_addresses: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()
    """Private addresses or networks that workflows may call, with commas between."""
    offered_secrets: Annotated[SecretOffers, NoDecode] = SecretOffers({})
    """Who may use which secret and where it may go, as JSON: `{"NAME": {"owners": ["ada"],
    "hosts": ["shop.example"]}}`; see guides/secrets.md."""
    public_url: str = "http://127.0.0.1:8000"
    """Public address of the gateway, for the links in questions that are sent out."""
    openai_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices(*ALIASES["openai_api_key"], "openai_api_key")
    )
    """Key for OpenAI, or for the service at the address below."""
    openai_base_url: str | None = Field(
        None, validation_alias=AliasChoices(*ALIASES["openai_base_url"], "openai_base_url")
    )
    """Address of a service with OpenAI's API, such as `http://localhost:8080/v1`."""
    anthropic_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices(*ALIASES["anthropic_api_key"], "anthropic_api_key")
    )
    """Key for Anthropic."""
    anthropic_base_url: str | None = Field(
        None, validation_alias=AliasChoices(*ALIASES["anthropic_base_url"], "anthropic_base_url")
    )
    """Address of a service with Anthropic's API."""
    planner_model: str | None = None
    """The planner's model: `openai/MODEL`, `anthropic/MODEL`, `local/smollm2`; see planner.md."""
    planner_mode: Literal["auto", "json_schema", "tools", "json"] = "auto"
    """How the schema of a plan is enforced: `json_schema`, `tools`, `json`; `auto`: by provider."""
    planner_offers: Annotated[PlannerOffers, NoDecode] = PlannerOffers()
    """Tasks and models that plans may use and by whom, as JSON: `{"tasks": {"report": "*"},
    "models": {"gpt-5.5": ["ada"]}}`; see planner.md."""
    planner_rounds: int = Field(3, ge=1, le=10)
    """Most completions requested for one plan, the first one included."""
    planner_timeout_seconds: float = Field(120.0, gt=0, le=600)
    """Time limit of one completion."""
    planner_max_tokens: int = Field(8192, ge=256)
    """Most tokens of one completion."""

    @field_validator("allowed_private_addresses", "tasks", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("offered_secrets", "planner_offers", mode="before")
    @classmethod
    def _read_offers(cls, value: object) -> object:
        return read_offers(value) if isinstance(value, str) else value

    @field_validator("openai_api_key", "anthropic_api_key", "api_key", mode="after")
    @classmethod
    def _as_sent_in_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        if key is None:
            return None
        value = key.get_secret_value().strip()
        if not (value.isascii() and value.isprintable()):
            raise ValueError("the key holds control characters or letters beyond ASCII")
        return SecretStr(value) if value else None

    @field_validator("configured_database_url")
    @classmethod
    def _is_postgresqls(cls, value: str | None) -> str | None:
        if value is not None:
            from psycopg import ProgrammingError  # noqa: PLC0415 - it takes time to import
            from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - as above

            try:
                conninfo_to_dict(value)
            except ProgrammingError:
                raise ValueError("this is no address of PostgreSQL") from None
        return value

    @field_validator("configured_redis_url")
    @classmethod
    def _is_rediss(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("an address of Redis begins with redis://, rediss:// or unix://")
        return value

    @field_validator("server")
    @classmethod
    def _is_https(cls, value: str | None) -> str | None:
        if value is not None:
            split = urlsplit(value)
            if split.scheme not in ("http", "https") or not split.hostname or split.port == 0:
                raise ValueError("an address of a gateway is http://HOST:PORT or https://HOST")
        return value

    @field_validator("data_dir")
    @classmethod
    def _is_a_folder(cls, value: Path) -> Path:
        if value.exists() and not value.is_dir():
            raise ValueError("this is a file, not a folder")
        return value

    @model_validator(mode="after")
    def _beats_fit_into_a_lease(self) -> Self:
        if self.heartbeat_seconds * 3 > self.lease_seconds:
            raise ValueError("heartbeat_seconds must be at most a third of lease_seconds")
        return self

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """Read the environment, `overrides` first.

        Raises:
            SettingsInvalid: names each variable and what is wrong with it, never its value.
        """
        try:
            return cls(**overrides)
        except ValidationError as error:
            problems = {
                _variable(".".join(map(str, problem["loc"]))): problem["msg"]
                for problem in error.errors(include_url=False, include_input=False)
            }
            details = "; ".join(f"{name}: {message}" for name, message in problems.items())
            raise SettingsInvalid(f"Settings are invalid: {details}.", problems=problems) from error

    @cached_property
    def _cluster(self) -> Cluster | None:
        return find_cluster(self.data_dir)

    @property
    def database_url(self) -> str:
        """PostgreSQL's address.

        Raises:
            NoServers: none is set and no cluster runs in `data_dir`.
        """
        return self.configured_database_url or self._running().database_url

    @property
    def redis_url(self) -> str:
        """Redis's or Valkey's address.

        Raises:
            NoServers: none is set and no cluster runs in `data_dir`.
        """
        return self.configured_redis_url or self._running().redis_url

    def _running(self) -> Cluster:
        if self._cluster is None:
            raise NoServers(
                f"No server address is set and no cluster runs in {self.data_dir.absolute()}.",
                data_dir=str(self.data_dir.absolute()),
            )
        return self._cluster


def variables_read() -> dict[str, str]:
    """Return the environment variable that each configured setting was read from."""
    read = {}
    for setting in Settings.model_fields:
        for name in ALIASES.get(setting, (PREFIX + setting.upper(),)):
            if os.environ.get(name):
                read[setting.removeprefix("configured_")] = name
                break
    return read


def secrets_given() -> dict[str, str]:
    """Return the secrets for workflows, by name in capitals: `TREADLE_SECRET_<NAME>`.

    White space around a value, such as the line break at the end of a file, is no part of it.
    """
    prefix = PREFIX + "SECRET_"
    return {
        name.removeprefix(prefix).upper(): value.strip()
        for name, value in os.environ.items()
        if name.startswith(prefix)
    }


def hidden_values() -> tuple[str, ...]:
    """Return what this process was given that no log may show: secrets, keys, passwords.

    What is short is a word such as `none`, for a service that needs no key.
    """
    read = variables_read()
    keys = [os.environ[read[name]].strip() for name in _KEYS if name in read]
    addresses = [os.environ[read[name]] for name in _ADDRESSES if name in read]
    keys += [unquote(word) for word in map(_password, addresses) if word]
    return (*secrets_given().values(), *(key for key in keys if len(key) >= _KEY_CHARACTERS))


def _password(address: str) -> str | None:
    try:
        return urlsplit(address).password
    except ValueError:  # no address, which the settings refuse
        return None


def counts_folder() -> Path | None:
    """Return the folder where several processes count together, if this is one of them.

    The variable belongs to the Prometheus client, which reads it too.
    """
    folder = os.environ.get(COUNTS_FOLDER)
    return Path(folder) if folder else None


def is_read_by_treadle(name: str) -> bool:
    """Return whether an environment variable is a setting or a secret of Treadle."""
    return name.startswith(PREFIX) or any(name in names for names in ALIASES.values())


def child_environment(**variables: str) -> dict[str, str]:
    """Return this process's environment with `variables` added, for a child process."""
    return {**os.environ, **variables}


def _variable(location: str) -> str:
    """Return the environment variable behind a validation error's location."""
    if not location:
        return "settings"
    name, dot, inside = location.partition(".")
    return (name if name.isupper() else PREFIX + name.upper()) + dot + inside
