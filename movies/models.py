from datetime import date
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Coalesce, Lower

from movies import limits
from movies.folding import fold
from movies.records import Change, ImportChange, ImportPiece, ImportRun, MergedMovie, MergedPerson

__all__ = [
    "Change", "Credit", "ExternalId", "Genre", "GenreAlias", "GenreCount", "ImportChange", "ImportPiece",
    "ImportRun", "LikeCount", "MergedMovie", "MergedPerson", "Movie", "MovieGenre", "Person", "PersonAlias",
    "PersonName", "SearchDocument", "SearchTier", "SearchWord", "SourceRow",
]  # fmt: skip


NAME_TAKEN = "taken"  # the error code of `name_taken`


def name_taken(message: str, other: models.Model) -> ValidationError:
    """The error that another row has the same name; with `other`, the admin can offer to merge the two."""
    return ValidationError(message, code=NAME_TAKEN, params={"other": other})


def _between(low: int | date, high: int | date) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(low), MaxValueValidator(high)]


class Genre(models.Model):
    name = models.CharField(max_length=limits.NAME_LENGTH)
    edited = models.BooleanField(default=False, db_default=False, editable=False)  # undoing an import leaves it alone

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("name"), name="genre_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="genre_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        other = Genre.objects.filter(name__iexact=self.name).exclude(pk=self.pk).first()
        if other is not None:
            raise ValidationError({"name": name_taken("There is already a genre with this name.", other)})


class GenreCount(models.Model):
    """One addend of a genre's number of films: movies/genre_counts.py."""

    genre = models.ForeignKey(Genre, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    movies = models.BigIntegerField()  # negative for films that left the genre

    def __str__(self) -> str:
        return f"{self.movies:+} in genre {self.genre_id}"


class GenreAlias(models.Model):
    """A former name of a genre, which data sets may still use."""

    name = models.CharField(max_length=limits.NAME_LENGTH)
    genre = models.ForeignKey(Genre, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name_plural = "genre aliases"
        constraints: ClassVar = [models.UniqueConstraint(Lower("name"), name="genre_alias_once")]

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """A director or actor. Data sets identify people by name only, so one name is one person."""

    name = models.CharField(max_length=limits.NAME_LENGTH)
    name_key = models.TextField(editable=False, db_collation="C")  # fold(name)
    edited = models.BooleanField(default=False, db_default=False, editable=False)  # imports leave the spelling alone

    class Meta:
        verbose_name_plural = "people"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name_key"], name="person_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="person_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.name_key = fold(self.name)
        other = Person.objects.filter(name_key=self.name_key).exclude(pk=self.pk).first()
        if other is not None:
            raise ValidationError({"name": name_taken("There is already a person with this name.", other)})


class PersonAlias(models.Model):
    """A former name of a person, which data sets may still use."""

    name_key = models.TextField(primary_key=True, db_collation="C")  # fold(name)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name_plural = "person aliases"

    def __str__(self) -> str:
        return self.name_key


class PersonName(models.Model):
    """A person's folded name, beginning with one of its words. Maintained by triggers on people."""

    pk = models.CompositePrimaryKey("rotation", "person_id")
    rotation = models.TextField(db_collation="C")
    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    def __str__(self) -> str:
        return self.rotation


class Movie(models.Model):
    """A film. Absent numbers are null, absent texts are empty.

    A film is identified by its title, year and first director: there is "The Host" of 2006, and of 2013. If another
    film has the same three, `source_id` is its id in the data set. The ids of all films are in `ExternalId`.
    """

    title = models.CharField(max_length=limits.TITLE_LENGTH)
    title_key = models.TextField(editable=False, db_collation="C")  # fold(title)
    director_key = models.TextField(editable=False, db_collation="C", default="")  # fold(first director)
    year = models.SmallIntegerField(null=True, blank=True, validators=_between(limits.FIRST_YEAR, limits.LAST_YEAR))
    description = models.TextField(blank=True, max_length=limits.DESCRIPTION_LENGTH)
    certificate = models.CharField(
        max_length=limits.CERTIFICATE_LENGTH, blank=True, help_text="Age certificate, such as PG-13."
    )
    runtime_minutes = models.SmallIntegerField(
        null=True, blank=True, validators=_between(1, limits.MAX_RUNTIME_MINUTES)
    )
    imdb_rating = models.DecimalField(
        "IMDb rating", null=True, blank=True, max_digits=3, decimal_places=1, validators=_between(0, limits.MAX_RATING)
    )
    imdb_votes = models.IntegerField("IMDb votes", null=True, blank=True, validators=_between(0, limits.MAX_VOTES))
    revenue_usd = models.BigIntegerField(
        "revenue (USD)", null=True, blank=True, validators=_between(0, limits.MAX_REVENUE_USD)
    )
    metascore = models.SmallIntegerField(null=True, blank=True, validators=_between(0, limits.MAX_METASCORE))
    original_title = models.CharField(
        max_length=limits.TITLE_LENGTH, blank=True, default="", db_default="", help_text="In its own language."
    )
    original_language = models.CharField(
        max_length=limits.LANGUAGE_LENGTH, blank=True, default="", db_default="",
        validators=[RegexValidator(limits.LANGUAGE, "Give a code of two or three lowercase letters, such as en.")],
        help_text="ISO 639 code, such as en.",
    )  # fmt: skip
    countries = ArrayField(
        models.TextField(validators=[MaxLengthValidator(limits.NAME_LENGTH)]), blank=True, default=list, db_default=[],
        help_text="Where it was made: names, separated by commas.",
    )  # fmt: skip
    poster = models.CharField(
        max_length=limits.URL_LENGTH, blank=True, default="", db_default="",
        validators=[RegexValidator(limits.URL, "Give a URL that begins with https:// and has no spaces.")],
        help_text="URL of a picture; it begins with https://.",
    )  # fmt: skip
    release_date = models.DateField(null=True, blank=True, validators=_between(limits.FIRST_DAY, limits.LAST_DAY))
    source = models.CharField(max_length=40, default="staff", editable=False, help_text="Where the title comes from.")
    source_id = models.CharField(max_length=40, blank=True, editable=False)
    edited = ArrayField(
        models.CharField(max_length=20),
        default=list,
        db_default=[],
        editable=False,
        help_text="The facts that staff have edited. Imports leave these alone.",
    )
    genres = models.ManyToManyField(Genre, through="MovieGenre", related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "source_id"], condition=~models.Q(source_id=""), name="movie_source_id_once"
            ),
            models.UniqueConstraint(
                fields=["title_key", "year", "director_key"],
                condition=models.Q(source_id=""),
                nulls_distinct=False,
                name="movie_title_year_director_once",
            ),
            models.CheckConstraint(condition=~models.Q(title=""), name="movie_has_a_title"),
            models.CheckConstraint(
                condition=models.Q(year__range=(limits.FIRST_YEAR, limits.LAST_YEAR)),
                name="movie_year_in_range",
            ),
            models.CheckConstraint(condition=models.Q(runtime_minutes__gte=1), name="movie_runtime_in_range"),
            models.CheckConstraint(
                condition=models.Q(imdb_rating__range=(0, limits.MAX_RATING)),
                name="movie_imdb_rating_in_range",
            ),
            models.CheckConstraint(condition=models.Q(imdb_votes__gte=0), name="movie_imdb_votes_in_range"),
            models.CheckConstraint(
                condition=models.Q(revenue_usd__range=(0, limits.MAX_REVENUE_USD)),
                name="movie_revenue_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(metascore__range=(0, limits.MAX_METASCORE)),
                name="movie_metascore_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(poster__regex=limits.POSTER), name="movie_poster_is_https_or_ours"
            ),
            models.CheckConstraint(
                condition=models.Q(original_language__regex=limits.LANGUAGE), name="movie_language_is_a_code"
            ),
            models.CheckConstraint(
                condition=models.Q(release_date__range=(limits.FIRST_DAY, limits.LAST_DAY)),
                name="movie_release_date_in_range",
            ),
        ]
        # One index per ordering, ending with the id: keyset pages are ranges of an index. Absent values sort lowest.
        indexes: ClassVar = [
            models.Index("title_key", "id", name="movie_by_title"),
            models.Index(Coalesce("year", 0), "id", name="movie_by_year"),
            models.Index(Coalesce("imdb_rating", -1, output_field=models.DecimalField()), "id", name="movie_by_rating"),
            # Includes the rating, so that `rating_min` skips tens of thousands of films without votes within the index.
            models.Index(
                Coalesce("imdb_votes", -1),
                "id",
                Coalesce("imdb_rating", -1, output_field=models.DecimalField()),
                name="movie_by_votes",
            ),
            models.Index("runtime_minutes", "id", name="movie_by_runtime"),
            models.Index("certificate", "id", name="movie_by_certificate", condition=~models.Q(certificate="")),
            models.Index(
                "original_language", "id", name="movie_by_language", condition=~models.Q(original_language="")
            ),
            GinIndex(models.Func("countries", function="movies_lower"), name="movie_by_country"),
            models.Index("poster", name="movie_by_poster", condition=models.Q(poster__regex="^[0-9a-f]")),  # uploaded
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.year})" if self.year else self.title

    def clean(self) -> None:
        self.title_key = fold(self.title)


class SourceRow(models.Model):
    """An imported row of a data set, identified by its key there, and the film that it describes.

    `movie` is null if the film was removed: imports do not add it again until one of its rows is deleted in the admin.
    """

    source = models.CharField(max_length=40, help_text="Which data set.")
    key = models.TextField(
        db_collation="C", help_text="The row's id there, or else its title, year and first director, folded."
    )
    movie = models.ForeignKey(Movie, null=True, on_delete=models.SET_NULL, related_name="source_rows")
    removed_movie = models.BigIntegerField(null=True, help_text="The number of the film that staff removed.")
    gives = ArrayField(
        models.CharField(max_length=20), default=list, db_default=[],
        help_text="The facts that the film takes from this row, unless staff have edited them since.",
    )  # fmt: skip
    unused = models.JSONField(
        null=True, help_text="By fact: values of the row that the film does not use; needed if the film is split again."
    )
    called = models.TextField(
        default="", db_default="", db_collation="C",
        help_text="The row's folded title and year, if the film has another title or year now.",
    )  # fmt: skip
    created_by = models.ForeignKey(
        "ImportRun", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False,
        help_text="The import that added the film with this row; undoing that import removes the film.",
    )  # fmt: skip
    last_run = models.ForeignKey(
        "ImportRun", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False,
        help_text="The last import that had this row.",
    )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            # Key first, because keys are also looked up across sources.
            models.UniqueConstraint(fields=["key", "source"], name="source_row_once")
        ]
        indexes: ClassVar = [models.Index("called", name="source_row_called", condition=~models.Q(called=""))]

    def __str__(self) -> str:
        return f"{self.key} ({self.source})"


class ExternalId(models.Model):
    """An id of a film elsewhere, such as imdb:tt0113277. `movie` is null if the film was removed."""

    name = models.TextField(primary_key=True, db_collation="C")
    movie = models.ForeignKey(Movie, null=True, on_delete=models.SET_NULL, related_name="external_ids")
    removed_movie = models.BigIntegerField(null=True, help_text="The number of the film that staff removed.")

    class Meta:
        verbose_name = "external id"

    def __str__(self) -> str:
        return self.name


class MovieGenre(models.Model):
    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="genre_links")
    genre = models.ForeignKey(Genre, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        # Genre first: it also serves "the films of a genre, by id" as one range.
        constraints: ClassVar = [models.UniqueConstraint(fields=["genre", "movie"], name="movie_genre_once")]

    def __str__(self) -> str:
        return self.genre.name


class Credit(models.Model):
    class Role(models.TextChoices):
        DIRECTOR = "director"
        CAST = "cast"

    movie = models.ForeignKey(Movie, on_delete=models.CASCADE, related_name="credits", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=8, choices=Role.choices)
    billing = models.PositiveSmallIntegerField(default=1, help_text="1 is named first.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["movie", "role", "person"], name="credit_once"),
            models.CheckConstraint(condition=models.Q(role__in=["director", "cast"]), name="credit_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.role}"


class SearchDocument(models.Model):
    """A film as keyword search sees it; a separate table, so that updates of one do not rewrite the other's indexes."""

    movie = models.OneToOneField(Movie, on_delete=models.CASCADE, primary_key=True, related_name="search")
    document = SearchVectorField()
    tier = models.PositiveSmallIntegerField()  # of popularity: movies/search/tiers.py
    votes = models.IntegerField()  # sort key of films that match equally well; -1 without votes
    version = models.PositiveSmallIntegerField(db_default=0)  # `search.lexemes.VERSION` of its document

    class Meta:
        # Its pending list is flushed after each set of documents: search/gin_index.py.
        indexes: ClassVar = [
            GinIndex(fields=["document"], name="search_document_words"),
            models.Index("version", name="search_document_version"),
        ]

    def __str__(self) -> str:
        return f"words of film {self.movie_id}"


class SearchWord(models.Model):
    """A word of titles or names, to correct typos with. Maintained by a trigger on search documents."""

    word = models.TextField(primary_key=True)
    movies = models.IntegerField()  # how many films have the word; never 0

    class Meta:
        indexes: ClassVar = [
            GinIndex(models.Func("word", function="movies_neighbours"), name="search_word_neighbours", fastupdate=False)
        ]

    def __str__(self) -> str:
        return self.word


class SearchTier(models.Model):
    """The end of a tier of popularity: votes and id of its last film. The last tier has no row."""

    tier = models.PositiveSmallIntegerField(primary_key=True)
    votes = models.IntegerField()
    movie_id = models.BigIntegerField()  # a position in the order: the film may have been removed

    def __str__(self) -> str:
        return f"tier {self.tier} down to {self.votes} votes"


class LikeCount(models.Model):
    """How many people like a film; a separate table, so that a like does not rewrite the film's row.

    A trigger inserts the row together with the film's: movies/sql/count_like.sql.
    """

    movie = models.OneToOneField(Movie, on_delete=models.CASCADE, primary_key=True, related_name="like_count")
    likes = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index("likes", "movie", name="like_count_by_likes")]

    def __str__(self) -> str:
        return f"{self.likes} likes"
