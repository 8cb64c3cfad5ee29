"""Days of intervals as the bytes that PostgreSQL's binary COPY takes: a row is built for all meters at once.

An `int[]` of 24 is a heading of 20 bytes and then, for each element, its length and its four bytes; a null is its
length of -1 alone.
"""

from datetime import date

import numpy as np
import numpy.typing as npt

from curbstop.metering.domain.intervals import EPOCH, MISSING, Days, Whole

# PostgreSQL counts days from January 1, 2000.
POSTGRES_EPOCH_DAYS = (date(2000, 1, 1) - EPOCH).days
INT4_OID = 23
COLUMNS = ("installation_id", "day", "minutes", "used_e4", "missing", "interval_import_id", "uses")
HEAD = np.dtype(
    [
        ("fields", ">i2"),
        ("l1", ">i4"), ("installation", ">i8"),
        ("l2", ">i4"), ("day", ">i4"),
        ("l3", ">i4"), ("minutes", ">i2"),
        ("l4", ">i4"), ("used", ">i8"),
        ("l5", ">i4"), ("missing", ">i2"),
        ("l6", ">i4"), ("import", ">i8"),
        ("l7", ">i4"), ("dimensions", ">i4"), ("has_null", ">i4"), ("oid", ">i4"), ("size", ">i4"), ("bound", ">i4"),
    ]
)  # fmt: skip
ELEMENT = np.dtype([("bytes", ">i4"), ("value", ">i4")])
ARRAY_HEAD_BYTES = 20


def encoded(days: Days, installation_ids: Whole, import_id: int) -> bytes:
    """Return the rows of days as binary COPY takes them, without its header and trailer."""
    missing, total = days.missing(), days.total()
    parts = []
    # A day of 23 hours is shorter than others, so each length is built by itself.
    for length in np.unique(days.length).tolist():
        rows = days.length == length
        head = np.zeros(int(rows.sum()), dtype=HEAD)
        head["fields"] = len(COLUMNS)
        head["l1"], head["l2"], head["l3"], head["l4"], head["l5"], head["l6"] = 8, 4, 2, 8, 2, 8
        head["installation"] = installation_ids[days.meter[rows]]
        head["day"] = days.day[rows] - POSTGRES_EPOCH_DAYS
        head["minutes"] = days.minutes
        head["used"], head["missing"], head["import"] = total[rows], missing[rows], import_id
        head["dimensions"], head["oid"], head["size"], head["bound"] = 1, INT4_OID, length, 1
        head["has_null"] = missing[rows] > 0
        head["l7"] = ARRAY_HEAD_BYTES + length * ELEMENT.itemsize - 4 * missing[rows]
        parts.append(_bytes(head, days.uses[rows, :length]))
    return b"".join(parts)


def _bytes(head: npt.NDArray[np.void], uses: npt.NDArray[np.int32]) -> bytes:
    cells = np.zeros(uses.shape, dtype=ELEMENT)
    is_missing = uses == MISSING
    cells["bytes"] = np.where(is_missing, -1, 4)
    cells["value"] = uses
    rows = len(head)
    whole = np.hstack([head.view(np.uint8).reshape(rows, -1), cells.view(np.uint8).reshape(rows, -1)])
    if not is_missing.any():
        return whole.tobytes()
    # A null has no bytes of its own.
    kept = np.ones(whole.shape, dtype=np.bool_)
    of_value = np.zeros(ELEMENT.itemsize, dtype=np.bool_)
    of_value[4:] = True
    dropped = (is_missing[:, :, None] & of_value).reshape(rows, -1)
    kept[:, HEAD.itemsize :] = ~dropped
    return whole[kept].tobytes()
