"""What was done, said once: the page that is shown next says it, and loading it again does not."""

from __future__ import annotations

from typing import Final

from cxreports.web.handler import PortalHandler

_COOKIE: Final = "cx-done"
_LIFE_S: Final = 60


class SaysDone(PortalHandler):
    """A page that says once what was done before it is shown."""

    def keep_done(self, path: str, *done: str) -> None:
        """Let a page say what was done, and with which figures."""
        self.set_cookie(
            _COOKIE,
            ".".join(done),
            path=f"{self.base_url}{path}",
            max_age=_LIFE_S,
            httponly=True,
            samesite="Lax",
            secure=self.is_encrypted,
        )

    def just_done(self) -> tuple[str, ...]:
        """What was done before this page is shown, and its figures; an empty text for nothing."""
        kept = self.get_cookie(_COOKIE, "") or ""
        if kept:
            self.clear_cookie(_COOKIE, path=self.request.path)
        return tuple(kept.split("."))
