"""Asking for a rate study, and carrying it out in the background."""

from concurrent.futures import Executor
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from curbstop.foundation import audit
from curbstop.foundation.access.models import User
from curbstop.foundation.database.transactions import transaction
from curbstop.foundation.jobs import app as jobs
from curbstop.rates.queries import NoSuchVersion, version_on
from curbstop.reports.domain.studies import Affordability, Household, told
from curbstop.reports.models import RateStudy
from curbstop.reports.queries.what_if import Question, question_of, study_city

QUEUE = "reports"


class StudyRefused(Exception):
    """The rate study was not begun."""


@transaction
def ask_for_study(*, question: Question, asked: Affordability, by: User, at: datetime) -> RateStudy:
    """Keep what is to be studied and give it to a worker.

    :raises StudyRefused: if the days are in the wrong order
    :raises NoSuchVersion: if no version of the schedule is in force on the last of them
    """
    if question.to_on <= question.from_on:
        raise StudyRefused("The last day must not be before the first.")
    study = RateStudy.objects.create(
        schedule=version_on(question.schedule, question.to_on - timedelta(days=1)).schedule,
        draft=question.draft,
        draft_format=question.draft_format,
        from_on=question.from_on,
        to_on=question.to_on,
        affordability=_kept(asked),
        asked_by=by,
        asked_at=at,
    )
    audit.record(
        actor=by, event="reports.rate_study.asked", subject=study, at=at,
        detail={"schedule": question.schedule, "from": str(question.from_on), "to": str(question.to_on)},
    )  # fmt: skip
    jobs.configure_task("reports.study_rates", queue=QUEUE).defer(study_id=study.pk)
    return study


def carry_out(*, study_id: int, at: datetime, executor: Executor | None = None) -> None:
    """Study the whole city, telling after each part how far it is, and keep what came of it.

    A study that cannot be made says why on its page.
    """
    study = RateStudy.objects.select_related("schedule").get(pk=study_id)
    if study.finished_at is not None:
        return
    try:
        question = question_of(
            study.schedule.code, draft=study.draft, draft_format=study.draft_format,
            from_on=study.from_on, to_on=study.to_on,
        )  # fmt: skip
    except NoSuchVersion as refusal:
        _finish(study_id, finished_at=at, failure=str(refusal))
        return
    part = study_city(question, executor=executor, on_part=lambda done, parts: _advance(study_id, done, parts))
    buffer = BytesIO()
    part.accounts.write_parquet(buffer)
    results = told(part, _read(study.affordability))
    _finish(study_id, finished_at=at, results=results, accounts=buffer.getvalue())


@transaction
def _advance(study_id: int, done: int, parts: int) -> None:
    RateStudy.objects.filter(pk=study_id).update(parts_done=done, parts=parts)


@transaction
def _finish(study_id: int, **found: Any) -> None:
    RateStudy.objects.filter(pk=study_id, finished_at=None).update(**found)


def _kept(asked: Affordability) -> dict[str, Any]:
    return {
        "households": [{name: str(value) for name, value in asdict(each).items()} for each in asked.households],
        "classes": list(asked.classes),
        "percent_max": None if asked.percent_max is None else str(asked.percent_max),
    }


def _read(kept: dict[str, Any]) -> Affordability:
    percent = kept.get("percent_max")
    return Affordability(
        tuple(Household(each["name"], Decimal(each["income"])) for each in kept.get("households", [])),
        tuple(kept.get("classes", [])),
        None if percent is None else Decimal(percent),
    )
