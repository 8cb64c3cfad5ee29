"""What waits for a person, one question to the database for each kind of work; and the menu in groups."""

from typing import Any

from django.urls import reverse

from curbstop.rates.models import ScheduleVersion
from curbstop.rates.operations import begin_draft, propose_draft
from curbstop.staff.queries.home import WORK, cards_of
from curbstop.staff.queries.menu import GROUPS, frame_of
from tests.billing.conftest import NOON, TODAY, WATER, Town, people, town

__all__ = ["people", "town"]


class TestHome:
    def test_asks_once_for_each_kind_of_work(self, town: Town, django_assert_max_num_queries: Any) -> None:
        manager = town.people["manager"]
        frame_of(manager, path="/")  # Who may do what is known from here on.
        with django_assert_max_num_queries(len(WORK)):
            cards_of(manager)

    def test_counts_what_a_second_person_decides(self, town: Town, client: Any) -> None:
        town.use(town.account(), "6")
        town.draft()
        base = ScheduleVersion.objects.get(schedule__code="water")
        draft = begin_draft(
            base=base, document=WATER.replace("3.00", "3.50"), by=town.people["supervisor"], at=NOON
        )  # fmt: skip
        propose_draft(draft=draft, starts_on=TODAY, on=TODAY, by=town.people["supervisor"], at=NOON)
        counts = {card.title: card.count for card in cards_of(town.people["manager"])}
        assert (counts["Runs to approve"], counts["Tariffs to adopt"]) == ("1", "1")
        assert "Tariffs to adopt" not in {card.title for card in cards_of(town.people["supervisor"])}
        client.force_login(town.people["manager"])
        page = client.get("/").content.decode()
        assert page.index("Tariffs to adopt") < page.index("Nothing waits here") < page.index("Waivers to approve")


class TestMenu:
    def test_has_only_places_that_a_person_may_go(self, town: Town, client: Any) -> None:
        client.force_login(town.people["auditor"])
        frame = frame_of(town.people["auditor"], path="/")
        for group in frame.menu:
            for link in group.links:
                assert client.get(link.address).status_code == 200, link.label

    def test_marks_the_deepest_place_and_its_group(self, town: Town) -> None:
        frame = frame_of(town.people["manager"], path=reverse("billing:adjustments") + "7/")
        current = [(group.label, link.label) for group in frame.menu for link in group.links if link.is_current]
        assert current == [("Billing", "Adjustments")]
        assert [group.label for group in frame.menu if group.is_current] == ["Billing"]

    def test_names_every_place_once(self) -> None:
        routes = [route for _, places in GROUPS for _, route, _ in places]
        assert len(routes) == len(set(routes))
