"""The shell around every page: for which company, where else one can go, how the company stands."""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_datetime

from cxreports import clock, language
from cxreports.accounts.account import Account
from cxreports.accounts.balances import NO_COSTS, Balance
from cxreports.accounts.checklist import checklist
from cxreports.accounts.pay_link import pay_link
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.desk.clerk import answered
from cxreports.desk.requests import Account as AccountRequest
from cxreports.desk.requests import Choices, Names
from cxreports.errors import BadTime
from cxreports.figures.costs import costs
from cxreports.figures.live_channels import LiveChannels
from cxreports.language import _, ngettext, number
from cxreports.pages.bar import balance_text, channels_shown, customer_entries
from cxreports.pages.outstanding import outstanding
from cxreports.pages.reading import Reading
from cxreports.pages.view import zone_names
from cxreports.portal import site_map
from cxreports.portal.database import now
from cxreports.portal.feeds import under_way
from cxreports.portal.tables import Company
from cxreports.portal.user_menu import menu_of
from cxreports.wording import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.desk.answers import AccountAnswer
    from cxreports.desk.requests import Request
    from cxreports.figures.costs import Costs
    from cxreports.lake.store import Store
    from cxreports.portal.database import Database
    from cxreports.portal.site_map import Place
    from cxreports.visitor import Visitor

READING_LIFE_S: Final = 60.0
"""So long is kept what the lake says of a company's standing."""

_log = logging.getLogger("cxreports.web")


@dataclass(frozen=True)
class Way:
    """A way to a place.

    Attributes
    ----------
    place, href
        The place, and its address for the company of the page.
    is_here
        Whether the page belongs to it.
    """

    place: Place
    href: str
    is_here: bool


@dataclass(frozen=True)
class Asked:
    """What a request says of the shell.

    Attributes
    ----------
    path
        Of the page, below the portal's base.
    company
        Company that the page's address names; empty for none.
    zone
        The browser's zone, from its cookie.
    """

    path: str
    company: str = ""
    zone: str = ""


@dataclass(frozen=True)
class Shell:
    """What stands around a page.

    Attributes
    ----------
    visitor
        Who looks at it.
    asked
        What the request says.
    company, name
        Company that the page is about, or ``all``; empty where the lake could not be read.
    zone
        IANA zone of the clock.
    standing
        What the top bar shows of the company: the traits of `cxreports.widgets.TopBar`, by name.
    """

    visitor: Visitor
    asked: Asked
    company: str
    name: str
    zone: str
    standing: Mapping[str, Any]

    @classmethod
    def bare(cls, visitor: Visitor, asked: Asked) -> Shell:
        """Shell that says nothing of a company."""
        return cls(visitor, asked, visitor.customer or "", "", _zone(asked.zone), {})

    def ways(self, shown: site_map.Shown) -> list[Way]:
        """Ways to other pages, in their order."""
        places = site_map.places(self.visitor, shown)
        here = site_map.current(places, self.asked.path)
        company = self.company if self.visitor.is_operator and self.company != ALL_CUSTOMERS else ""
        return [Way(place, place.address(company), place is here) for place in places]

    @property
    def initials(self) -> str:
        """First letters of the person's first and last names."""
        names = self.visitor.name.split()
        return "".join(name[0] for name in names[:1] + names[1:][-1:]).upper()

    @property
    def clock(self) -> str:
        """Weekday and time in the zone."""
        at = format_datetime(now(), "EEE HH:mm:ss", clock.zone(self.zone), language.locale())
        return str(at)

    @property
    def as_of(self) -> str:
        """Time at which the page was made, as its foot has it on paper."""
        within = clock.zone(self.zone)
        time = f"{language.date_and_time(now().astimezone(within), 'yMMMd')} {self.zone_label}"
        return _("as of {time}").format(time=time)

    @property
    def zone_label(self) -> str:
        """Zone as people read it."""
        return self.zone.replace("_", " ")

    @property
    def channels(self) -> str:
        """Channels in use, a dash where that is unknown; empty where there is nothing to say of them."""
        if not self.standing.get("channels_source"):
            return ""
        used, limit = self.standing["channels"], self.standing["channel_limit"]
        shown = ABSENT if used is None else number(used)
        if limit:
            return _("{used} / {limit} Channels").format(used=shown, limit=number(limit))
        if used is None:
            return _("{used} Channels").format(used=shown)
        return ngettext("{count} Channel", "{count} Channels", used).format(count=number(used))

    @property
    def under_way(self) -> str:
        """Address of the calls under way."""
        is_one = self.visitor.is_operator and self.company != ALL_CUSTOMERS
        return site_map.UNDER_WAY.address(self.company if is_one else "")

    @property
    def is_live(self) -> bool:
        """Whether the switches say how many channels are in use."""
        return self.standing.get("channels_source") == "switch" and self.standing["channels"] is not None

    @property
    def channels_note(self) -> str:
        """Where the number of channels comes from."""
        return str(self.standing.get("channels_note", ""))

    @property
    def has_choice(self) -> bool:
        """Whether there are several companies to choose from."""
        return len(self.standing.get("customers", ())) > 1

    def state(self) -> str:
        """What the page's script begins with, as JSON."""
        menu = menu_of(self.visitor)
        places = site_map.places(self.visitor, "nav")
        here = site_map.current(places, self.asked.path)
        chooses = here if here is not None and here.company_key else site_map.DASHBOARD
        begins = {
            "person": self.visitor.user_id,
            "zones": zone_names(),
            "user": menu.name,
            "menu": [asdict(item) for item in menu.items],
            "view": {"customer": self.company, "zone": self.zone},
            "chooses": {"url": chooses.url, "key": chooses.company_key},
        }
        return json.dumps(begins | dict(self.standing), separators=(",", ":"))


class Shells:
    """Makes the shells of a portal's pages.

    Parameters
    ----------
    database, store
        People and calls.
    payment_url
        Template of the address to pay at.
    clock
        Seconds that go on.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        payment_url: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._store, self._payment_url, self._clock = database, store, payment_url, clock
        self._reading: Reading | None = None
        self._read_at = 0.0
        self._costs: dict[str, Costs] = {}

    def of(self, visitor: Visitor, asked: Asked) -> Shell:
        """Shell of a page; what cannot be read is left out of it, and logged."""
        try:
            return self._made(visitor, asked)
        except Exception:  # noqa: BLE001 (whatever it is, the page itself says what is wrong with it)
            _log.exception("The top bar of %s could not be filled in.", asked.path)
            return Shell.bare(visitor, asked)

    def _made(self, visitor: Visitor, asked: Asked) -> Shell:
        reading = self._read()
        names: dict[str, str] = self._ask(visitor, Names())
        company = _company(asked, reading) if visitor.customer is None else visitor.customer
        account = self._account(visitor, company, reading)
        name = _("All customers") if company == ALL_CUSTOMERS else names.get(company, company)
        entries = customer_entries(reading, names) if visitor.is_operator else []
        zone = _zone(self._ask(visitor, Choices()).get("zone", ""), asked.zone, self._zone_of(visitor))
        channels, present = self._channels(reading, company), now()
        return Shell(
            visitor,
            asked,
            company,
            name,
            zone,
            {
                "customers": entries or [{"id": company, "name": name, "note": ""}],
                **channels_shown(channels, zone, present),
                "channel_limit": account.channel_limit,
                "balance": "" if account.balance is None else balance_text(account.balance),
                "is_low": account.is_low,
                "pay_url": account.pay_url,
                "alerts": [asdict(notice) for notice in outstanding(account, zone, present)],
            },
        )

    def _ask(self, visitor: Visitor, request: Request) -> Any:
        """Answer of the clerk, who says no more than the visitor may know."""
        return answered(self._database, visitor, request)

    def _zone_of(self, visitor: Visitor) -> str:
        with self._database.reading() as db:
            company = db.get(Company, visitor.customer or "")
            return "" if company is None else company.zone

    def _read(self) -> Reading:
        reading, at = self._reading, self._clock()
        if reading is None or at - self._read_at > READING_LIFE_S:
            reading = Reading(self._store.snapshot())
            self._reading, self._read_at, self._costs = reading, at, {}
        return reading

    def _channels(self, reading: Reading, company: str) -> LiveChannels:
        """Channels in use now, as the switches say, or else as the reading has them."""
        found = under_way.channels_of(under_way.readings(self._store.home), company)
        if found is None:
            return reading.channels(company)
        return LiveChannels(found.count, "switch", found.as_of, found.kinds)

    def _account(self, visitor: Visitor, company: str, reading: Reading) -> Account:
        """Account of a company: its ledger as it is now, its calls as the reading has them."""
        found: AccountAnswer = self._ask(visitor, AccountRequest(customer=company))
        if found.ledger is None:
            return Account(checklist=checklist(found.person, None, found.firing), firing=found.firing)
        if company not in self._costs:
            self._costs[company] = costs(reading.snapshot, company).get(company, NO_COSTS)
        balance = Balance.of(found.ledger.holder, found.ledger.received, self._costs[company])
        items = checklist(found.person, balance, found.firing)
        return Account(balance, pay_link(self._payment_url, balance), items, found.firing)


def _company(asked: Asked, reading: Reading) -> str:
    """Company that an operator's page is about; the pages of one company open with the largest."""
    if asked.company:
        return asked.company
    if asked.path in {site_map.DASHBOARD.path, site_map.CALL_RECORDS.path} and reading.customers.height:
        return str(reading.customers.sort("cdrs", descending=True)["customer"][0])
    return ALL_CUSTOMERS


def _zone(*names: str) -> str:
    """First of the zones that there is."""
    for name in names:
        with suppress(BadTime):
            if name:
                return clock.zone(name).key
    return "UTC"
