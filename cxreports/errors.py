"""Errors of cxreports: each says what was wrong, where, and what to do.

The tree::

    CxreportsError
    ├── BadSetting              an environment variable with a value that cannot be used
    ├── LoadError
    │   ├── NotACdrFile         a file that holds no call records
    │   ├── AmbiguousFormat     a file that several formats would read
    │   └── FormatError         a format definition (TOML) that cannot be used
    ├── LakeError
    │   ├── LakeBusy            another load holds the lock for too long
    │   ├── NoSuchVersion       a snapshot asked for that is not kept
    │   └── DefinitionChanged   stored figures were built with other settings
    ├── NoSuchCustomer          a customer without a single CDR
    ├── NoSuchMetric            a metric that is not defined
    ├── BadFilter               calls asked for in a way that makes no sense
    ├── BadSelection            cells that are not there, or cannot be exported so
    ├── BadTime                 a time, zone, period or bucket that is not one
    ├── BadFeed                 a feed that is described wrongly, or that cannot be reached
    ├── BadNotebook             a notebook that cannot be read, or of which a cell fails
    ├── BadReport               a report asked for in a way that makes no sense, or that was not made
    ├── TenancyError
    │   ├── NotBound            a portal's process without a visitor
    │   ├── AlreadyBound        one that has a visitor, given another
    │   ├── OutOfReach          what a visitor may not see or do
    │   └── BadRequest          what no page asks the server
    └── PortalError
        ├── BadDatabase         a database that cannot be reached or is too new
        ├── BadKey              a secret key that is no use, or not the one that was used
        ├── BadAmount           an amount of money that cannot be kept exactly
        ├── BadField            something a person typed that cannot be taken; names the field
        │   └── BadFields       the same of several fields at once
        ├── AlreadyThere        a company, user, payment or extension that exists already
        ├── NotThere            one that does not exist
        ├── LoginRefused        wrong password, code or passkey, or too many tries
        ├── NoBlockLeft         a number block that cannot be given
        ├── BadPaymentsFile     a CSV of payments with wrong lines; none was added
        ├── NotSent             mail or a text message that could not be handed over
        └── NotDelivered        a message of the outbox that its receiver did not take
"""

from enum import StrEnum


class CxreportsError(Exception):
    """Base of every error that cxreports raises on purpose."""


class BadSetting(CxreportsError):
    """A setting, named by its environment variable, with a value that cannot be used."""


class LoadError(CxreportsError):
    """A file that cannot be loaded."""


class NotACdrFile(LoadError):
    """A file that holds no call records of any known format."""


class AmbiguousFormat(LoadError):
    """A file that several formats would read, so that one must be named."""


class FormatError(LoadError):
    """A format definition that cannot be used."""


class LakeError(CxreportsError):
    """A fault of the stored tables."""


class LakeBusy(LakeError):
    """Another process holds the lake's lock for longer than the caller waits."""


class NoSuchVersion(LakeError):
    """A snapshot of a time or version that is not kept."""


class DefinitionChanged(LakeError):
    """Stored figures were built with settings that have changed since."""


class NoSuchCustomer(CxreportsError):
    """A customer without a single CDR in the lake."""


class NoSuchMetric(CxreportsError):
    """A metric that is not defined."""


class BadFilter(CxreportsError):
    """A filter, column or page of call records that makes no sense."""


class BadSelection(CxreportsError):
    """Cells that a table does not have, or that cannot be exported as asked."""


class BadTime(CxreportsError):
    """A time, zone, period or bucket width that cannot be understood."""


class BadFeed(CxreportsError):
    """A feed that ``feeds.toml`` describes wrongly, or that cannot be reached; never names a password."""


class BadNotebook(CxreportsError):
    """A notebook that cannot be read, or of which a cell fails; names cell and line."""


class BadReport(CxreportsError):
    """A report that is asked for in a way that makes no sense, or that was not made."""


class TenancyError(CxreportsError):
    """Something that would cross the border between two customers."""


class NotBound(TenancyError):
    """A portal's process without a visitor, which may open nothing."""


class AlreadyBound(TenancyError):
    """A portal's process that has a visitor, and was given another."""


class OutOfReach(TenancyError):
    """What this visitor may not see or do."""


class BadRequest(TenancyError):
    """A request that no page makes: too large, or with fields that it does not have."""


class PortalError(CxreportsError):
    """Something about people or their accounts that cannot be done."""


class BadDatabase(PortalError):
    """The portal's database cannot be reached, or was made by a newer cxreports."""


class BadKey(PortalError):
    """The secret key is too short or open to others, or is not the one that something was sealed with."""


class BadAmount(PortalError):
    """An amount of money that cannot be kept exactly."""


class BadField(PortalError):
    """Something that a person typed cannot be taken.

    Parameters
    ----------
    field
        Which field of the form.
    message
        What is wrong with it, and what would be right.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, by field."""
        return {self.field: str(self)}


class BadFields(BadField):
    """Several fields of a form cannot be taken.

    Parameters
    ----------
    faults
        What is wrong, by field.
    """

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(next(iter(faults)), " ".join(f"{field}: {text}" for field, text in faults.items()))
        self._faults = faults

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, by field."""
        return self._faults


class AlreadyThere(PortalError):
    """A company, user, payment or extension that exists already."""


class NotThere(PortalError):
    """A company, user, payment or extension that does not exist."""


class LoginRefused(PortalError):
    """A password, code or passkey that is not right, or too many tries; never says which.

    Parameters
    ----------
    message
        Message to the person.
    wait_s
        Seconds until another try is looked at; 0 for at once.
    """

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class ProofNeeded(PortalError):
    """Something for which a person must show again who they are."""


class NoBlockLeft(PortalError):
    """A block of internal numbers that cannot be given."""


class BadPaymentsFile(PortalError):
    """A CSV file of payments that is wrong in some lines, so that none was added."""


class NotSent(PortalError):
    """A mail or text message that could not be handed over; never names a password or key."""


class Refusal(StrEnum):
    """What an answer refuses for good: no other try would change it."""

    NOTHING = ""
    """Another try may go better."""
    SIZE = "size"
    """The message with its files; without them it may be taken."""
    LETTER = "letter"
    """This message, which says nothing of the next one to the same receiver."""
    RECEIVER = "receiver"
    """Every message: there is no such receiver."""


class NotDelivered(PortalError):
    """A message of the outbox was not taken; never names a password or key.

    Parameters
    ----------
    answer
        What the receiver answered, or why it was not reached.
    refusal
        What was refused for good.
    """

    def __init__(self, answer: str, refusal: Refusal = Refusal.NOTHING) -> None:
        super().__init__(answer)
        self.refusal = refusal
