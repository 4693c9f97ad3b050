"""Limits of the catalogue's values, shared by readers, serializers and database constraints."""

from datetime import date

FIRST_YEAR = 1888  # "Roundhay Garden Scene", the oldest surviving film
LAST_YEAR = 2100
FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
TITLE_LENGTH = 300
NAME_LENGTH = 200  # of a person or a genre
CERTIFICATE_LENGTH = 16
DESCRIPTION_LENGTH = 10_000
LANGUAGE_LENGTH = 3
LANGUAGE = r"^([a-z]{2,3})?$"  # an ISO 639 code, or nothing
URL_LENGTH = 500
URL = r"^(https://\S+)?$"  # of a picture, or nothing
POSTER = r"^(https://.*|[0-9a-f]{32}-[0-9a-f]{6})?$"  # as it is stored: a URL, or the name of an uploaded file
POSTER_PIXELS = 25_000_000  # of a picture that is uploaded
MAX_COUNTRIES = 50
MAX_GENRES, MAX_PEOPLE = 50, 200  # of a film that staff edit; people of each role
MAX_RUNTIME_MINUTES = 32_767  # a PostgreSQL smallint
MAX_RATING = 10
MAX_METASCORE = 100
MAX_VOTES = 2_147_483_647  # a PostgreSQL integer
MAX_REVENUE_USD = 1_000_000_000_000
QUERY_LENGTH = 200
VALUES_AT_ONCE = 8  # of one filter: each genre adds a join
MAX_ENTRIES = 1000  # of a body with many films
