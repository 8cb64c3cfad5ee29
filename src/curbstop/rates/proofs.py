"""What the rates room promises, recomputed from its rows."""

from itertools import pairwise

from curbstop.foundation.database.copying import read_frame
from curbstop.foundation.proofs import Outcome, Proof
from curbstop.rates.domain.compiling import compile_document
from curbstop.rates.domain.schedule import ScheduleRefused
from curbstop.rates.models import RateAssignment, ScheduleVersion
from curbstop.rates.queries import adopted_schedules

FAILURES_SHOWN = 100


def versions_follow_each_other() -> Outcome:
    """Compare each version with the next of its schedule: no day has two, and none between has none."""
    versions = list(adopted_schedules())
    failures = []
    for earlier, later in pairwise(versions):
        if earlier.schedule_id != later.schedule_id:
            continue
        if earlier.ends_on is None or earlier.ends_on > later.starts_on:
            failures.append(f"{later}: overlaps the version from {earlier.starts_on}")
        elif earlier.ends_on < later.starts_on:
            failures.append(f"{later}: nothing is in force from {earlier.ends_on} until then")
    return Outcome(len(versions), failures)


def versions_compile() -> Outcome:
    """Compile every version that is, was or will be in force."""
    failures = []
    versions = list(adopted_schedules())
    for version in versions:
        try:
            compile_document(version.document, version.format, version.schedule.code)
        except ScheduleRefused as refusal:
            failures.append(f"{version}: {refusal.problems[0]}")
    return Outcome(len(versions), failures)


def assigned_classes_have_a_rate() -> Outcome:
    """Look up the class of every assignment in each version that it may be billed by."""
    pairs = read_frame(
        "select v.id, a.customer_class, count(*) as agreements"
        "  from rates_rateassignment a join rates_scheduleversion v on v.schedule_id = a.schedule_id"
        " where daterange(v.starts_on, v.ends_on) && daterange(a.starts_on, a.ends_on)"
        " group by v.id, a.customer_class order by v.id, a.customer_class"
    )
    versions = ScheduleVersion.objects.select_related("schedule").in_bulk()
    failures = []
    for version_id, class_name, agreements in pairs.iter_rows():
        version = versions[version_id]
        try:
            schedule = compile_document(version.document, version.format, version.schedule.code)
        except ScheduleRefused:
            continue
        if schedule.class_named(class_name) is None:
            failures.append(f"{version}: no class “{class_name}”, but {agreements} agreements are in it")
    return Outcome(RateAssignment.objects.count(), failures[:FAILURES_SHOWN])


PROOFS = (
    Proof(
        "versions-follow-each-other",
        "The versions of a rate schedule neither overlap nor leave a gap",
        versions_follow_each_other,
    ),
    Proof(
        "versions-compile",
        "Every adopted rate schedule can be read and priced",
        versions_compile,
    ),
    Proof(
        "assigned-classes-have-a-rate",
        "Every agreement's class has a rate in each version it may be billed by",
        assigned_classes_have_a_rate,
    ),
)
