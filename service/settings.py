"""What an operator can set, from environment variables named `SUYUAN_*` (and `DATABASE_URL`)."""

from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Issuer(BaseModel):
    """An OpenID Connect issuer whose tokens are taken: `iss` and `aud` as they stand in them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    audience: str
    #: Where its keys are; empty: where its description says.
    jwks_uri: str = ""

    @field_validator("issuer", "jwks_uri")
    @classmethod
    def is_secure(cls, address: str) -> str:
        """Keys that anybody on the way could change are worth nothing."""
        parts = urlsplit(address)
        if address and parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("an https:// address (plain http only on this machine)")
        return address


class Settings(BaseSettings):
    """Each field is an environment variable: `public_url` is `SUYUAN_PUBLIC_URL`."""

    model_config = SettingsConfigDict(env_prefix="SUYUAN_", extra="ignore")

    database_url: str = Field(
        default="",
        validation_alias=AliasChoices("DATABASE_URL", "SUYUAN_DATABASE_URL"),
        description="PostgreSQL 15 or newer, `postgresql://…`; empty means the embedded one.",
    )
    database_owner_url: str = Field(
        default="",
        validation_alias=AliasChoices("DATABASE_OWNER_URL", "SUYUAN_DATABASE_OWNER_URL"),
        description="The same database, as the user who owns the tables; empty: that of `DATABASE_URL`.",
    )
    database_replica_url: str = Field(
        default="",
        validation_alias=AliasChoices("DATABASE_REPLICA_URL", "SUYUAN_DATABASE_REPLICA_URL"),
        description="A streaming standby of that PostgreSQL, for scans and traces; empty: none.",
    )
    replica_max_age_seconds: float = Field(
        default=2.0,
        gt=0,
        le=600,
        description="Age of its data beyond which the primary is asked.",
    )
    data_dir: Path = Field(
        default=Path(".suyuan"), description="Where the embedded PostgreSQL keeps its data."
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="Scheme and host that printed codes carry, without a trailing slash.",
    )
    operator_name: str = Field(
        default="Suyuan 溯源", description="Who runs this service, as the resolver's description says."
    )
    terms_url: str = Field(default="", description="Terms of use of the resolver, if there are any.")
    label_font: str = Field(
        default="",
        description="Font file (TTF, OTF, TTC) for Chinese words on label sheets; empty: one found here.",
    )
    oidc_issuers: list[Issuer] = Field(
        default_factory=list,
        description='OpenID Connect issuers: JSON, `[{"issuer": "https://…", "audience": "suyuan"}]`.',
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="Lines of the log: for a person, or JSON objects for a collector."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="From which level on something is logged."
    )
    processes: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes that serve, each with a pool of its own; one uses one core.",
    )
    pool_size: int = Field(default=10, ge=2, description="Database connections of one process.")
    requests_at_once: int = Field(
        default=48,
        ge=0,
        description="Requests of one process under way at once beside single events; 0: no bounds at all.",
    )
    requests_waiting: int = Field(
        default=128, ge=1, description="Requests of one kind that wait behind them; more are refused."
    )
    wait_seconds: float = Field(
        default=30.0, gt=0, le=600, description="How long one waits for its turn, or for a connection."
    )
    long_per_caller: int = Field(
        default=3, ge=1, description="Traces and downloads, and captured documents, of one caller at once."
    )
    uploads_at_once: int = Field(
        default=32, ge=1, description="Bodies over 64 KiB on their way in at once; a caller's: a quarter."
    )
    scans_per_address: int = Field(
        default=6_000, ge=0, description="Requests without a key from one address in a minute; 0: any number."
    )
    scans_per_code: int = Field(
        default=12_000,
        ge=0,
        description="Requests for one code in a minute, beside those that cost little; 0: any number.",
    )
    guesses_per_address: int = Field(
        default=60, ge=0, description="Wrong keys, links or invitations from one address in a minute; 0: any."
    )
    limit_private: bool = Field(
        default=False, description="Whether that holds for private and loopback addresses, too."
    )
    connections_at_once: int = Field(
        default=4_096, ge=16, description="Connections of clients to one process; more push out idle ones."
    )
    keep_alive_seconds: int = Field(
        default=5, ge=1, description="How long a connection may be idle between two requests."
    )
    head_seconds: float = Field(
        default=20.0, gt=0, description="How long the head of a request may take to come."
    )
    body_octets_per_second: int = Field(
        default=500, ge=1, description="How fast a body must come, once `head_seconds` are over."
    )
    leave_seconds: float = Field(
        default=2.0,
        ge=0,
        le=300,
        description="After SIGTERM: how long /readyz says 503 while requests are still taken.",
    )
    capture_max_events: int = Field(default=10_000, ge=1, description="Events in one captured document.")
    capture_max_bytes: int = Field(default=64 * 1024 * 1024, ge=1024, description="Octets of one document.")
    file_max_bytes: int = Field(default=20 * 1024 * 1024, ge=1024, description="Octets of one uploaded file.")
    import_max_bytes: int = Field(
        default=32 * 1024 * 1024, ge=1024, description="Octets of one uploaded spreadsheet."
    )
    import_kept_days: int = Field(
        default=90, ge=1, description="Days for which an upload keeps its file and its faults."
    )
    trace_max_holdings: int = Field(default=1_000_000, ge=1, description="Holdings in one trace's answer.")
    download_stall_seconds: float = Field(
        default=30.0, gt=0, description="How long a caller of a streamed answer may take nothing of it."
    )
    download_most_seconds: float = Field(
        default=1800.0, gt=0, description="How long one streamed answer may take in all."
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks, parted by commas, whose X-Forwarded-For and -Proto are believed.",
    )
    places_database: Path | None = Field(
        default=None, description="MMDB file that knows the city of an address; without it no place is known."
    )
    photo_max_bytes: int = Field(
        default=10 * 1024 * 1024, ge=1024, description="Octets of one photo of a complaint."
    )
    complaints_per_address: int = Field(
        default=10, ge=1, description="Complaints taken from one address in an hour."
    )
    complaints_per_code: int = Field(default=60, ge=1, description="Complaints taken of one code in an hour.")
    contact_kept_days: int = Field(
        default=180, ge=1, description="Days after closing for which a complaint keeps contact and photos."
    )
    contact_kept_at_most_days: int = Field(
        default=730, ge=1, description="Days after receipt when contact and photos go at the latest."
    )
    scans_kept_days: int = Field(
        default=400, ge=31, description="Days for which looks at codes are kept by day and city."
    )
    audit_kept_days: int = Field(
        default=1825, ge=180, description="Days for which it is kept on record who read whose trade."
    )
    suspect_looks: int = Field(default=30, ge=2, description="Looks at one unit's code before it is suspect.")
    suspect_cities: int = Field(
        default=5, ge=1, description="Cities for one unit's code within `suspect_days` before it is suspect."
    )
    suspect_days: int = Field(default=7, ge=1, le=31, description="See `suspect_cities`.")
    recall_profiles: Path | None = Field(
        default=None,
        description="TOML file of recall profiles that correct or add to those that come with the service.",
    )
    overdue_after_days: int = Field(
        default=14, ge=1, description="Days after which a shipment never received is listed as a gap."
    )
    workers: bool = Field(
        default=True, description="Whether this process delivers to subscribers; others on the database may."
    )
    project_in_part: bool = Field(
        default=True,
        description="Whether captures project of large batches only what new events bear on; workers project "
        "the whole soon after (decision 39).",
    )
    delivery_private: bool = Field(
        default=False,
        description="Whether subscribers and webhooks may be at private and loopback addresses; link-local "
        "ones and those where clouds keep their secrets never are.",
    )
    delivery_private_parties: bool = Field(
        default=False,
        description="Whether those of parties and authorities may be there, too.",
    )
    delivery_timeout_seconds: float = Field(
        default=30.0, gt=0, le=600, description="How long a subscriber may take over one delivery."
    )
    delivery_max_events: int = Field(default=1000, ge=1, le=10_000, description="Events in one delivery.")
    delivery_retry_seconds: float = Field(
        default=5.0, gt=0, description="The first wait after a delivery that failed; it doubles each time."
    )
    delivery_retry_most_seconds: float = Field(default=3600.0, gt=0, description="The longest such wait.")
    smtp_url: str = Field(
        default="",
        description="Mail server for notices: smtp://user:password@host:587 (STARTTLS where it is offered), "
        "smtps://host:465; empty: notices by e-mail wait until there is one.",
    )
    mail_from: str = Field(
        default="", description="Sender of notices: an address, or `Name <address>`; wanted with `smtp_url`."
    )
    notices_at_once: int = Field(
        default=4, ge=1, le=8, description="Notices that one process sends at once, so many connections."
    )
    notices_per_second: float = Field(
        default=50.0, gt=0, description="Notices that one process sends in a second at most."
    )
    answer_link_days: int = Field(
        default=90, ge=1, description="Days after the end of a case for which links in its notices open."
    )
    answers_per_address: int = Field(
        default=120,
        ge=1,
        description="Answers to notices, and wrong links, taken from an address in an hour.",
    )
    proof_max_bytes: int = Field(
        default=10 * 1024 * 1024, ge=1024, description="Octets of one file that comes with an answer."
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
