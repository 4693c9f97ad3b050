"""Models that record imports, merges and what staff change, to show and to undo them. `models` exports them too."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

# Begins the `Movie.source_id` of a film that was split off, while another film has the same title, year and director.
PLACEHOLDER_ID = "merged "


class ImportRun(models.Model):
    """An import: its progress, and its result."""

    class State(models.TextChoices):
        UPLOADING = "uploading"
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"
        INTERRUPTED = "interrupted"
        UNDONE = "undone"

    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    message = models.TextField(blank=True, help_text="Why it ended in this state.")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of its files, one after the other.")
    source = models.CharField(max_length=40, help_text="Which data set.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name="who",
        help_text="Empty: manage.py.",
    )  # fmt: skip
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    bytes_total = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    merged = models.IntegerField(default=0, db_default=0)
    kept = models.IntegerField(default=0)
    repaired = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    problems = models.JSONField(default=list, help_text="Repaired cells and skipped rows, the first thousand.")
    attempts = models.PositiveSmallIntegerField(default=0)
    undo_requested = models.BooleanField(
        default=False, db_default=False, help_text="The import is being undone, or will be."
    )
    cancel_requested = models.BooleanField(default=False, help_text="A running import stops after its current batch.")

    class Meta:
        verbose_name = "import"
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.file_name}"

    @property
    def is_over(self) -> bool:
        return self.state not in (self.State.UPLOADING, self.State.WAITING, self.State.RUNNING)


class ImportPiece(models.Model):
    """A part of an uploaded file, until the import has ended."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="pieces", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "number"], name="import_piece_once")]

    def __str__(self) -> str:
        return f"piece {self.number} of {self.run}"


class ImportChange(models.Model):
    """What an import changed in an existing film: its facts before and after, in the format of `importing.journal`."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="changes")
    movie = models.ForeignKey("movies.Movie", on_delete=models.CASCADE, related_name="+", db_index=False)
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["movie", "run"], name="import_change_once")]

    def __str__(self) -> str:
        return f"{self.movie} by {self.run}"


class MergedMovie(models.Model):
    """A film that was merged into another: its URL redirects there, and it can be split off again."""

    number = models.BigIntegerField(primary_key=True, help_text="Its id before.")
    kept = models.ForeignKey("movies.Movie", on_delete=models.CASCADE, related_name="merged_movies")
    into = models.BigIntegerField(help_text="The film that it was merged with; that may have been merged since.")
    run = models.ForeignKey(
        ImportRun, null=True, on_delete=models.SET_NULL, related_name="+",
        help_text="The import that found the two films to be the same. Empty: staff merged them.",
    )  # fmt: skip
    record = models.JSONField(help_text="The merged film's state, to split it off again: see `movies.merging`.")
    merged_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.number} is film {self.kept_id}"


class MergedPerson(models.Model):
    """A person who was merged with another: their URL redirects there."""

    number = models.BigIntegerField(primary_key=True, help_text="Their id before.")
    kept = models.ForeignKey("movies.Person", on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.number} is person {self.kept_id}"


class Change(models.Model):
    """What staff did to a film, a person, a genre or an import, in the admin or through the API.

    It is stored in the transaction of the change, and kept for ever: movies/history.py.
    """

    class Way(models.TextChoices):
        ADMIN = "admin"
        API = "api", "API"

    class Action(models.TextChoices):
        ADDED = "added"
        CHANGED = "changed"
        MERGED = "merged"
        REMOVED = "removed"
        UNDONE = "undone"

    class Kind(models.TextChoices):
        MOVIE = "movie", "Film"
        PERSON = "person"
        GENRE = "genre"
        IMPORT = "import"

    at = models.DateTimeField("when", default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name="who",
        help_text="Empty: the account was erased.",
    )  # fmt: skip
    way = models.CharField(max_length=5, choices=Way.choices)
    action = models.CharField(max_length=10, choices=Action.choices)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    number = models.BigIntegerField(help_text="The id of the film, person, genre or import, which may be gone.")
    name = models.TextField(help_text="Its name after the change; if it was removed, its last name.")
    facts = models.JSONField(default=dict, help_text="By fact: its value before and after; genres and people by name.")
    note = models.TextField(blank=True)

    class Meta:
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index("kind", "number", "id", name="change_of_kind")]

    def __str__(self) -> str:
        return f"{self.name} {self.action}"
