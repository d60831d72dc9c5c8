"""The portal's users: who they are, whose company they belong to, how to reach them."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

import phonenumbers
import pytz
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from cxreports.errors import AlreadyThere, BadField, NotThere
from cxreports.language import LANGUAGES, _
from cxreports.portal import fields
from cxreports.portal.actor import CONSOLE, Actor
from cxreports.portal.audit import Event
from cxreports.portal.companies import companies
from cxreports.portal.database import newest
from cxreports.portal.database import now as present
from cxreports.portal.people import passwords, sessions, verification
from cxreports.portal.tables import Company, Purpose, Role, User, email_key

LONGEST_EMAIL: Final = 254
"""Characters of an address (RFC 5321)."""

_MADE_UP_BYTES: Final = 15


def add(
    db: Session,
    email: str,
    name: str,
    *,
    role: Role,
    company_id: str | None = None,
    password: str | None = None,
    by: Actor = CONSOLE,
    now: datetime | None = None,
) -> User:
    """Add a user.

    Parameters
    ----------
    company_id
        The company of a customer's user; None for an operator's.
    password
        The first one; without, nobody can log in until a link has been followed (`invite`).

    Raises
    ------
    AlreadyThere
        The address is somebody's.
    NotThere
        There is no such company.
    BadField
        A field cannot be taken, the password among them.
    """
    now = now or present()
    user = _new(db, email, name, role, company_id, now)
    if password is not None:
        passwords.check(password, email=user.email, name=user.name)
        user.password_hash, user.password_changed_at = passwords.hashed(password), now
    db.add(user)
    db.flush()
    by.did(db, Event.USER_ADDED, company_id=user.company_id, now=now, user=user.email, role=user.role)
    return user


def invite(
    db: Session,
    email: str,
    name: str,
    *,
    role: Role,
    company_id: str | None = None,
    by: Actor = CONSOLE,
    now: datetime | None = None,
) -> tuple[User, str]:
    """Add a user who chooses the password; or invite one again who has not chosen any yet.

    Returns
    -------
    tuple
        The user, and the token of the link to be mailed.

    Raises
    ------
    AlreadyThere
        The address is somebody's who has a password, or another company's.
    NotThere, BadField
        As `add`.
    """
    now = now or present()
    user = find(db, email)
    again = user is not None and user.password_hash is None and not user.disabled_at
    if user is None or not again or (user.role, user.company_id) != (role, company_id):
        user = _new(db, email, name, role, company_id, now)
        db.add(user)
        db.flush()
    token = verification.link(db, user, Purpose.INVITATION, now=now)
    by.did(db, Event.USER_INVITED, company_id=user.company_id, now=now, user=user.email, role=user.role)
    return user, token


def _new(db: Session, email: str, name: str, role: Role, company_id: str | None, now: datetime) -> User:
    role = Role(role)
    if role is Role.CUSTOMER and company_id is None:
        raise BadField("company", _("A customer's user belongs to a company."))
    if role is Role.OPERATOR and company_id is not None:
        raise BadField("company", _("An operator's user belongs to no company."))
    address = _email(email)
    _refuse_taken(db, address)
    return User(
        email=address,
        email_key=email_key(address),
        name=fields.line("name", name, required=True),
        role=role,
        company_id=None if company_id is None else companies.get(db, company_id).id,
        created_at=now,
    )


def change_profile(
    db: Session,
    user: User,
    *,
    name: str | None = None,
    email: str | None = None,
    department: str | None = None,
    phone: str | None = None,
    mobile: str | None = None,
    by: Actor | None = None,
    now: datetime | None = None,
) -> User:
    """Change what a person may say of themselves, these five fields and no other.

    A new mobile number is not verified. A new e-mail address stays pending until a code sent to it has come
    back, unless somebody else gives it, who answers for it. Whether a pending one is another user's is not
    looked at: nobody learns in this way who has an account.

    Parameters
    ----------
    user
        Whose profile; by default it is also who changes it.
    name, email, department, phone, mobile
        None leaves a field as it is.

    Raises
    ------
    AlreadyThere
        The address that somebody else gives a user is another user's.
    BadField
        A field cannot be taken.
    """
    user, now = newest(db, user), now or present()
    typed = {"name": name, "email": email, "department": department, "phone": phone, "mobile": mobile}
    values = {field: _cleaned(user, field, value) for field, value in typed.items() if value is not None}
    changed = {field: value for field, value in values.items() if getattr(user, field) != value}
    by = by or Actor(user.email, user.id)
    if "email" in values and by.user_id == user.id and email_key(values["email"]) != user.email_key:
        changed.pop("email")
        _ask_email(db, user, values["email"], by, now)
    elif "email" in values:
        user.pending_email = user.pending_email_at = None
    if "email" in changed:
        if email_key(changed["email"]) != user.email_key:
            _refuse_taken(db, changed["email"])
        user.email_key, user.email_verified_at = email_key(changed["email"]), None
    if "mobile" in changed:
        user.mobile_verified_at = None
    told = {field: [getattr(user, field), value] for field, value in changed.items()}
    for field, value in changed.items():
        setattr(user, field, value)
    if changed:
        db.flush()
        by.did(db, Event.PROFILE_CHANGED, company_id=user.company_id, now=now, user=user.email, changed=told)
    return user


def _ask_email(db: Session, user: User, address: str, by: Actor, now: datetime) -> None:
    if verification.pending_email(user, now=now) == address:
        return
    user.pending_email, user.pending_email_at = address, now
    verification.forget(db, user, Purpose.EMAIL)
    db.flush()
    by.did(db, Event.EMAIL_CHANGE_ASKED, company_id=user.company_id, now=now, user=user.email, email=address)


def _cleaned(user: User, field: str, typed: str) -> str:
    match field:
        case "email":
            return _email(typed)
        case "phone" | "mobile":
            return _phone(field, typed, user.company)
        case _:
            return fields.line(field, typed, required=field == "name")


def choose_language(db: Session, user: User, tag: str) -> User:
    """Choose the interface's language; an empty tag follows the browser.

    Raises
    ------
    BadField
        The interface does not speak it.
    """
    if tag and tag not in LANGUAGES:
        raise BadField("language", _("Choose one of {languages}.").format(languages=", ".join(LANGUAGES)))
    user = newest(db, user)
    user.language = tag
    db.flush()
    return user


def set_password(
    db: Session, user: User, password: str, *, by: Actor = CONSOLE, now: datetime | None = None
) -> None:
    """Give a user another password; every session ends, and links and codes already sent are no good.

    Raises
    ------
    BadField
        The password is too short, too common, or the person's own name.
    """
    user, now = newest(db, user), now or present()
    passwords.check(password, email=user.email, name=user.name)
    user.password_hash, user.password_changed_at = passwords.hashed(password), now
    verification.forget_pending(db, user)
    for purpose in (Purpose.RESET, Purpose.INVITATION):
        verification.forget(db, user, purpose)
    sessions.end_all(db, user.id)
    db.flush()
    by.did(db, Event.PASSWORD_CHANGED, company_id=user.company_id, now=now, user=user.email)


def made_up_password() -> str:
    """Make up a password that nobody guesses: 120 random bits."""
    return secrets.token_urlsafe(_MADE_UP_BYTES)


def disable(db: Session, user: User, *, by: Actor = CONSOLE, now: datetime | None = None) -> list[str]:
    """Let a user in no more; every session ends.

    Returns
    -------
    list
        Hashes of the sessions that ended.
    """
    user, now = newest(db, user), now or present()
    if user.disabled_at is None:
        user.disabled_at = now
        by.did(db, Event.USER_DISABLED, company_id=user.company_id, now=now, user=user.email)
    ended = sessions.end_all(db, user.id)
    db.flush()
    return ended


def enable(db: Session, user: User, *, by: Actor = CONSOLE, now: datetime | None = None) -> None:
    """Let a user in again, with the password and second factor that there were."""
    user = newest(db, user)
    if user.disabled_at is not None:
        user.disabled_at = None
        db.flush()
        by.did(db, Event.USER_ENABLED, company_id=user.company_id, now=now, user=user.email)


def find(db: Session, email: str) -> User | None:
    """Find a user by address, however it is capitalised; None without one."""
    return db.scalars(select(User).where(User.email_key == email_key(email))).one_or_none()


def of_id(db: Session, user_id: int) -> User:
    """User of a number, as the database has them now.

    Raises
    ------
    NotThere
        There is none.
    """
    user = db.get(User, user_id, populate_existing=True)
    if user is None:
        raise NotThere(_("There is no such user."))
    return user


def get(db: Session, email: str) -> User:
    """User of an address.

    Raises
    ------
    NotThere
        There is none.
    """
    user = find(db, email)
    if user is None:
        raise NotThere(_("There is no user {email}.").format(email=email))
    return user


def of_company(db: Session, company_id: str) -> list[User]:
    """A company's users, by address."""
    return list(db.scalars(select(User).where(User.company_id == company_id).order_by(User.email_key)))


def all_users(db: Session) -> list[User]:
    """Every user, by address."""
    return list(db.scalars(select(User).order_by(User.email_key)))


def _email(typed: str) -> str:
    address = fields.line("email", typed, most=LONGEST_EMAIL, required=True)
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise BadField("email", _("{typed} is no e-mail address.").format(typed=address)) from error


def _refuse_taken(db: Session, address: str) -> None:
    if find(db, address) is not None:
        raise AlreadyThere(_("There is a user {email} already.").format(email=address))


def _phone(field: str, typed: str, company: Company | None) -> str:
    text = fields.line(field, typed)
    if not text:
        return ""
    wrong = BadField(
        field,
        _("{typed} is no telephone number: write it with + and the country code, such as {example}.").format(
            typed=text, example="+44 20 7946 0000"
        ),
    )
    try:
        number = phonenumbers.parse(text, _region(company) if company else None)
    except phonenumbers.NumberParseException as error:
        raise wrong from error
    # E.164 would drop an extension without a word.
    if number.extension or not phonenumbers.is_valid_number(number):
        raise wrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _region(company: Company) -> str | None:
    """Country whose numbers need no country code: that of the zone, else of the currency."""
    region = _countries().get(company.zone, company.currency[:2])
    return region if region in phonenumbers.SUPPORTED_REGIONS else None


@cache
def _countries() -> Mapping[str, str]:
    codes: Mapping[str, Any] = pytz.country_timezones
    return {name: country for country in codes for name in codes[country]}
