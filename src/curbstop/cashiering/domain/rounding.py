"""Cash without pennies: only the cash that remains after every other tender is rounded.

At the nearest five cents 86.42 is paid with 86.40 and 86.43 with 86.45. The bill is settled in
full; the difference belongs to a rounding account, never to the customer and never to over/short.
"""


def round_cash(cents: int, *, nearest_cents: int) -> int:
    """Return the cash to collect for an amount in cents, rounded symmetrically.

    Final digits 1, 2, 6 and 7 go down, 3, 4, 8 and 9 go up when the nearest coin is five cents
    (guidance of the US Treasury and the Kentucky League of Cities on the penny, 2025).

    >>> [round_cash(c, nearest_cents=5) for c in (8642, 8643, 8647, 8648)]
    [8640, 8645, 8645, 8650]
    """
    assert cents >= 0, "cash to collect is never negative"
    assert nearest_cents >= 1, "the smallest coin has a value"
    return (cents + nearest_cents // 2) // nearest_cents * nearest_cents
