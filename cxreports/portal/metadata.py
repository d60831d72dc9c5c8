"""Every table of the portal's database, wherever its rows are written down."""

from typing import Final

from sqlalchemy import MetaData

from cxreports.portal.alerts import tables as alerts
from cxreports.portal.feeds import tables as feeds
from cxreports.portal.post import outgoing
from cxreports.portal.schedules import tables as schedules
from cxreports.portal.tables import Row

ROOMS: Final = (alerts, feeds, outgoing, schedules)
"""Modules with rows beside ``tables``; importing them adds their tables."""

METADATA: Final[MetaData] = Row.metadata
