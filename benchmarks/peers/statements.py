"""What FastAPI and the bare server ask PostgreSQL, which writes the JSON. `{n}` is the driver's n-th parameter."""

_SUMMARY = """
    movie.id, title, year,
    ARRAY(SELECT name FROM movies_moviegenre AS link JOIN movies_genre AS genre ON genre.id = link.genre_id
           WHERE link.movie_id = movie.id ORDER BY name) AS genres,
    runtime_minutes, nullif(certificate, '') AS certificate, imdb_rating,
    coalesce((SELECT likes FROM movies_likecount AS counted WHERE counted.movie_id = movie.id), 0) AS likes
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
    SELECT coalesce(string_agg(row_to_json(film)::text, ',' ORDER BY id), ''),
           (SELECT max(movie_id) FILTER (WHERE place = 20) FROM page HAVING count(*) > 20)
      FROM (SELECT {_SUMMARY} FROM page JOIN movies_movie AS movie ON movie.id = movie_id WHERE place <= 20) AS film
"""
# Id -> the film.
DETAILS = f"""
    SELECT row_to_json(film)::text
      FROM (SELECT {_SUMMARY}, nullif(description, '') AS description, {_NAMES.format(role="director")} AS directors,
                   {_NAMES.format(role="cast")} AS actors, imdb_votes, revenue_usd, metascore, source,
                   nullif(source_id, '') AS source_id
              FROM movies_movie AS movie WHERE id = {{1}}) AS film
"""
# Genre -> the rows as one text, whether there is another page.
RANKING = f"""
    WITH page AS (
        SELECT movie_id, score, row_number() OVER () AS rank
          FROM (SELECT movie_id, likes AS score FROM ranking_standing
                 WHERE genre_id = (SELECT id FROM movies_genre WHERE name = {{1}})
                 ORDER BY likes DESC, weighted_rating DESC, (movie_id * -1) DESC LIMIT 21) AS found
    )
    SELECT coalesce(string_agg(row_to_json(film)::text, ',' ORDER BY rank), ''), (SELECT count(*) > 20 FROM page)
      FROM (SELECT rank, score, {_SUMMARY}
              FROM page JOIN movies_movie AS movie ON movie.id = movie_id WHERE rank <= 20) AS film
"""
GENRES = """
    SELECT string_agg(row_to_json(counted)::text, ',' ORDER BY name)
      FROM (SELECT id, name, (SELECT count(*) FROM movies_moviegenre WHERE genre_id = genre.id) AS movies
              FROM movies_genre AS genre) AS counted
"""
_OF_VIEWER = """
    SELECT {function}(token.user_id, {{1}})
      FROM knox_authtoken AS token JOIN accounts_user AS viewer ON viewer.id = token.user_id
     WHERE token.digest = {{2}} AND (expiry IS NULL OR expiry > now()) AND is_active
"""
# Film, digest of the token -> its likes; null for a film that is not there, no row for a token that is not known.
LIKE = _OF_VIEWER.format(function="benchmark_like")
UNLIKE = _OF_VIEWER.format(function="benchmark_unlike")


def page(rows: str, next_link: str | None) -> bytes:
    """The body of a list."""
    link = f'"{next_link}"' if next_link else "null"
    return f'{{"next":{link},"previous":null,"results":[{rows}]}}'.encode()
