"""Passkeys (WebAuthn): a key in a phone, computer or token, in place of the password or as second factor.

A ceremony begins with options for the browser, which hold a challenge; the answer to it is taken once,
within five minutes. In place of the password the authenticator must have verified its user (by PIN,
finger or face); as second factor its presence is enough.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import webauthn
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from webauthn.helpers import bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from cxreports.errors import AlreadyThere, BadField, LoginRefused, NotThere
from cxreports.language import _
from cxreports.portal import audit
from cxreports.portal.audit import Event
from cxreports.portal.database import newest
from cxreports.portal.database import now as present
from cxreports.portal.tables import Challenge, Passkey, User

CHALLENGE_LIFE: Final = timedelta(minutes=5)
MOST_PASSKEYS: Final = 20
MOST_CHALLENGES: Final = 10_000
"""Challenges of strangers that are kept; the oldest make room."""

_CHALLENGE_BYTES: Final = 32
_HANDLE_BYTES: Final = 8
_LONGEST_NAME: Final = 60
_LONGEST_ID: Final = 1400
"""A credential's id has at most 1023 bytes; base64url makes 1364 characters of them."""


@dataclass(frozen=True)
class Ceremony:
    """What a browser needs to make or use a passkey.

    Attributes
    ----------
    challenge_id
        Comes back with the answer, from a hidden field or cookie.
    options
        For ``navigator.credentials``, as JSON: ``PublicKeyCredential.parseCreationOptionsFromJSON`` and
        ``parseRequestOptionsFromJSON`` read it.
    """

    challenge_id: str
    options: dict[str, Any]


def registration_options(
    db: Session, user: User, *, rp_id: str, rp_name: str = "cxreports", now: datetime | None = None
) -> Ceremony:
    """Begin to add a passkey.

    Parameters
    ----------
    rp_id
        Host name of the portal, without port.
    """
    challenge_id, challenge = _challenge(db, user, now or present())
    options = webauthn.generate_registration_options(
        rp_id=rp_id,
        rp_name=rp_name,
        user_id=_handle(user),
        user_name=user.email,
        user_display_name=user.name or user.email,
        challenge=challenge,
        timeout=_milliseconds(CHALLENGE_LIFE),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(of_user(db, user.id)),
    )
    return Ceremony(challenge_id, options_to_json_dict(options))


def register(
    db: Session,
    user: User,
    challenge_id: str,
    credential: dict[str, Any],
    *,
    rp_id: str,
    origin: str | Sequence[str],
    name: str = "",
    address: str = "",
    now: datetime | None = None,
) -> Passkey:
    """Add the passkey that a browser made.

    Parameters
    ----------
    credential
        ``PublicKeyCredential.toJSON()`` of what the browser gave.
    origin
        Where the page was: scheme, host and port, as ``https://reports.example.org``; or several.

    Raises
    ------
    BadField
        The answer is not one to this challenge, not from this place, or is not signed right.
    AlreadyThere
        It was added before.
    """
    now = now or present()
    user = newest(db, user)
    challenge = _answered(db, challenge_id, now)
    if challenge is None or challenge.user_id != user.id:
        raise BadField("passkey", _("That took too long. Try again."))
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge.challenge,
            expected_rp_id=rp_id,
            expected_origin=_origins(origin),
        )
    except _NOT_AN_ANSWER as error:
        raise BadField("passkey", _("This passkey could not be checked. Try again.")) from error
    credential_id = bytes_to_base64url(made.credential_id)
    if db.get(Passkey, credential_id):
        raise AlreadyThere(_("This passkey has been added already."))
    if len(of_user(db, user.id)) >= MOST_PASSKEYS:
        raise BadField(
            "passkey", _("There are {count} passkeys; remove one first.").format(count=MOST_PASSKEYS)
        )
    passkey = Passkey(
        credential_id=credential_id,
        user_id=user.id,
        name=name.strip()[:_LONGEST_NAME] or _("Passkey"),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=now,
    )
    db.add(passkey)
    db.flush()
    audit.of_user(db, Event.PASSKEY_ADDED, user, address=address, now=now, name=passkey.name)
    return passkey


def authentication_options(
    db: Session,
    *,
    rp_id: str,
    user: User | None = None,
    stands_alone: bool | None = None,
    now: datetime | None = None,
) -> Ceremony:
    """Begin to log in with a passkey.

    Parameters
    ----------
    user
        Whose passkey is asked for; None for anybody's: the browser then offers what it has for this host,
        and nothing tells who has an account.
    stands_alone
        Whether it is asked for in place of a password, so that its user must be verified; by default
        where it may be anybody's.
    """
    stands_alone = user is None if stands_alone is None else stands_alone
    challenge_id, challenge = _challenge(db, user, now or present())
    options = webauthn.generate_authentication_options(
        rp_id=rp_id,
        challenge=challenge,
        timeout=_milliseconds(CHALLENGE_LIFE),
        allow_credentials=_descriptors(of_user(db, user.id)) if user else [],
        user_verification=UserVerificationRequirement.REQUIRED
        if stands_alone
        else UserVerificationRequirement.PREFERRED,
    )
    return Ceremony(challenge_id, options_to_json_dict(options))


def authenticate(
    db: Session,
    challenge_id: str,
    credential: dict[str, Any],
    *,
    rp_id: str,
    origin: str | Sequence[str],
    user: User | None = None,
    stands_alone: bool | None = None,
    now: datetime | None = None,
) -> User:
    """Take a browser's answer, and give whose passkey it is.

    The challenge is used up by this, whatever the answer; the caller commits that.

    Parameters
    ----------
    user, stands_alone
        As for `authentication_options`.

    Raises
    ------
    LoginRefused
        The answer is not one to this challenge, not of this user's passkey, not from this place, not
        signed right, without the verification of its user that stands in for a password, or its count
        of uses went back, as that of a copied key does.
    """
    now = now or present()
    challenge = _answered(db, challenge_id, now)
    passkey = _passkey(db, credential)
    if challenge is None or passkey is None or challenge.user_id != (user.id if user else None):
        raise refused()
    owner = db.get(User, passkey.user_id, populate_existing=True)
    if owner is None or owner.disabled_at is not None or (user and owner.id != user.id):
        raise refused()
    try:
        used = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.challenge,
            expected_rp_id=rp_id,
            expected_origin=_origins(origin),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=user is None if stands_alone is None else stands_alone,
        )
    except _NOT_AN_ANSWER as error:
        raise refused() from error
    if _named_handle(credential) not in {None, bytes_to_base64url(_handle(owner))}:
        raise refused()
    passkey.sign_count, passkey.used_at = used.new_sign_count, now
    db.flush()
    return owner


def of_user(db: Session, user_id: int) -> list[Passkey]:
    """A user's passkeys, the oldest first."""
    return list(db.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at)))


def count_of(db: Session, user_id: int) -> int:
    """How many passkeys a user has."""
    return db.scalar(select(func.count()).where(Passkey.user_id == user_id)) or 0


def remove(
    db: Session, user: User, credential_id: str, *, address: str = "", now: datetime | None = None
) -> None:
    """Remove one of a user's own passkeys.

    Raises
    ------
    NotThere
        It is none of theirs.
    """
    passkey = db.get(Passkey, credential_id)
    if passkey is None or passkey.user_id != user.id:
        raise NotThere(_("There is no such passkey."))
    db.delete(passkey)
    db.flush()
    audit.of_user(db, Event.PASSKEY_REMOVED, user, address=address, now=now, name=passkey.name)


def purge(db: Session, *, now: datetime | None = None) -> None:
    """Remove challenges that nobody answered in time."""
    db.execute(delete(Challenge).where(Challenge.expires_at <= (now or present())))


def refused() -> LoginRefused:
    """Make the refusal of a passkey; whatever was wrong, it says the same."""
    return LoginRefused(_("This passkey was not accepted."))


# What the library says of an answer that is wrong, and what it stumbles over in one that is none.
_NOT_AN_ANSWER: Final = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError)


def _challenge(db: Session, user: User | None, now: datetime) -> tuple[str, bytes]:
    challenge_id, challenge = secrets.token_urlsafe(_CHALLENGE_BYTES), secrets.token_bytes(_CHALLENGE_BYTES)
    purge(db, now=now)
    if user is None:
        _make_room(db)
    db.add(
        Challenge(
            id_hash=_hash(challenge_id),
            user_id=user.id if user else None,
            challenge=challenge,
            expires_at=now + CHALLENGE_LIFE,
        )
    )
    db.flush()
    return challenge_id, challenge


def _make_room(db: Session) -> None:
    strangers = select(Challenge.id_hash).where(Challenge.user_id.is_(None))
    surplus = strangers.order_by(Challenge.expires_at.desc()).offset(MOST_CHALLENGES - 1)
    db.execute(delete(Challenge).where(Challenge.id_hash.in_(surplus)))


def _answered(db: Session, challenge_id: str, now: datetime) -> Challenge | None:
    """Use a challenge up; None where it was used, is too old, or was never given out."""
    found = db.scalars(
        delete(Challenge).where(Challenge.id_hash == _hash(challenge_id)).returning(Challenge)
    ).first()
    return found if found and now < found.expires_at else None


def _passkey(db: Session, credential: Any) -> Passkey | None:
    given = credential.get("id") if isinstance(credential, dict) else None
    if not isinstance(given, str) or len(given) > _LONGEST_ID:
        return None
    return db.get(Passkey, given, populate_existing=True)


def _named_handle(credential: dict[str, Any]) -> str | None:
    handle = credential["response"].get("userHandle")
    return handle.rstrip("=") if isinstance(handle, str) and handle else None


def _handle(user: User) -> bytes:
    """Name a user to an authenticator, by nothing that says who it is."""
    return user.id.to_bytes(_HANDLE_BYTES, "big")


def _descriptors(passkeys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(each.credential_id)) for each in passkeys
    ]


def _origins(origin: str | Sequence[str]) -> str | list[str]:
    return origin if isinstance(origin, str) else list(origin)


def _milliseconds(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)


def _hash(challenge_id: str) -> str:
    return hashlib.sha256(challenge_id.encode("utf-8", "surrogatepass")).hexdigest()
