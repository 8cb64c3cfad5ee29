"""How people come in: an administrator makes each person, so nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class SigningIn(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Allauth's own sign-in, without the door for strangers."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's signature
        """Refuse every sign-up."""
        return False
