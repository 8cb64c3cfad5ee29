"""Pages that belong to no room: what a stranger and a machine see, and under which policy."""

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


class TestErrorPages:
    def test_say_what_to_do_when_a_page_is_missing(self, client):
        answer = client.get("/no-such-page/")

        assert answer.status_code == 404
        assert "This page does not exist" in answer.content.decode()

    def test_refuse_a_form_that_is_not_ours(self):
        answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"login": "a", "password": "b"})

        assert answer.status_code == 403
        assert "This form has expired" in answer.content.decode()

    def test_ask_the_database_for_nothing_when_all_fails(self, rf, django_assert_num_queries):
        from curbstop.foundation.web.errors import server_error

        with django_assert_num_queries(0):
            answer = server_error(rf.get("/"))

        assert answer.status_code == 500
        assert "Nothing was saved" in answer.content.decode()


class TestSignInPage:
    def test_labels_its_fields(self, client):
        page = client.get("/sign-in/").content.decode()

        assert '<label class="field__label" for="id_login">' in page
        assert 'type="password"' in page

    def test_offers_no_sign_up(self, client):
        page = client.get("/sign-in/").content.decode()

        assert "sign up" not in page.lower()
        assert client.get("/sign-in/signup/").status_code == 404

    def test_runs_no_script_of_the_page_itself(self, client):
        answer = client.get("/sign-in/")
        page = answer.content.decode()

        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert " style=" not in page
        assert not re.search(r"\son[a-z]+=", page)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
