"""A live page: what dashboard, call records and customers have in common while a browser looks at them."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

import cxreports
from cxreports.cdr.record import ALL_CUSTOMERS
from cxreports.errors import CxreportsError
from cxreports.lake.lock import take_turn
from cxreports.language import _
from cxreports.pages.bar import (
    show_account,
    show_channels,
    show_customers,
    show_no_account,
    show_user,
)
from cxreports.pages.call_records_view import CallRecordsView
from cxreports.pages.kept_choices import first_view, kept_choices, opened, worth_keeping
from cxreports.pages.notices import first_day, no_calls, notice
from cxreports.pages.spans.preset import PRESETS
from cxreports.pages.view import View, zone_names
from cxreports.portal.user_menu import user_menu
from cxreports.private_file import LAKE
from cxreports.visitor import customer_in_reach
from cxreports.widgets import TopBar
from cxreports.widgets.part import Chooser

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cxreports.clock import Period
    from cxreports.figures.analyst import Lake
    from cxreports.figures.live_channels import LiveChannels
    from cxreports.pages.kept_choices import KeptChoices
    from cxreports.pages.reading import Reading
    from cxreports.portal.user_menu import UserMenu
    from cxreports.widgets import CallRecordsPage, Controls, Page
    from cxreports.widgets.part import Part

POLL_S: Final = 1.0
"""How often the lake is asked whether calls were added."""

ASK_S: Final = 2.0
"""How often the switches are asked how many calls go on."""

ASK_SELDOM_S: Final = 10.0
"""How often it is asked whether there is a switch to ask."""

LONGEST_QUEUE_S: Final = 300.0
"""A page that was never let in follows the lake out of turn: after so long, or up to twice so long.

That is for a page that hangs while it is its turn. Where there is merely more to show than turns to show
it in, pages wait: those that began together, when calls were loaded, would otherwise all come at once.
"""

_LOOK_S: Final = 0.3
_MORE_MS: Final = 700
"""Seconds between two looks for a turn, and what is added at random."""

_SOONER_AFTER_S: Final = 15.0
"""Whoever has waited so long looks twice as often; twice as long, three times."""

FRESH: Final = timedelta(minutes=1)
"""A page that was prepared no longer ago is shown as it is."""

AnyView = TypeVar("AnyView", bound=View | CallRecordsView)

_log = logging.getLogger("cxreports.pages")


class LivePage(Generic[AnyView]):
    """A page that follows its browser: choices go in, one snapshot is read, widgets show what it says.

    A subclass makes its widgets after ``super().__init__``, hands them to `_begin`, and says in `_show`
    what they show of `view`.

    Parameters
    ----------
    lake
        An open lake; by default the one of the home folder.
    view
        What to show first.
    standard
        What to show where `view` is None and neither address nor kept choices say anything.
    kept
        Where choices are kept; by default with the visitor, or nowhere but in the address.
    menu
        The user menu; by default the visitor's, if there is one.

    Attributes
    ----------
    view
        What is chosen.
    page, top_bar
        The widget of the whole page, and its bar.
    """

    follows: ClassVar[bool] = True
    """Whether calls that are added show by themselves."""

    page: Page

    def __init__(
        self,
        lake: Lake | None,
        view: AnyView | None,
        standard: AnyView,
        kept: KeptChoices | None,
        menu: UserMenu | None,
    ) -> None:
        self.lake = lake or cxreports.open()
        self.lake.keep_rows()
        self._kept = kept or kept_choices(self.lake.home)
        self.view: AnyView = view or first_view(standard, self._kept)
        self._reading: Reading | None = None
        self._watching: asyncio.Task[None] | None = None
        self._seen = asyncio.Event()
        self._seen.set()
        self._showing = False
        self._in_use: LiveChannels | None = None
        self._channels_of = ("", "")
        self._asked_at = 0.0
        self._ends: dict[str, str] = {}
        self._parts: tuple[Part, ...] = ()
        self._held = ExitStack()
        self._patience = 1 + secrets.randbelow(1000) / 1000
        self.top_bar = TopBar(zones=zone_names())
        show_user(self.top_bar, menu or user_menu())

    def _begin(self, page: Page, *parts: Part) -> None:
        """Show the first view, and listen to the browser from then on."""
        self.page, self._parts = page, (page, self.top_bar, *parts)
        self._guarded(self._show)
        for part in self._parts:
            if isinstance(part, Chooser) and part.chooses:
                part.observe(self._chosen_in, ["view"])
        page.on_msg(self._answer)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.page._repr_mimebundle_(**options)

    def refresh(self) -> None:
        """Show what was added since."""
        self._reading = None
        self._guarded(self._show)

    def _show(self) -> None:
        """Show the view, from the reading or from a new one."""
        raise NotImplementedError

    def _without_calls(self, reading: Reading, customer: str) -> dict[str, Any]:
        """Show the account of a customer without calls; the notice tells what to do until they come."""
        home, customer = self.lake.home, customer_in_reach() or customer
        show_no_account(self.top_bar)
        if customer in {"", ALL_CUSTOMERS}:
            return no_calls()
        show_customers(self.top_bar, reading, home)
        show_account(self.top_bar, reading, customer, home, "UTC")
        self._show_channels(reading, customer, "UTC")
        name = reading.names(home).get(customer, customer)
        return first_day(customer, name, reading.account(home, customer))

    def _show_channels(self, reading: Reading, customer: str, tz: str) -> None:
        """Show in the top bar the channels in use, and follow them from now on."""
        self._channels_of = (customer, tz)
        self._in_use = reading.channels_now(self.lake.home, customer)
        show_channels(self.top_bar, self._in_use, tz, datetime.now(UTC))

    def _follow_channels(self) -> None:
        """Show how many channels are in use by now, where a switch says so."""
        customer, tz = self._channels_of
        if not customer or self._reading is None:
            return
        before = self._in_use
        self._show_channels(self._reading, customer, tz)
        if before is None or self._in_use is None or before.count != self._in_use.count:
            self._channels_changed()

    def _channels_changed(self) -> None:
        """Show another number of channels wherever else the page has it."""

    def _show_change(self, before: AnyView) -> None:
        """Show the view after a choice, in place of the view before."""
        del before
        self._show()

    def _is_due(self) -> bool:
        """Whether the page changes even though no calls were added."""
        return self._reading is None or self._reading.is_stale()

    def _chosen_in(self, change: Mapping[str, Any]) -> None:
        """Follow the choices made in a part; those that arrive together are shown at once."""
        if not self._showing:
            self._follow(self.view.chosen(change["owner"].chosen()))

    def _follow(self, chosen: Any) -> None:
        before, self.view = self.view, chosen
        if before == chosen:
            # A choice that there is none of goes back to what it was.
            self._guarded(self._show_view)
            return
        # After a failure all is shown anew, so that what failed is right again before its notice goes.
        failed = self.page.notice.get("kind") == "error"
        self._guarded(self._show if failed else lambda: self._show_change(before))
        if changed := worth_keeping(before, chosen):
            self._guarded(lambda: self._kept.save(changed))

    def _show_view(self, period: Period | None = None) -> None:
        """Show in all parts what is chosen; `period` is what comes of it, unless that is as before."""
        if period is not None:
            clock = self.view.on_the_clock
            self._ends = {"from": clock(period.start), "to": clock(period.end)}
        choices = self.view.choices()
        ends = {name: text for name, text in self._ends.items() if not choices.get(name, "-")}
        # Exact ends have an offset, which a field of a date and time does not take.
        ends |= {f"{name}_clock": text for name, text in self._ends.items()}
        for part in self._parts:
            if isinstance(part, Chooser):
                part.view = choices | ends

    def _show_presets(self, part: Controls | CallRecordsPage, spans: Mapping[str, Period]) -> None:
        """Show in the range control what each preset would show."""
        clock = self.view.on_the_clock
        part.periods = [
            {
                "id": preset.id,
                "label": _(preset.label),
                "title": _(preset.title),
                "from": clock(spans[preset.id].start),
                "to": clock(spans[preset.id].end),
            }
            for preset in PRESETS
        ]

    def _answer(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        """Answer the browser: with what its address asks for, with what changed, with all again."""
        if "seen" in content:
            self._see(is_seen=bool(content["seen"]))
        if "resend" in content:
            for part in self._parts:
                part.send_state()
        if "hello" in content:
            self._welcome({name: str(text) for name, text in content["hello"].items()})

    def _see(self, *, is_seen: bool) -> None:
        """Follow the lake only while the page can be seen; whoever comes back to it sees what was added."""
        came_back = is_seen and not self._seen.is_set()
        if is_seen:
            self._seen.set()
        else:
            self._seen.clear()
        if not came_back or not self.follows:
            return
        if self._has_new_calls():
            self.refresh()
        elif self._is_due():
            self._look_again()

    def _welcome(self, hello: Mapping[str, str]) -> None:
        kept: dict[str, str] = {}
        self._guarded(lambda: kept.update(self._kept.load()))
        shown, self.view = self.view, opened(self.view, hello, kept)
        if self._reading is None or not self._reading.is_recent(FRESH) or self._has_new_calls():
            self.refresh()
        elif self.view != shown:
            self._guarded(self._show)
        if self.follows and self._watching is None:
            self._begin_to_watch()

    def _begin_to_watch(self) -> None:
        """Follow the lake from now on; where nothing runs in the background, nothing is followed."""
        with suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            self._watching = loop.create_task(self._watch())

    async def _watch(self) -> None:
        """Follow the lake while somebody looks at the page."""
        queued_at: float | None = None
        while True:
            await asyncio.sleep(POLL_S if queued_at is None else _until_next_look_s(queued_at))
            await self._seen.wait()
            # Whoever waits for a turn knows that there are calls, and does not ask the lake again.
            if queued_at is not None or self._has_new_calls():
                queued_at = queued_at or time.monotonic()
                if self._refresh_in_turn(queued_at):
                    queued_at = None
                else:
                    self._ask_switches()
            elif self._is_due():
                self._look_again()
            else:
                self._ask_switches()

    def _look_again(self) -> None:
        """Show the same calls by the clock of now."""
        self._reading = self._reading and self._reading.again()
        self._guarded(self._show)

    def _refresh_in_turn(self, since: float) -> bool:
        """Show what was added if it is this page's turn, or was not for long; give whether it was.

        A choice that was made meanwhile may have shown it already.
        """
        turn = take_turn(self.lake.home / LAKE)
        if turn is None and time.monotonic() - since < LONGEST_QUEUE_S * self._patience:
            return False
        try:
            if self._has_new_calls():
                self.refresh()
        finally:
            if turn is not None:
                turn.close()
        return True

    def _ask_switches(self) -> None:
        """Follow the channels, now and then; where that fails, the next time may go better."""
        has_switch = self._in_use is not None and self._in_use.source == "switch"
        if time.monotonic() - self._asked_at < (ASK_S if has_switch else ASK_SELDOM_S):
            return
        self._asked_at = time.monotonic()
        try:
            self._follow_channels()
        except (CxreportsError, OSError):
            _log.exception("The channels in use cannot be read; trying again.")

    def _has_new_calls(self) -> bool:
        """Whether calls were loaded that the page shows; what others' calls change can wait a minute."""
        if not self.follows:
            return False
        reading, customer = self._reading, customer_in_reach() or self._channels_of[0]
        try:
            if reading is not None and customer and reading.is_recent(FRESH):
                return self.lake.touches(reading.snapshot, customer)
            versions = self.lake.snapshot().versions
        except CxreportsError:
            _log.exception("The lake cannot be read; trying again.")
            return False
        return reading is None or versions != reading.snapshot.versions

    def _guarded(self, act: Callable[[], None]) -> None:
        """Do what a person asked for, while what the widgets say is no choice.

        What changes in a part travels in one message. A failure is shown on the page and logged under an id.
        """
        self._showing = True
        self._hold()
        try:
            act()
        except CxreportsError as error:
            self.page.notice = notice("error", _("This cannot be shown"), str(error))
        except Exception:  # noqa: BLE001 (the page outlives whatever a choice leads to)
            code = secrets.token_hex(4)
            _log.exception("A page failed [%s] with %s", code, self.view)
            text = _(
                "The page goes on with what it showed before. The log tells what happened, under this id:"
            )
            self.page.notice = notice("error", _("Something went wrong"), text, code)
        finally:
            self._showing = False
            self._held.close()

    def _send_so_far(self) -> None:
        """Send what changed in the parts until now, before what takes longer."""
        self._held.close()
        self._hold()

    def _hold(self) -> None:
        """Keep what changes in the parts; the server passes on each message of every open page."""
        for part in reversed(self._parts):
            self._held.enter_context(part.hold_sync())


def _until_next_look_s(queued_at: float) -> float:
    """Seconds until a page looks for a turn again: fewer the longer it waits, so that it comes first."""
    waited_s = time.monotonic() - queued_at
    return (_LOOK_S + secrets.randbelow(_MORE_MS) / 1000) / (1 + waited_s / _SOONER_AFTER_S)
