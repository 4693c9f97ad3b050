"""A film as Kaggle's "IMDB data from 2006 to 2016" has it."""

import csv
from decimal import Decimal

from movies.importing.readers.rows import MovieRow
from movies.tests.readers.tables import table

HEADER = "Rank,Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore"

HEAT = '1,Heat,"Crime,Drama","A detective hunts thieves.",Michael Mann,"Al Pacino,Robert De Niro",1995,170,8.3,700000,67.44,76'

HEAT_ROW = MovieRow(
    line=2,
    title="Heat",
    year=1995,
    genres=("Crime", "Drama"),
    directors=("Michael Mann",),
    actors=("Al Pacino", "Robert De Niro"),
    description="A detective hunts thieves.",
    runtime_minutes=170,
    imdb_rating=Decimal("8.3"),
    imdb_votes=700_000,
    revenue_usd=67_440_000,
    metascore=76,
)


def heat(**changes):
    """Heat's line with other cells, properly quoted."""
    columns = HEADER.split(",")
    cells = dict(zip(columns, next(csv.reader([HEAT])), strict=True))
    named = {name.split(" ")[0].lower(): name for name in columns}
    cells |= {named[name]: value for name, value in changes.items()}
    return table([cells.values()])
