"""Every metric's definition, once: additive sums over CDRs, and ratios over the sums."""

from typing import Final

USER_SIDE_CODES: Final[tuple[int, ...]] = (480, 486, 487, 600, 603)
"""SIP codes of endings that the called user caused (NER's default code set)."""
