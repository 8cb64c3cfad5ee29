"""What the customers room promises, recomputed from its rows."""

from curbstop.customers.models import Account, ServiceAgreement
from curbstop.foundation.database.copying import read_frame
from curbstop.foundation.proofs import Outcome, Proof

FAILURES_SHOWN = 100


def _failures(query: str) -> list[str]:
    return read_frame(f"{query} limit {FAILURES_SHOWN}")["failure"].to_list()


def one_responsible_account() -> Outcome:
    """Compare each agreement with the next on its service point, without the constraint that forbids it."""
    query = """
        select format('service point %s: agreement %s is not over when %s starts on %s',
                      service_point_id, id, follower, follows_on) as failure
          from (select service_point_id, id, ends_on,
                       lead(id) over w as follower, lead(starts_on) over w as follows_on
                  from customers_serviceagreement
                window w as (partition by service_point_id order by starts_on, id)) pair
         where follower is not null and (ends_on is null or ends_on > follows_on)"""
    return Outcome(checked=ServiceAgreement.objects.count(), failures=_failures(query))


def debtor_of_every_account() -> Outcome:
    """Look up the debtor of each account, and whether two accounts share one."""
    query = """
        select format('account %s: its debtor %s is missing or shared', a.number, a.debtor_id) as failure
          from customers_account a left join ledger_debtor d on d.id = a.debtor_id
         where d.id is null
            or exists (select from customers_account b where b.debtor_id = a.debtor_id and b.id <> a.id)"""
    return Outcome(checked=Account.objects.count(), failures=_failures(query))


def agreements_inside_accounts() -> Outcome:
    """Compare the days of each agreement with those of its account, and their premises."""
    query = """
        select format('agreement %s lies outside account %s', g.id, a.number) as failure
          from customers_serviceagreement g
          join customers_account a on a.id = g.account_id
          join customers_servicepoint p on p.id = g.service_point_id
         where g.starts_on < a.opened_on
            or p.premises_id <> a.premises_id
            or (a.closed_on is not null and (g.ends_on is null or g.ends_on > a.closed_on))"""
    return Outcome(checked=ServiceAgreement.objects.count(), failures=_failures(query))


PROOFS = (
    Proof(
        "one-responsible-account",
        "No service point has two responsible accounts on one day",
        one_responsible_account,
    ),
    Proof(
        "debtor-of-every-account",
        "Every account points to a debtor of its own in the ledger",
        debtor_of_every_account,
    ),
    Proof(
        "agreements-inside-accounts",
        "Every agreement lies inside the days and the premises of its account",
        agreements_inside_accounts,
    ),
)
