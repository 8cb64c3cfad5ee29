"""What a partition's bills become in the ledger, as columns: one entry a bill, one item a service.

A bill of $30 for water and $12 for sewer debits each service's receivable and credits its revenue,
and leaves two open items, due on one day.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl


@dataclass(frozen=True, slots=True)
class Journal:
    """Entries, postings and open items; `entry_index` counts the entries from 0."""

    entries: pl.DataFrame
    postings: pl.DataFrame
    items: pl.DataFrame


def journal_of(bills: pl.DataFrame, totals: pl.DataFrame, services: pl.DataFrame, *, due_on: date) -> Journal:
    """Return the journal of bills with an amount, in the order of their numbers.

    `bills`: number, account_id, debtor_id, total_cents. `totals`: account_id, service_id, cents.
    `services`: service_id, name, receivable_id, revenue_id, rank.
    """
    charged = bills.filter(pl.col("total_cents") > 0).sort("number").with_row_index("entry_index")
    source = pl.format("billing.bill:{}", pl.col("number"))
    entries = charged.select(source.alias("source"))
    shares = (
        totals.filter(pl.col("cents") != 0)
        .join(charged, on="account_id")
        .join(services, on="service_id")
        .with_columns(pl.col("entry_index").cast(pl.Int64), source.alias("source"))
        .sort("entry_index", "rank", "service_id")
    )
    assert (shares["cents"] > 0).all(), "a service with a credit is held, never released"
    return Journal(
        entries=entries,
        postings=_postings(shares),
        items=shares.select(
            "entry_index",
            "debtor_id",
            "service_id",
            pl.lit(due_on, pl.Date).alias("due_on"),
            pl.col("cents").alias("amount_cents"),
            pl.col("rank").alias("priority"),
            "source",
            pl.format("{}, bill {}", pl.col("name"), pl.col("number")).alias("label"),
        ),
    )


def _postings(shares: pl.DataFrame) -> pl.DataFrame:
    zero = pl.lit(0, pl.Int64)
    debited = shares.select(
        "entry_index",
        pl.col("receivable_id").alias("gl_account_id"),
        "debtor_id",
        pl.col("cents").alias("debit_cents"),
        zero.alias("credit_cents"),
    )
    credited = shares.select(
        "entry_index",
        pl.col("revenue_id").alias("gl_account_id"),
        pl.lit(None, pl.Int64).alias("debtor_id"),
        zero.alias("debit_cents"),
        pl.col("cents").alias("credit_cents"),
    )
    return pl.concat([debited, credited]).sort("entry_index", maintain_order=True)
