"""What the staff face gathers from the rooms: frames, home cards, search hits and the account overview."""

from curbstop.staff.queries.accounts import Overview, overview_of
from curbstop.staff.queries.finding import find
from curbstop.staff.queries.home import Card, cards_of
from curbstop.staff.queries.menu import Frame, frame_of

__all__ = ["Card", "Frame", "Overview", "cards_of", "find", "frame_of", "overview_of"]
