"""Made-up people in made-up streets: an intake of any size, the same for the same seed.

No name here is taken from a register; a name that somebody really has is chance. Telephone numbers are
of the 555-01xx kind that belongs to nobody.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from curbstop.journeys.domain.intake import Intake, intake_of

FIRST_ACCOUNT = 100_001
FIRST_NAMES = (
    "Ada", "Amara", "Ana", "Arturo", "Bea", "Benito", "Camila", "Chidi", "Clara", "Dao", "Dolores", "Edgar", "Elena",
    "Emeka", "Esme", "Farah", "Felix", "Grace", "Hana", "Hector", "Ines", "Iris", "Jamal", "Joaquín", "Juno", "Karim",
    "Keiko", "Lars", "Leila", "Lucía", "Malik", "Mei", "Mira", "Nadia", "Noor", "Omar", "Otis", "Pilar", "Priya",
    "Quinn", "Rafael", "Rosa", "Ruth", "Salma", "Siobhán", "Tomás", "Uma", "Vera", "Wendell", "Ximena", "Yusuf", "Zora",
)  # fmt: skip
SURNAMES = (
    "Abara", "Achterberg", "Alcázar", "Bellweather", "Birchwood", "Castellanos", "Colquitt", "Dabrowski", "Delgado",
    "Eastling", "Echeverría", "Fairbairn", "Featherston", "Garza", "Greenhalgh", "Haddad", "Hollis", "Ibarra",
    "Ironside", "Jankowski", "Juárez", "Kingfisher", "Kowalczyk", "Lindqvist", "Lovelace", "Marchetti", "Montoya",
    "Nakagawa", "Núñez", "O’Dell", "Okonkwo", "Pemberton", "Peñalosa", "Quillfeather", "Ramaswamy", "Rosenthal",
    "Sandoval", "Silverlake", "Tannenbaum", "Thistlewood", "Umber", "Valdivia", "Vance", "Wetherby", "Whitlock",
    "Xu", "Yarrow", "Yoder", "Zamora", "Zeller",
)  # fmt: skip
STREETS = (
    "Acorn Ave", "Alder St", "Bittern Ct", "Blackbird Ln", "Bluestem Rd", "Boatyard St", "Bridge St", "Canal St",
    "Cattail Dr", "Cedar St", "Chandler St", "Cloverleaf Ave", "Coopers Row", "Cormorant Way", "Depot St",
    "Dogwood Ave", "Egret Ln", "Elderberry Ct", "Ferry Rd", "Fiddlers Green", "Finch St", "Foundry St", "Goldenrod Dr",
    "Granary St", "Harbor St", "Hawthorn Ave", "Heron St", "Hickory St", "Ironworks Ave", "Jasper St", "Juniper Ln",
    "Kestrel Ct", "Kingbird Dr", "Larkspur Ave", "Lantern Ln", "Linden St", "Magnolia Ave", "Mallard Ct", "Market St",
    "Meadowlark Dr", "Millrace Rd", "Mulberry St", "Nightjar Ln", "Oriole Ave", "Osprey Way", "Paper Mill Rd",
    "Pecan St", "Plover Ct", "Quarry Rd", "Redbud St", "River St", "Ropewalk St", "Sassafras Ave", "Sawmill Rd",
    "School St", "Sparrow Ln", "Sycamore St", "Tannery St", "Tern Ct", "Wharf St",
)  # fmt: skip
TRADES = ("Bakery", "Barber Shop", "Brewing", "Diner", "Dry Cleaners", "Garage", "Hardware", "Laundromat", "Nursery")
METER_SIZES = ('5/8"', '3/4"', '1"', '1 1/2"', '2"', '3"', '4"')
HOME_METERS = (0.88, 0.08, 0.04, 0.0, 0.0, 0.0, 0.0)
TRADE_METERS = (0.22, 0.16, 0.22, 0.18, 0.14, 0.06, 0.02)
CARTS = ("20", "32", "64", "96")
CART_SHARES = (0.10, 0.35, 0.40, 0.15)
CLASSES = ("residential", "commercial", "irrigation")
CLASS_SHARES = (0.87, 0.10, 0.03)
SPANISH_SHARE = 0.12
MAILED_SHARE = 0.04
# Every hundredth meter has four dials and will roll over soon.
ROLLING_OF = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many accounts to make, and the codes of the city pack that they use.

    `billed_from` is by cycle: the day from which this system bills, where the former one ended.
    """

    accounts: int
    starts_on: date
    cycles: tuple[str, ...]
    billed_from: dict[str, date]
    city: str
    state: str
    zip: str
    schedules: dict[str, str]
    seed: int = 20_260_101


def population(plan: Plan) -> Intake:
    """Return an intake of households and businesses, one row for each service of each account."""
    people = _people(plan)
    rows = [_water(people, plan)]
    if "stormwater" in plan.schedules:
        rows.append(_stormwater(people, plan))
    if "refuse" in plan.schedules:
        rows.append(_refuse(people, plan))
    table = pl.concat(rows, how="diagonal").sort("account_number", "service", descending=[False, True])
    return intake_of("demo city", table.with_columns(pl.int_range(2, pl.len() + 2).alias("line")).drop("n", "class"))


def _people(plan: Plan) -> pl.DataFrame:
    """Return one row an account: who lives where, in which class, on which cycle."""
    dice = np.random.default_rng(plan.seed)
    size = plan.accounts
    n = np.arange(size)
    given = np.array(FIRST_NAMES)[dice.integers(len(FIRST_NAMES), size=size)]
    family = np.array(SURNAMES)[dice.integers(len(SURNAMES), size=size)]
    trade = np.array(TRADES)[dice.integers(len(TRADES), size=size)]
    kind = dice.choice(CLASSES, p=CLASS_SHARES, size=size)
    street = np.array(STREETS)[n % len(STREETS)]
    house = 100 + 2 * (n // len(STREETS)) + n % 2
    mailed = dice.random(size) < MAILED_SHARE
    # The first half of the streets lies north of the river.
    cycle = np.array(plan.cycles)[(n % len(STREETS)) * len(plan.cycles) // len(STREETS)]
    frame = pl.DataFrame(
        {
            "n": n,
            "class": kind,
            "given": given,
            "family": family,
            "trade": trade,
            "address_line": [f"{number} {name}" for number, name in zip(house, street, strict=True)],
            "cycle": cycle,
            "language": np.where(dice.random(size) < SPANISH_SHARE, "es", "en"),
            "mailing_line_1": np.where(mailed, [f"PO Box {1000 + i}" for i in range(size)], ""),
            "cart": dice.choice(CARTS, p=CART_SHARES, size=size),
            "eru": np.where(kind == "residential", 1, dice.integers(2, 40, size=size)).astype(str),
            "home_meter": dice.choice(METER_SIZES, p=HOME_METERS, size=size),
            "trade_meter": dice.choice(METER_SIZES, p=TRADE_METERS, size=size),
            "first_register": dice.integers(0, 4_000, size=size),
        }
    )
    return _named(frame, plan)


def _named(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Add the names, the numbers and the texts that every row of an account repeats."""
    is_home = pl.col("class") == "residential"
    number = (pl.col("n") + FIRST_ACCOUNT).cast(pl.String)
    town = {"city": plan.city, "state": plan.state, "zip": plan.zip}
    mailed = pl.col("mailing_line_1") != ""
    return frame.with_columns(
        number.alias("account_number"),
        pl.when(is_home)
        .then(pl.col("given") + " " + pl.col("family"))
        .otherwise(pl.col("family") + " " + pl.col("trade"))
        .alias("name"),
        pl.when(is_home).then(pl.lit("person")).otherwise(pl.lit("organization")).alias("kind"),
        (pl.lit("(555) 555-01") + (pl.col("n") % 100).cast(pl.String).str.zfill(2)).alias("phone"),
        (pl.lit("resident") + number + "@larkspurbend.example").alias("email"),
        *(pl.lit(value).alias(name) for name, value in town.items()),
        *(pl.when(mailed).then(pl.lit(value)).alias(f"mailing_{name}") for name, value in town.items()),
        pl.lit(plan.starts_on).alias("starts_on"),
        pl.col("cycle").replace_strict(plan.billed_from, return_dtype=pl.Date).alias("billed_from"),
        pl.when(is_home).then("home_meter").otherwise("trade_meter").alias("size"),
    ).drop("given", "family", "trade", "home_meter", "trade_meter")


def _water(people: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    is_rolling = pl.col("n") % ROLLING_OF == ROLLING_OF - 1
    # Near the end of four dials: it passes 9,999 within the year of reads that the demo has.
    register = pl.when(is_rolling).then(9_950 + pl.col("n") % 7).otherwise("first_register")
    return people.with_columns(
        pl.lit("water").alias("service"),
        (pl.lit("W-") + pl.col("account_number")).alias("service_point"),
        pl.lit(plan.schedules["water"]).alias("schedule"),
        pl.col("class").alias("customer_class"),
        (pl.lit('{"meter_size": "') + pl.col("size").str.replace('"', '\\"', literal=True) + '"}').alias("rate_inputs"),
        (pl.lit("LB-") + pl.col("account_number")).alias("meter_serial"),
        pl.col("size").alias("meter_size"),
        pl.when(is_rolling).then(4).otherwise(6).alias("meter_dials"),
        pl.lit("ccf").alias("meter_unit"),
        register.cast(pl.Decimal(18, 4)).alias("first_register"),
    ).drop("size", "cart", "eru")


def _stormwater(people: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    built = people.filter(pl.col("class") != "irrigation")
    inputs = pl.lit('{"eru": "') + pl.col("eru") + '"}'
    return _unmetered(built, plan, service="stormwater", letter="S", inputs=inputs)


def _refuse(people: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    homes = people.filter(pl.col("class") == "residential")
    inputs = pl.lit('{"cart_gallons": "') + pl.col("cart") + '"}'
    return _unmetered(homes, plan, service="refuse", letter="R", inputs=inputs)


def _unmetered(rows: pl.DataFrame, plan: Plan, *, service: str, letter: str, inputs: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit(service).alias("service"),
        (pl.lit(f"{letter}-") + pl.col("account_number")).alias("service_point"),
        pl.lit(plan.schedules[service]).alias("schedule"),
        inputs.alias("rate_inputs"),
    ).drop("first_register", "size", "cart", "eru")
