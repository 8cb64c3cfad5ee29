"""What this room promises: every rule rests on words that were in force when it began."""

from curbstop.foundation.proofs import Outcome, Proof
from curbstop.ordinances.models import RuleValue, SectionVersion


def values_rest_on_sections() -> Outcome:
    """Recompute that each value cites a section with words in force on the value's first day."""
    words: dict[int, list[SectionVersion]] = {}
    for version in SectionVersion.objects.all():
        words.setdefault(version.section_id, []).append(version)
    failures = []
    values = RuleValue.objects.select_related("section").order_by("code", "starts_on")
    for value in values:
        in_force = any(
            version.starts_on <= value.starts_on and (version.ends_on is None or value.starts_on < version.ends_on)
            for version in words.get(value.section_id, [])
        )
        if not in_force:
            failures.append(f"{value} cites {value.section}, which had no words in force then")
    return Outcome(checked=len(values), failures=failures)


PROOFS = (
    Proof(
        "rules-cite-sections",
        "Every fee, limit and day count cites a section that was in force when it began",
        values_rest_on_sections,
    ),
)
