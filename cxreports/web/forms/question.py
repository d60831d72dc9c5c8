"""Questions before what cannot be undone: they name the object and what becomes of it.

A form that is sent without the confirmation is answered with its question, which sends it again: as a page of
its own, or as JSON for the script that asks in a dialog. One wording serves both.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from cxreports.errors import PortalError
from cxreports.language import _
from cxreports.web.forms.proof import FIELD, ProvedPage
from cxreports.web.handler import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIRMED: Final = "confirmed"
"""Field of a form whose question was answered with yes."""

_JSON: Final = "application/json"


@dataclass(frozen=True)
class Asked:
    """Field that a question asks for besides the yes.

    Attributes
    ----------
    name, label, kind
        Of the input; ``checkbox`` sends 1.
    hint
        What to type; empty where the label says it.
    autocomplete
        As browsers know it.
    """

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    autocomplete: str = "off"


@dataclass(frozen=True)
class Question:
    """What is asked before an act.

    Attributes
    ----------
    act
        The act with its object, as its button says it: ``Disable Ana Garcia``.
    text
        What becomes of the object.
    keep
        Label of the button that changes nothing.
    asked
        Fields besides the yes.
    """

    act: str
    text: str
    keep: str
    asked: tuple[Asked, ...] = ()

    @property
    def title(self) -> str:
        """The act as a question."""
        return _("{act}?").format(act=self.act)


def own_password() -> Asked:
    """The password of who asks."""
    return Asked("password", _("Your password"), "password", autocomplete="current-password")


class AskingPage(ProvedPage):
    """A page that asks before it does what cannot be undone; a subclass words the question."""

    def question(self) -> Question | None:
        """What is asked before the form that was sent; None where nothing is lost by it.

        Raises
        ------
        PortalError
            Its object does not exist: the form itself says so.
        """
        return None

    @property
    def way_back(self) -> str:
        """Page that whoever changes nothing goes back to."""
        return self.request.uri or self.base_url

    async def prepare(self, **options: Any) -> None:
        """Ask where that is needed; then nothing else is looked at."""
        await super().prepare(**options)
        is_sent = self.request.method not in SAFE_METHODS and not self._finished
        if is_sent and self.get_body_argument(CONFIRMED, "") != "yes":
            question = await self.run(self._question)
            if question is not None:
                self.ask(question)

    async def ask_once_more(self, faults: Mapping[str, str], wrong: str, status: HTTPStatus) -> None:
        """Show the question again, with what is wrong at its fields."""
        question = await self.run(self._question)
        if question is None:
            self.redirect(self.way_back, status=HTTPStatus.SEE_OTHER)
        else:
            self._show_question(question, faults, wrong, status)

    def ask(self, question: Question) -> None:
        """Answer with the question in place of what was asked for."""
        if _JSON in self.request.headers.get("Accept", ""):
            self.set_header("Cache-Control", "no-store")
            self.finish({"title": question.title, **asdict(question)})
        else:
            self._show_question(question, {}, "", HTTPStatus.UNPROCESSABLE_ENTITY)

    def _question(self) -> Question | None:
        try:
            return self.question()
        except PortalError:
            return None

    def _show_question(
        self, question: Question, faults: Mapping[str, str], wrong: str, status: HTTPStatus
    ) -> None:
        named = {"_xsrf", CONFIRMED, FIELD, *(field.name for field in question.asked)}
        names = [name for name in self.request.body_arguments if name not in named]
        sent = [(name, text) for name in names for text in self.get_body_arguments(name, strip=False)]
        # Not `show` of a page of forms, whose own fault this is not.
        ProvedPage.show(
            self,
            "question.html.j2",
            status,
            question=question,
            sent=[*sent, (CONFIRMED, "yes")],
            action=self.request.uri,
            back=self.way_back,
            faults=faults,
            wrong=wrong,
        )
