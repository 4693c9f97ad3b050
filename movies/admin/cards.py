from movies import selectors
from movies.models import ImportRun
from netflix.api import dashboard

_IMPORTS_SHOWN = 5


def _last_imports() -> list[ImportRun]:
    return list(ImportRun.objects.order_by("-id").defer("problems", "message")[:_IMPORTS_SHOWN])


dashboard.register(
    dashboard.Card(
        name="catalogue", title="Catalogue", permission="movies.view_movie",
        template="admin/movies/catalogue_card.html", read=selectors.catalogue_size,
    ),
    dashboard.Card(
        name="imports", title="Last imports", permission="movies.view_importrun",
        template="admin/movies/imports_card.html", read=_last_imports,
    ),
)  # fmt: skip
