"""Every page names the permission it needs, or says out loud that it is public."""

from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver

# allauth's own views: signing in is for anybody, signing out for whoever is signed in.
OTHERS_PAGES = {"account_login", "account_logout"}


def pages(patterns: Any) -> Iterator[Any]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from pages(pattern.url_patterns)
        else:
            yield pattern


class TestEveryPage:
    def test_names_a_permission_or_says_that_it_is_public(self) -> None:
        unguarded = [
            f"{page.callback.__module__}.{page.callback.__name__}"
            for page in pages(get_resolver().url_patterns)
            if page.name not in OTHERS_PAGES
            if not hasattr(page.callback, "required_permission") and not hasattr(page.callback, "public")
        ]

        assert unguarded == []

    def test_comes_from_a_room_or_is_one_of_the_two_that_are_not_ours(self) -> None:
        foreign = [
            page.name
            for page in pages(get_resolver().url_patterns)
            if not page.callback.__module__.startswith("curbstop.") and page.name not in OTHERS_PAGES
        ]

        assert foreign == []
