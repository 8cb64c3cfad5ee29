"""People: added by somebody, let go and never deleted, with a trail that holds no password."""

import pytest

from curbstop.foundation.access.models import User
from curbstop.foundation.access.people import PersonRefused, add_person, let_go, person_called, set_password
from curbstop.foundation.access.roles import Role
from curbstop.foundation.access.signing_in import SigningIn
from curbstop.foundation.audit.models import AuditEvent, RowChange
from tests.conftest import NOON

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def add(person):
    """Return a function that adds a person, by an administrator."""
    by = person("admin")
    given = {"username": "ana", "full_name": "Ana María Díaz", "password": PASSWORD, "added_by": by, "at": NOON}
    return lambda **changed: add_person(**{**given, **changed})


class TestPersonCalled:
    def test_finds_who_works_here(self, person):
        ana = person("ana")
        assert person_called("ana") == ana

    def test_refuses_a_stranger_and_whoever_left(self, person):
        let_go(user=person("ana"), let_go_by=person("admin"), at=NOON)
        for name in ("ana", "nobody"):
            with pytest.raises(PersonRefused, match=f"nobody called {name}"):
                person_called(name)


class TestAddPerson:
    def test_lets_somebody_sign_in_without_any_role(self, add):
        ana = add()
        assert ana.check_password(PASSWORD)
        assert (ana.first_name, ana.last_name, ana.date_joined) == ("Ana María", "Díaz", NOON)
        assert not ana.roles
        assert AuditEvent.objects.get().event == "foundation.person.added"

    def test_takes_a_person_of_one_name(self, add):
        assert add(full_name="Ana").first_name == "Ana"

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"password": "short"}, "too short"),
            ({"password": "1qaz2wsx3edc"}, "too common"),
            ({"password": "ana-maria-diaz", "username": "ana-maria-diaz"}, "too similar"),
            ({"username": "ana; drop table"}, "Enter a valid username"),
            ({"username": "a" * 151}, "at most 150 characters"),
        ],
    )
    def test_refuses_a_weak_password_or_a_bad_name(self, add, changed, message):
        with pytest.raises(PersonRefused, match=message):
            add(**changed)
        assert set(User.objects.values_list("username", flat=True)) == {"admin", "installer"}
        assert not AuditEvent.objects.exists()

    def test_refuses_a_name_that_is_taken(self, add):
        add()
        with pytest.raises(PersonRefused, match="already somebody called ana"):
            add()
        assert User.objects.filter(username="ana").count() == AuditEvent.objects.count() == 1

    def test_leaves_no_password_in_the_trail(self, add):
        ana = add()
        set_password(user=ana, password="another long sentence", set_by=ana, at=NOON)
        trail = [str(change.changes) for change in RowChange.objects.filter(row_id=str(ana.pk))]
        assert len(trail) == 2
        assert not any(algorithm in entry for entry in trail for algorithm in ("md5$", "scrypt$", "pbkdf2"))


class TestSetPassword:
    def test_replaces_the_old_one(self, add):
        ana = add()
        set_password(user=ana, password="another long sentence", set_by=ana, at=NOON)
        assert User.objects.get(username="ana").check_password("another long sentence")

    def test_refuses_a_weak_one(self, add):
        ana = add()
        with pytest.raises(PersonRefused, match="too short"):
            set_password(user=ana, password="short", set_by=ana, at=NOON)
        assert User.objects.get(username="ana").check_password(PASSWORD)


class TestLetGo:
    def test_closes_the_door_and_keeps_the_person(self, person):
        cashier = person("cashier", Role.CASHIER)
        let_go(user=cashier, let_go_by=person("admin"), at=NOON)
        assert not User.objects.get(username="cashier").is_active
        assert cashier.role_grants.count() == 1

    def test_refuses_oneself(self, person):
        admin = person("admin", Role.ADMIN)
        with pytest.raises(PersonRefused, match="Nobody can lock oneself out"):
            let_go(user=admin, let_go_by=admin, at=NOON)
        assert User.objects.get(username="admin").is_active


class TestSigningIn:
    def test_has_no_door_for_strangers(self, rf):
        assert not SigningIn().is_open_for_signup(rf.get("/"))
