"""What FastAPI and the bare server ask PostgreSQL, which writes the JSON itself. `{n}` is the driver's n-th parameter."""

_SUMMARY = """
    'id', movie.id, 'title', title, 'year', year,
    'genres', ARRAY(SELECT name FROM movies_moviegenre AS of JOIN movies_genre AS genre ON genre.id = of.genre_id
                     WHERE of.movie_id = movie.id ORDER BY name),
    'runtime_minutes', runtime_minutes, 'certificate', nullif(certificate, ''), 'imdb_rating', imdb_rating,
    'likes', coalesce((SELECT likes FROM movies_likecount AS counted WHERE counted.movie_id = movie.id), 0)
"""
_NAMES = """
    ARRAY(SELECT name FROM movies_credit AS credit JOIN movies_person AS person ON person.id = credit.person_id
           WHERE credit.movie_id = movie.id AND role = '{role}' ORDER BY billing, credit.id)
"""

# Genre, last id of the page before -> the rows as one text, the last id if there is another page.
MOVIES = f"""
    WITH page AS (
        SELECT movie_id, row_number() OVER (ORDER BY movie_id) AS place
          FROM (SELECT movie_id FROM movies_moviegenre
                 WHERE genre_id = (SELECT id FROM movies_genre WHERE name = {{1}}) AND movie_id > {{2}}
                 ORDER BY movie_id LIMIT 21) AS found
    )
    SELECT coalesce(string_agg(json_build_object({_SUMMARY})::text, ',' ORDER BY place), ''),
           (SELECT max(movie_id) FILTER (WHERE place = 20) FROM page HAVING count(*) > 20)
      FROM page JOIN movies_movie AS movie ON movie.id = page.movie_id WHERE place <= 20
"""  # noqa: S608
# Id -> the film.
DETAILS = f"""
    SELECT json_build_object({_SUMMARY}, 'description', nullif(description, ''),
               'directors', {_NAMES.format(role="director")}, 'actors', {_NAMES.format(role="cast")},
               'imdb_votes', imdb_votes, 'revenue_usd', revenue_usd, 'metascore', metascore, 'source', source,
               'source_id', nullif(source_id, ''))::text
      FROM movies_movie AS movie WHERE id = {{1}}
"""
# Genre -> the rows as one text, whether there is another page.
RANKING = f"""
    WITH page AS (
        SELECT movie_id, likes AS score, row_number() OVER () AS place
          FROM (SELECT movie_id, likes FROM ranking_standing
                 WHERE genre_id = (SELECT id FROM movies_genre WHERE name = {{1}})
                 ORDER BY likes DESC, weighted_rating DESC, (movie_id * -1) DESC LIMIT 21) AS found
    )
    SELECT coalesce(
               string_agg(json_build_object('rank', place, 'score', score, {_SUMMARY})::text, ',' ORDER BY place), ''),
           (SELECT count(*) > 20 FROM page)
      FROM page JOIN movies_movie AS movie ON movie.id = page.movie_id WHERE place <= 20
"""  # noqa: S608
GENRES = """
    SELECT string_agg(json_build_object('id', id, 'name', name, 'movies', (
               SELECT count(*) FROM movies_moviegenre WHERE genre_id = genre.id))::text, ',' ORDER BY name)
      FROM movies_genre AS genre
"""
_OF_VIEWER = """
    SELECT {function}(token.user_id, {{2}})
      FROM knox_authtoken AS token JOIN accounts_user AS viewer ON viewer.id = token.user_id
     WHERE token.digest = {{1}} AND (expiry IS NULL OR expiry > now()) AND is_active
"""
# Digest of the token, film -> its likes; null for a film that is not there, no row for a token that is not known.
LIKE = _OF_VIEWER.format(function="benchmark_like")
UNLIKE = _OF_VIEWER.format(function="benchmark_unlike")


def page(rows: str, next_link: str | None) -> bytes:
    """The body of a list."""
    link = f'"{next_link}"' if next_link else "null"
    return f'{{"next": {link}, "previous": null, "results": [{rows}]}}'.encode()
