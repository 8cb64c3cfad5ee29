"""What nobody may do to the journal: every forbidden statement, as every login, against every journal table."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.ledger.conftest import DAY, NOON, Books, row_counts

pytestmark = pytest.mark.django_db(transaction=True)

JOURNAL = (
    "ledger_entry",
    "ledger_posting",
    "ledger_openitem",
    "ledger_allocation",
    "ledger_entryidreservation",
    "ledger_seal",
    "ledger_sealepoch",
)
APPLICATIONS = ("app_staff", "app_batch", "app_auditor")
EVERYBODY = (*APPLICATIONS, "curbstop_owner", "postgres")
A_COLUMN = {
    "ledger_entry": "memo",
    "ledger_posting": "debit_cents",
    "ledger_openitem": "amount_cents",
    "ledger_allocation": "amount_cents",
    "ledger_entryidreservation": "entries",
    "ledger_seal": "hash",
    "ledger_sealepoch": "reason",
}
REFUSED = (
    errors.InsufficientPrivilege,
    errors.CheckViolation,
    errors.ReadOnlySqlTransaction,
    errors.FeatureNotSupported,  # truncate of a table that an ordinary foreign key points to
)
WAYS_ROUND = (
    "alter table ledger_entry disable trigger all",
    "drop trigger ledger_entry_append_only on ledger_entry",
    "drop table ledger_posting cascade",
    "set session_replication_role = replica",
    "set role curbstop_owner",
    (
        "insert into ledger_entryidreservation (first_entry_id, entries, items, xact, created_at)"
        " values (1, 50000, 0, pg_current_xact_id(), transaction_timestamp())"
    ),
    (
        "insert into ledger_seal (number, epoch, from_xact, to_xact, entries, previous_hash, hash, sealed_at)"
        " values (99, 1, '1', '2', 0, '', '', now())"
    ),
    "insert into ledger_sealepoch (number, reason, began_at) values (2, 'x', now())",
    "select ledger_begin_seal_epoch('mine')",
    "select ledger_draw_block('ledger_entry_id_seq', 5)",
    "select setval('ledger_entry_id_seq', 1)",
    "copy ledger_entry to '/tmp/entries'",
    "select pg_read_file('/etc/passwd')",
    "create table mine (id int)",
)
Connect = Callable[[str], psycopg.Connection[tuple[Any, ...]]]


@pytest.fixture
def posted(make_books: Callable[[], Books]) -> Books:
    """Books with a row in every journal table."""
    from tests.ledger.conftest import seal

    books = make_books()
    books.pay((books.bill(1_000), 400))
    seal()
    return books


class TestChangeNothing:
    @pytest.mark.parametrize("role", EVERYBODY)
    def test_refuses_update_delete_and_truncate(self, posted: Books, connect_as: Connect, role: str) -> None:
        before, connection = row_counts(), connect_as(role)

        for table in JOURNAL:
            column = A_COLUMN[table]
            for statement in (
                f"update {table} set {column} = {column}",
                f"update {table} set {column} = {column} where false",
                f"delete from {table}",
                f"truncate {table}",
                f"truncate {table} cascade",
                f"merge into {table} using (values (1)) v on true when matched then delete",
            ):
                with pytest.raises(REFUSED):
                    connection.execute(statement)

        assert row_counts() == before

    @pytest.mark.parametrize("role", EVERYBODY)
    def test_refuses_to_overwrite_on_conflict(self, posted: Books, connect_as: Connect, role: str) -> None:
        with pytest.raises(REFUSED):
            connect_as(role).execute(
                "insert into ledger_posting (entry_id, line_number, gl_account_id, debit_cents, credit_cents)"
                " select entry_id, line_number, gl_account_id, 1, 0 from ledger_posting"
                " on conflict (entry_id, line_number) do update set debit_cents = 1"
            )

    @pytest.mark.parametrize("role", APPLICATIONS)
    def test_refuses_to_go_round_the_rules(self, posted: Books, connect_as: Connect, role: str) -> None:
        connection = connect_as(role)
        for statement in WAYS_ROUND:
            with pytest.raises(psycopg.Error):
                connection.execute(statement)

    @pytest.mark.parametrize("role", ["app_staff", "app_batch"])
    def test_refuses_to_choose_a_mark(self, posted: Books, connect_as: Connect, role: str) -> None:
        connection = connect_as(role)
        for column in ("epoch", "xact", "created_at", "row_hash"):
            with pytest.raises((errors.InsufficientPrivilege, errors.GeneratedAlways)):
                connection.execute(f"insert into ledger_entry (id, {column}) values (1, null)")

    @pytest.mark.parametrize("role", ["app_staff", "app_batch", "curbstop_owner", "postgres"])
    def test_refuses_to_delete_what_the_journal_names(self, posted: Books, connect_as: Connect, role: str) -> None:
        connection = connect_as(role)
        for table in ("ledger_glaccount", "ledger_service", "ledger_debtor", "foundation_user"):
            for statement in (
                f"delete from {table}",
                f"update {table} set id = id + 1000",
                f"truncate {table} cascade",
            ):
                with pytest.raises(REFUSED):
                    connection.execute(statement)


class TestAddNothing:
    """As app_staff, which may insert: only what this transaction reserved, whole, balanced and in an open period."""

    ENTRY = (
        "insert into ledger_entry (id, kind, business_date, memo, actor_id, source, posted_at)"
        " {overriding} values (%s, 'x', %s, '', %s, 'x:1', %s)"
    )
    POSTING = (
        "insert into ledger_posting (entry_id, line_number, gl_account_id, debit_cents, credit_cents)"
        " values (%(entry)s, %(n)s, %(cash)s, 5, 0), (%(entry)s, %(n)s + 1, %(sales)s, 0, %(credit)s)"
    )

    @pytest.fixture
    def staff(self, connect_as: Connect) -> psycopg.Connection[tuple[Any, ...]]:
        connection = connect_as("app_staff")
        connection.autocommit = False
        return connection

    def reserve(self, staff: Any, entries: int = 1, items: int = 0) -> tuple[int, int]:
        return staff.execute("select * from ledger_reserve_entry_ids(%s, %s)", [entries, items]).fetchone()

    def insert_entry(self, staff: Any, books: Books, entry_id: int, overriding: str = "") -> None:
        staff.execute(self.ENTRY.format(overriding=overriding), [entry_id, DAY, books.clerk.pk, NOON])

    def insert_lines(self, staff: Any, books: Books, entry_id: int, *, n: int = 1, credit: int = 5) -> None:
        cash, sales = books.accounts["501-000-1010"], books.accounts["501-400-4010"]
        staff.execute(self.POSTING, {"entry": entry_id, "n": n, "cash": cash, "sales": sales, "credit": credit})

    @pytest.fixture(autouse=True)
    def nothing_is_added(self, posted: Books, staff: Any) -> Any:
        before = row_counts()
        yield
        staff.rollback()
        assert row_counts() == before

    @pytest.mark.parametrize("overriding", ["", "overriding system value", "overriding user value"])
    def test_refuses_a_guessed_id(self, posted: Books, staff: Any, overriding: str) -> None:
        with pytest.raises(errors.CheckViolation, match="not reserved"):
            self.insert_entry(staff, posted, 10**9, overriding)

    def test_refuses_an_id_of_another_transaction(self, posted: Books, staff: Any, connect_as: Connect) -> None:
        other = connect_as("app_staff")
        ((reserved, _),) = [self.reserve(other)]

        with pytest.raises(errors.CheckViolation, match="not reserved"):
            self.insert_entry(staff, posted, reserved)

    def test_refuses_one_id_more_than_reserved(self, posted: Books, staff: Any) -> None:
        first, _ = self.reserve(staff, entries=2)

        with pytest.raises(errors.CheckViolation, match="not reserved"):
            self.insert_entry(staff, posted, first + 2)

    def test_refuses_an_empty_entry_at_commit(self, posted: Books, staff: Any) -> None:
        self.insert_entry(staff, posted, self.reserve(staff)[0])

        with pytest.raises(errors.CheckViolation, match="no postings"):
            staff.commit()

    def test_refuses_lines_that_do_not_balance(self, posted: Books, staff: Any) -> None:
        entry_id = self.reserve(staff)[0]
        self.insert_entry(staff, posted, entry_id)

        with pytest.raises(errors.CheckViolation, match="does not balance"):
            self.insert_lines(staff, posted, entry_id, credit=4)

    def test_refuses_balanced_lines_on_an_older_entry(self, posted: Books, staff: Any) -> None:
        from curbstop.ledger.models import Entry

        with pytest.raises(errors.CheckViolation, match="not of this transaction"):
            self.insert_lines(staff, posted, Entry.objects.earliest("pk").pk, n=3)

    def test_refuses_balanced_lines_after_the_entry_was_checked(self, posted: Books, staff: Any) -> None:
        entry_id = self.reserve(staff)[0]
        self.insert_entry(staff, posted, entry_id)
        self.insert_lines(staff, posted, entry_id)
        staff.execute("set constraints all immediate")

        with pytest.raises(errors.CheckViolation, match="at once"):
            self.insert_lines(staff, posted, entry_id, n=3)

    def test_refuses_an_item_after_the_entry_was_closed(self, posted: Books, staff: Any) -> None:
        entry_id, item_id = self.reserve(staff, items=1)
        self.insert_entry(staff, posted, entry_id)
        self.insert_lines(staff, posted, entry_id)

        with pytest.raises(errors.CheckViolation, match="closed or of another"):
            self.insert_item(staff, posted, entry_id, item_id)

    def test_refuses_a_guessed_open_item_id(self, posted: Books, staff: Any) -> None:
        entry_id = self.reserve(staff)[0]
        self.insert_entry(staff, posted, entry_id)

        with pytest.raises(errors.CheckViolation, match="not reserved"):
            self.insert_item(staff, posted, entry_id, 10**9)

    def insert_item(self, staff: Any, books: Books, entry_id: int, item_id: int) -> None:
        staff.execute(
            "insert into ledger_openitem (id, entry_id, debtor_id, service_id, due_on, amount_cents, priority, charge,"
            " source, label) values (%s, %s, %s, %s, %s, 5, 0, 'principal', 'x', 'x')",
            [item_id, entry_id, books.debtors[0], books.services["water"], DAY],
        )

    def test_refuses_to_give_back_more_than_was_taken(self, posted: Books, staff: Any) -> None:
        from curbstop.ledger.models import Allocation

        forward = Allocation.objects.get()
        entry_id = self.reserve(staff)[0]
        self.insert_entry(staff, posted, entry_id)

        with pytest.raises(errors.CheckViolation, match="gives back"):
            staff.execute(
                "insert into ledger_allocation (open_item_id, entry_id, amount_cents, reverses_id)"
                " values (%s, %s, %s, %s)",
                [forward.open_item_id, entry_id, forward.amount_cents + 1, forward.pk],
            )

    def test_refuses_a_snapshot_that_hides_what_others_paid(self, posted: Books, staff: Any) -> None:
        staff.execute("set transaction isolation level repeatable read")
        entry_id = self.reserve(staff)[0]

        with pytest.raises(errors.CheckViolation, match="READ COMMITTED"):
            self.insert_entry(staff, posted, entry_id)

    def test_accepts_an_entry_written_inside_a_savepoint(self, posted: Books, staff: Any) -> None:
        entry_id = self.reserve(staff)[0]
        with staff.transaction():
            self.insert_entry(staff, posted, entry_id)
        with staff.transaction():
            self.insert_lines(staff, posted, entry_id)
        staff.execute("set constraints all immediate")
