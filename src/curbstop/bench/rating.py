"""How many bills a second the rate engine prices, beside NREL's PySAM and a bare NumPy loop.

One schedule of four tiers, the published residential water rate of a real city, over random use; then, where the
real readings are at hand, every reading of that city under its whole published file, each component apart. All
results are whole cents, and those of the three programs are compared before anything is timed.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curbstop.bench.figures import Measured, median
from curbstop.cli.answers import screen
from curbstop.rates.domain.batches import PIECE_ROWS, bills_of
from curbstop.rates.domain.compiling import compile_document
from curbstop.rates.imports import rate_file_in

ROWS = 4_000_000
FULL_ROWS = 40_000_000
ROUNDS = 3
WORKERS = 2
# Santa Monica's single-family water of March 2016, by the hundred cubic feet of two months.
ENDS = (14, 40, 148)
PRICES_CENTS = (287, 429, 644, 1007)
USE_MAX = 300
TARIFF = """
tariff: four_tiers
service: water
effective: 2016-03-01
name: {en: Water, es: Agua}
unit: ccf
section: Published water rates
components:
  - key: water
    service: water
    label: {en: Water use, es: Consumo de agua}
    classes: [HOME]
    tiers:
      - {up_to: 14, price: 2.87}
      - {up_to: 40, price: 4.29}
      - {up_to: 148, price: 6.44}
      - {price: 10.07}
"""
REAL_RATES = "owrs/rates"
REAL_FILE = "California/Santa Monica City of - 2581/Older/smc-2016-03-01.owrs"
REAL_READS = "water_reads_santamonica/water_reads_santamonica.csv.gz"
# The readings have no meter size; the file's lookup needs one.
REAL_INPUTS = {"meter_size": '5/8"', "water_type": "POTABLE"}
REPEATED = 10
# PySAM bills a year of hours: twelve bills a call.
HOURS = 8760
MONTHS = 12
PYSAM_SECONDS = 3.0

Cents = npt.NDArray[np.int64]


def measure(*, accounts: int = 0, is_full: bool = False) -> Measured:
    """Price random use on four tiers, and the real city where its readings are at hand."""
    rows = accounts or (FULL_ROWS if is_full else ROWS)
    use = np.random.default_rng(1).integers(0, USE_MAX, rows)
    schedule = compile_document(TARIFF, "tariff", "four_tiers")
    frame = pl.DataFrame({"usage": use, "customer_class": pl.repeat("HOME", rows, eager=True)})
    assert (bills_of(schedule, frame, workers=WORKERS).cents == _by_numpy(use)).all(), "both say the same cents"
    ours, bare = _in_turn(lambda: bills_of(schedule, frame, workers=WORKERS), lambda: _by_numpy(use))
    figures = {"bills_per_second": rows / ours, "numpy_bills_per_second": rows / bare}
    ratios = {"vs_numpy": bare / ours}
    pysam = _pysam_bills_per_second()
    if pysam is not None:
        figures["pysam_bills_per_second"] = pysam
        ratios["vs_pysam"] = rows / ours / pysam
    return Measured("rating", figures | _real_city(), ratios)


def _in_turn(*works: Callable[[], object]) -> list[float]:
    """Return the median seconds of each, taken one after the other so that all see the same neighbors."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, seconds in zip(works, taken, strict=True):
            begun = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - begun)
    return [median(seconds) for seconds in taken]


def _by_numpy(use: Cents) -> Cents:
    """Return the same bills by a bare loop over the tiers, in pieces and on threads as the engine."""
    bills = np.empty(len(use), dtype=np.int64)

    def price(start: int) -> None:
        piece = use[start : start + PIECE_ROWS]
        total = np.zeros(len(piece), dtype=np.int64)
        for begin, end, price in zip((0, *ENDS), (*ENDS, None), PRICES_CENTS, strict=True):
            quantity = np.maximum((piece if end is None else np.minimum(piece, end)) - begin, 0)
            total += quantity * price
        bills[start : start + PIECE_ROWS] = total

    with ThreadPoolExecutor(WORKERS) as threads:
        list(threads.map(price, range(0, len(use), PIECE_ROWS)))
    return bills


def _real_city() -> dict[str, float]:
    """Price all real readings, five classes mixed, each component apart; nothing where they are not at hand."""
    folder = Path(os.environ.get("DATA", "../shared/data"))
    if not (folder / REAL_READS).exists():
        screen.print(f"No real readings under {folder}: set DATA to their folder. The mixed file is left out.")
        return {}
    schedule = rate_file_in(folder / REAL_RATES, REAL_FILE)
    reads = pl.read_csv(folder / REAL_READS, infer_schema=False).filter(pl.col("cust_class").is_in(schedule.classes))
    inputs = [pl.lit(value).alias(name) for name, value in REAL_INPUTS.items()]
    usage = pl.col("usage_ccf").cast(pl.Int64).alias("usage")
    once = reads.select(usage, customer_class="cust_class").with_columns(inputs)
    frame = pl.concat([once] * REPEATED)
    first = bills_of(schedule, frame, workers=WORKERS, with_components=True)
    assert not first.refusals, "every reading has a bill"
    assert (np.sum(list(first.components.values()), axis=0) == first.cents).all(), "components add up to the bill"
    (seconds,) = _in_turn(lambda: bills_of(schedule, frame, workers=WORKERS, with_components=True))
    return {"mixed_bills": float(frame.height), "mixed_bills_per_second": frame.height / seconds}


def _pysam_bills_per_second() -> float | None:
    """Return what PySAM's utility rate model does on one core, or nothing where it is not installed."""
    if find_spec("PySAM") is None:
        screen.print("PySAM is not installed: pip install 'curbstop[bench]' adds its figure.")
        return None
    model = _pysam(np.full(HOURS, 0.05))
    bills = 0
    begun = time.perf_counter()
    while (taken := time.perf_counter() - begun) < PYSAM_SECONDS:
        model.execute(0)
        bills += MONTHS
    use = np.array(model.Outputs.year1_monthly_load)
    expected = _by_numpy_exactly(use)
    assert np.allclose(model.Outputs.year1_monthly_ec_charge_without_system, expected), "PySAM says the same"
    return bills / taken


def _by_numpy_exactly(use: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    edges = np.array([0, *ENDS, np.inf])
    quantities = np.clip(use[:, None], edges[:-1], edges[1:]) - edges[:-1]
    return np.asarray(quantities @ (np.array(PRICES_CENTS) / 100))


def _pysam(load: Sequence[float] | npt.NDArray[np.float64]) -> Any:
    """Return PySAM's model of the four tiers, without a solar system."""
    model = import_module("PySAM.Utilityrate5").new()
    all_hours = [[1] * 24] * MONTHS
    tiers = [
        [1, number, end, 0, cents / 100, 0]
        for number, (end, cents) in enumerate(zip((*ENDS, 1e38), PRICES_CENTS, strict=True), start=1)
    ]
    model.assign(
        {
            "Lifetime": {"analysis_period": 1, "inflation_rate": 0, "system_use_lifetime_output": 0},
            "SystemOutput": {"gen": [0.0] * HOURS, "degradation": [0.0]},
            "Load": {"load": list(load)},
            "ElectricityRates": {
                "rate_escalation": [0.0], "en_electricity_rates": 1, "ur_metering_option": 0,
                "ur_nm_yearend_sell_rate": 0.0, "ur_monthly_fixed_charge": 0.0, "ur_monthly_min_charge": 0.0,
                "ur_annual_min_charge": 0.0, "ur_ec_sched_weekday": all_hours, "ur_ec_sched_weekend": all_hours,
                "ur_ec_tou_mat": tiers, "ur_dc_enable": 0, "ur_en_ts_sell_rate": 0, "ur_en_ts_buy_rate": 0,
                "ur_sell_eq_buy": 0, "ur_nm_credit_month": 0, "ur_nm_credit_rollover": 0,
            },
        }
    )  # fmt: skip
    return model
