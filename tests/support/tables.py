"""The tables of service/README.md, as the code says them."""

from scribepass.app.kinds import every_kind
from scribepass.telemetry.table import PREFIX, declared


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def errors_table() -> str:
    """Every error that the API answers."""
    rows = [(f"{each.status.value}", f"`{each.code}`", each.detail) for each in every_kind()]
    return _table(("status", "code", "what a caller reads"), rows)


def metrics_table() -> str:
    """Every metric, with its labels."""
    units = {"counter": "_total", "histogram": "", "gauge": ""}
    rows = [
        (
            f"`{PREFIX}_{each.name}{units[each.kind]}`",
            each.kind,
            ", ".join(f"`{label}`" for label in each.labels),
            each.help,
        )
        for each in declared()
    ]
    return _table(("metric", "kind", "labels", "what it says"), rows)
