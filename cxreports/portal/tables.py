"""The rows of the portal's database.

A change here needs a migration beside it (``migrations/versions``); a test holds the two together.
"""

import unicodedata
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Enum, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from cxreports.portal.columns import Instant, Money


def email_key(address: str) -> str:
    """Fold an e-mail address: one that is written otherwise is the same person's."""
    return unicodedata.normalize("NFC", address.strip()).lower()


class Role(StrEnum):
    """What a user is."""

    OPERATOR = "operator"
    CUSTOMER = "customer"


class Purpose(StrEnum):
    """What a mailed or texted code or link is good for."""

    EMAIL = "email"
    MOBILE = "mobile"
    RESET = "reset"
    INVITATION = "invitation"


class Stage(StrEnum):
    """How far a session has come."""

    SECOND_FACTOR = "second_factor"
    FULL = "full"


class PaymentStatus(StrEnum):
    """What became of a payment; only completed ones count in a balance."""

    PENDING = "pending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class PaymentKind(StrEnum):
    """Where an entry of the ledger comes from."""

    PAYMENT = "payment"
    ADJUSTMENT = "adjustment"


def _word(kind: type[StrEnum]) -> Enum:
    """Keep a member as its text, and give the member back."""
    return Enum(
        kind,
        values_callable=lambda members: [each.value for each in members],
        native_enum=False,
        create_constraint=False,
        length=16,
    )


class Row(DeclarativeBase):
    """Base of the rows."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        Decimal: Money,
        dict[str, Any]: JSON,
        str: Text,
        Role: _word(Role),
        Purpose: _word(Purpose),
        Stage: _word(Stage),
        PaymentStatus: _word(PaymentStatus),
        PaymentKind: _word(PaymentKind),
    }


# A row that refers to a user or company that is deleted goes with it; people are disabled, not
# deleted, so that what they did stays told.
def _of_user() -> ForeignKey:
    return ForeignKey("users.id", ondelete="CASCADE")


def _of_company() -> ForeignKey:
    return ForeignKey("companies.id", ondelete="CASCADE")


class Company(Row):
    """A customer's company.

    Attributes
    ----------
    id
        The customer id that its CDRs bear.
    debit_limit
        How far below zero the balance may go, as a positive amount.
    tax
        Tax number or rate, as it is printed.
    paypal
        Address of its PayPal account.
    channel_limit
        Channels configured for it; None for no limit.
    zone
        IANA name of its local time.
    low_balance
        The balance counts as low at or below this; None warns at zero.
    """

    __tablename__ = "companies"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    contact: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    debit_limit: Mapped[Decimal] = mapped_column(default=Decimal(0))
    tax: Mapped[str] = mapped_column(default="")
    paypal: Mapped[str] = mapped_column(default="")
    channel_limit: Mapped[int | None]
    zone: Mapped[str] = mapped_column(default="UTC")
    low_balance: Mapped[Decimal | None]
    created_at: Mapped[datetime]


class User(Row):
    """A person who may log in.

    Attributes
    ----------
    email
        Address as the person writes it.
    email_key
        The address folded to lower case, by which it is unique.
    pending_email, pending_email_at
        Address that is to be the user's once it is verified, and when it was asked for; None for none.
    company_id
        The company that a customer's user belongs to; None for operators.
    password_hash
        Argon2; None until an invited user has chosen a password.
    phone, mobile
        E.164, or empty.
    totp_secret
        The shared secret, encrypted; there before it is confirmed.
    totp_enabled_at
        When the second factor was confirmed; None while it is off.
    totp_last_step
        Number of the last 30 s step whose code was accepted: no code is accepted twice.
    language
        Tag of the interface's language; empty for the browser's.
    """

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[Role]
    company_id: Mapped[str | None] = mapped_column(_of_company(), index=True)
    department: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    mobile: Mapped[str] = mapped_column(default="")
    email_verified_at: Mapped[datetime | None]
    pending_email: Mapped[str | None]
    pending_email_at: Mapped[datetime | None]
    mobile_verified_at: Mapped[datetime | None]
    password_hash: Mapped[str | None]
    password_changed_at: Mapped[datetime | None]
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_enabled_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    language: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    company: Mapped[Company | None] = relationship(lazy="joined")


class LoginSession(Row):
    """A login of a browser; the cookie holds the id of which this row has the hash.

    Attributes
    ----------
    id_hash
        SHA-256 of the random id, hexadecimal.
    stage
        ``second_factor`` while the password alone was shown.
    proved_at
        When its user last showed again who they are; None since it was created.
    expires_at
        Absolute end, however busy the session is.
    """

    __tablename__ = "sessions"
    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(_of_user(), index=True)
    stage: Mapped[Stage]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(default="")
    agent: Mapped[str] = mapped_column(default="")

    user: Mapped[User] = relationship(lazy="joined")


class RecoveryCode(Row):
    """A code that stands in for the second factor once."""

    __tablename__ = "recovery_codes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(_of_user(), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class Passkey(Row):
    """A WebAuthn credential.

    Attributes
    ----------
    credential_id
        Base64url, without padding.
    """

    __tablename__ = "passkeys"
    credential_id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(_of_user(), index=True)
    name: Mapped[str]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Challenge(Row):
    """A WebAuthn challenge that was given out and is accepted once."""

    __tablename__ = "challenges"
    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(_of_user())
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]


class Verification(Row):
    """A code or link that was sent to a person.

    Attributes
    ----------
    target
        The address or number that it was sent to, and that it verifies.
    code_hash
        Hash of the code; a six-digit code is hashed with the row's own salt.
    attempts
        Wrong guesses so far.
    """

    __tablename__ = "verifications"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(_of_user(), index=True)
    purpose: Mapped[Purpose]
    target: Mapped[str]
    salt: Mapped[str] = mapped_column(default="")
    code_hash: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class Throttle(Row):
    """Failures that slow further tries down.

    Attributes
    ----------
    key
        What is slowed: ``account …`` or ``address …``.
    """

    __tablename__ = "throttles"
    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(index=True)
    open_at: Mapped[datetime]


class Preferences(Row):
    """What a user has chosen: zone, widgets, order, period, theme."""

    __tablename__ = "preferences"
    user_id: Mapped[int] = mapped_column(_of_user(), primary_key=True)
    values: Mapped[dict[str, Any]]


class SavedView(Row):
    """A page's choices under a name: of one user, or shared with all users of the same company."""

    __tablename__ = "saved_views"
    __table_args__ = (Index("uq_saved_views_user_id_name_key", "user_id", "name_key", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(_of_user())
    company_id: Mapped[str | None] = mapped_column(_of_company(), index=True)
    name: Mapped[str]
    name_key: Mapped[str]
    page: Mapped[str]
    choices: Mapped[dict[str, Any]]
    is_shared: Mapped[bool]
    created_at: Mapped[datetime]


class NumberSettings(Row):
    """The one row of the numbering: where blocks begin and how large they are."""

    __tablename__ = "number_settings"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)


class NumberBlock(Row):
    """A company's block of internal numbers: first … first + size - 1."""

    __tablename__ = "number_blocks"
    company_id: Mapped[str] = mapped_column(_of_company(), primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    assigned_at: Mapped[datetime]


class Extension(Row):
    """A SIP extension; its number is unique in the whole system."""

    __tablename__ = "extensions"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    company_id: Mapped[str] = mapped_column(_of_company(), index=True)
    name: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]

    company: Mapped[Company] = relationship(lazy="joined")


class Payment(Row):
    """An entry of a company's ledger: money received (or given back), or an adjustment."""

    __tablename__ = "payments"
    __table_args__ = (Index("uq_payments_company_id_reference", "company_id", "reference", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[str] = mapped_column(_of_company())
    kind: Mapped[PaymentKind]
    status: Mapped[PaymentStatus]
    amount: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    reference: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class AuditEntry(Row):
    """Something that a person did, or tried to do.

    Attributes
    ----------
    event
        One of `cxreports.portal.audit.Event`.
    who
        The address that was typed or is logged in; kept when the user is gone.
    company_id
        The company that it concerns.
    detail
        What else there is to say.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_at", "at"), Index("ix_audit_user_id_at", "user_id", "at"))
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None]
    who: Mapped[str] = mapped_column(default="")
    company_id: Mapped[str | None]
    address: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]]
