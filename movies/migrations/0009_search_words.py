import django.contrib.postgres.indexes
from django.db import migrations, models

# The words of titles and names that are long enough to be mistyped, out of a search document.
_WORDS = r"""
    CREATE FUNCTION movies_words(document tsvector) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT DISTINCT substr(lexeme, 3) FROM unnest(tsvector_to_array(document)) AS lexeme
         WHERE substr(lexeme, 2, 1) IN ('w', 'n') AND length(lexeme) BETWEEN 4 AND 32 AND lexeme !~ '^..[0-9]+$'
    $$
"""
# A word without one letter, or two if it is long, as far as its first eight letters go; and as it is. In PL/pgSQL, as SQL
# functions of several steps are planned, and compiled if they look costly, far longer than this takes.
_NEIGHBOURS = """
    CREATE FUNCTION movies_neighbours(word text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 2000
    AS $$
    DECLARE
        beginning text := left(word, 8);
        neighbours text[] := ARRAY[beginning];
        rest text;
    BEGIN
        IF length(word) < 4 THEN
            RETURN neighbours;
        END IF;
        FOR place IN 1..length(beginning) LOOP
            rest := left(beginning, place - 1) || substr(beginning, place + 1);
            neighbours := neighbours || rest;
            IF length(word) >= 8 THEN
                FOR other IN place..7 LOOP
                    neighbours := neighbours || (left(rest, other - 1) || substr(rest, other + 1));
                END LOOP;
            END IF;
        END LOOP;
        RETURN neighbours;
    END $$
"""
# In the order of the words, so that nobody waits in a circle for somebody who changes other films.
_COUNT = """
    CREATE FUNCTION movies_count_words_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO movies_searchword AS known (word, films)
        SELECT word, sum(change) FROM ({changes}) AS film (document, change), movies_words(document) AS word
         GROUP BY word HAVING sum(change) <> 0 ORDER BY word
        ON CONFLICT (word) DO UPDATE SET films = known.films + excluded.films;
        {forget}
        RETURN NULL;
    END $$
"""
_FORGET = """
        DELETE FROM movies_searchword
         WHERE films = 0 AND word IN (SELECT movies_words(document) FROM removed);
"""
_TRIGGER = """
    CREATE TRIGGER movies_count_words_{event} AFTER {event} ON movies_searchdocument
    REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION movies_count_words_{event}()
"""
_ADDED, _REMOVED = "SELECT document, 1 FROM added", "SELECT document, -1 FROM removed"
_EVENTS = {
    "insert": ("NEW TABLE AS added", _ADDED, ""),
    "delete": ("OLD TABLE AS removed", _REMOVED, _FORGET),
    "update": ("NEW TABLE AS added OLD TABLE AS removed", f"{_ADDED} UNION ALL {_REMOVED}", _FORGET),
}


def _counting(event: str, tables: str, changes: str, forget: str) -> list[migrations.RunSQL]:
    function = _COUNT.format(event=event, changes=changes, forget=forget)
    return [
        migrations.RunSQL(function, f"DROP FUNCTION movies_count_words_{event} CASCADE"),
        migrations.RunSQL(_TRIGGER.format(event=event, tables=tables), migrations.RunSQL.noop),
    ]


class Migration(migrations.Migration):
    """Search documents have the words as they are written, too: `manage.py index_movies` makes them anew."""

    dependencies = [("movies", "0008_search_tiers")]

    operations = [
        migrations.RunSQL("DELETE FROM movies_searchdocument", migrations.RunSQL.noop),
        migrations.RunSQL(_WORDS, "DROP FUNCTION movies_words"),
        migrations.RunSQL(_NEIGHBOURS, "DROP FUNCTION movies_neighbours"),
        migrations.CreateModel(
            name="SearchWord",
            fields=[("word", models.TextField(primary_key=True, serialize=False)), ("films", models.IntegerField())],
        ),
        migrations.AddIndex(
            "searchword",
            django.contrib.postgres.indexes.GinIndex(
                models.Func("word", function="movies_neighbours"), name="search_word_neighbours", fastupdate=False
            ),
        ),
        # A count changes in its place, without a word to the indexes, as long as there is room beside it.
        migrations.RunSQL("ALTER TABLE movies_searchword SET (fillfactor = 70)", migrations.RunSQL.noop),
        *(operation for event, parts in _EVENTS.items() for operation in _counting(event, *parts)),
    ]
