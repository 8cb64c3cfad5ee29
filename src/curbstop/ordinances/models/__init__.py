"""Tables of the ordinances room, by noun: the code, its values, the calendar, texts and proposals."""

from curbstop.ordinances.models.calendar import Holiday
from curbstop.ordinances.models.city import CityProfile, Letter
from curbstop.ordinances.models.code import CodeSection, RuleValue, SectionVersion
from curbstop.ordinances.models.proposals import PackProposal

__all__ = [
    "CityProfile",
    "CodeSection",
    "Holiday",
    "Letter",
    "PackProposal",
    "RuleValue",
    "SectionVersion",
]
