"""Formats the figures as Markdown tables, with a row for each scenario and a column for each server."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from benchmarks.measure import Measurement
from benchmarks.scenarios import NAMES
from benchmarks.servers import PRODUCT

Figures = Mapping[tuple[str, str], Sequence[Measurement]]  # by scenario and server, one measurement per run


def report(movies: int, figures: Figures) -> str:
    """The medians for one catalogue."""
    medians = {place: _median(measurements) for place, measurements in figures.items() if measurements}
    tables = {
        "Requests per second (and as a multiple of the product's)": _rate,
        "Microseconds of processor time per request: application + database (sum / product's)": _processor,
        "Milliseconds until the answer, p50 / p99": _times,
    }
    parts = [f"### {movies:,} films"]
    parts += [f"{title}:\n\n{_table(medians, cell)}" for title, cell in tables.items()]
    shares = [
        f"- `{scenario}`: {one.not_modified:.2%} of the answers were 304 in the worst run"
        for (scenario, _), one in medians.items()
        if one.not_modified is not None
    ]
    if shares:
        parts.append("\n".join(shares))
    errors = {place: sum(one.errors for one in measurements) for place, measurements in figures.items()}
    bad = [
        f"- **{count:,} errors** of {server} in `{scenario}`" for (scenario, server), count in errors.items() if count
    ]
    if bad:
        parts.append("\n".join(["These figures are invalid:", "", *bad]))
    return "\n\n".join(parts) + "\n"


def _median(measurements: Sequence[Measurement]) -> Measurement:
    def of(value: Callable[[Measurement], float]) -> float:
        return median(value(one) for one in measurements)

    return Measurement(
        rate=of(lambda one: one.rate),
        p50=of(lambda one: one.p50),
        p99=of(lambda one: one.p99),
        application=of(lambda one: one.application),
        database=of(lambda one: one.database),
        errors=sum(one.errors for one in measurements),
        not_modified=min((one.not_modified for one in measurements if one.not_modified is not None), default=None),
    )


def _table(
    medians: Mapping[tuple[str, str], Measurement], cell: Callable[[Measurement, Measurement | None], str]
) -> str:
    servers = list(dict.fromkeys(server for _, server in medians))
    rows = [f"| | {' | '.join(servers)} |", f"|---|{'---:|' * len(servers)}"]
    for scenario in [name for name in NAMES if any(name == measured for measured, _ in medians)]:
        product = medians.get((scenario, PRODUCT))
        row = [medians.get((scenario, server)) for server in servers]
        cells = [cell(one, product) if one else "" for one in row]
        rows.append(f"| `{scenario}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def _rate(one: Measurement, product: Measurement | None) -> str:
    ratio = f" ({one.rate / product.rate:.2f})" if product and product is not one and product.rate else ""
    return f"{one.rate:,.0f}{ratio}" + (" **errors**" if one.errors else "")


def _processor(one: Measurement, product: Measurement | None) -> str:
    used = one.application + one.database
    ratio = f" ({used / (product.application + product.database):.2f})" if product and product is not one else ""
    return f"{one.application:,.0f} + {one.database:,.0f}{ratio}"


def _times(one: Measurement, product: Measurement | None) -> str:
    return f"{one.p50:.1f} / {one.p99:.1f}"
