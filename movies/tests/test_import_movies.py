import csv
import io
import os
import pty
import subprocess
import sys
from contextlib import nullcontext, suppress

import pytest
from django.core.management import CommandError, call_command

from movies.importing import run as importing
from movies.importing.readers import open_dataset
from movies.management.commands.import_movies import SAMPLE
from movies.models import Genre, ImportRun, Movie, Person
from netflix.tests.servers import url_of_the_test_database

HEADER = "Rank,Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,Revenue (Millions),Metascore"


def line(n, year="2010"):
    return f'{n},Film {n},"Drama,Crime",Words.,Director {n},"A, B",{year},100,7.1,1000,1.5,60'


@pytest.fixture
def movies(tmp_path):
    path = tmp_path / "films.csv"
    path.write_text("\n".join([HEADER, *map(line, range(1, 31))]))
    return path


@pytest.fixture
def run(capsys, settings):
    settings.MAX_MOVIES = None

    def run(*arguments):
        call_command("import_movies", *map(str, arguments))
        return capsys.readouterr().out

    return run


pytestmark = pytest.mark.django_db


def test_it_reports_what_it_did_and_does_nothing_the_second_time(run, movies):
    assert run(movies).endswith("created 30, updated 0, unchanged 0, kept 0, repaired 0, skipped 0\n")
    assert run(movies).endswith("created 0, updated 0, unchanged 30, kept 0, repaired 0, skipped 0\n")
    assert Movie.objects.count() == 30
    assert set(Movie.objects.values_list("source", flat=True)) == {"imdb-2006-2016"}


def test_it_loads_the_sample_by_default(run):
    movies = len(list(csv.reader(SAMPLE.read_text().splitlines()))) - 1
    assert f"created {movies}, " in run()
    assert Movie.objects.count() == movies


def test_it_stores_as_many_movies_as_asked(run, movies, settings):
    run(movies, "--max-movies", "7")
    assert Movie.objects.count() == 7
    settings.MAX_MOVIES = 9
    run(movies)
    assert Movie.objects.count() == 9
    run(movies, "--max-movies", "11")
    assert Movie.objects.count() == 11


def test_it_leaves_a_catalogue_that_has_movies_alone_if_asked(run, movies):
    assert "created 30" in run(movies, "--if-empty")
    movies.write_text(movies.read_text().replace("Words.", "Other words."))
    assert "kept as they are" in run(movies, "--if-empty")
    assert not Movie.objects.filter(description="Other words.").exists()


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5", ""])
def test_it_refuses_a_limit_that_is_no_number_of_movies(run, movies, limit):
    with pytest.raises(CommandError, match="max-movies"):
        run(movies, f"--max-movies={limit}")
    assert not Movie.objects.exists()


def test_it_writes_nothing_in_a_dry_run_but_reports_the_same(run, movies):
    expected = run(movies, "--dry-run")
    assert not Movie.objects.exists()
    assert not Person.objects.exists()
    assert not Genre.objects.exists()
    assert run(movies).splitlines()[1:] == expected.splitlines()[1:]


def test_it_names_each_row_it_repaired_or_skipped(run, tmp_path):
    path = tmp_path / "films.csv"
    broken = '4,Film 4,"Drama,Crime",One thing, and then it was another,Director 4,"A, B",2010,100,7.1,1000,1.5,60'
    path.write_text("\n".join([HEADER, line(1), line(2, year="soon"), broken, "5,Film 5"]))
    assert run(path).splitlines()[1:] == [
        "line  row       field        value                               reason",
        "3     skipped   Year         soon                                not a whole number",
        "4     repaired  Description  One thing, and then it was another  joined again: an unquoted comma had split it in 2",
        "5     skipped                5                                   it has 2 cells for 12 columns",
        "created 2, updated 0, unchanged 0, kept 0, repaired 1, skipped 2",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no file"),
        (b"", "is empty"),
        (b"a,b\n1,2\n", "It lacks .* to be "),
        (HEADER.encode("utf-32"), "UTF-32"),
        (bytes(range(256)), "binary"),
        (HEADER.encode(), "Nothing could be imported"),
        (f"{HEADER}\n{line(1, year='x')}".encode(), "Nothing could be imported"),
    ],
)
def test_it_fails_with_a_sentence_and_writes_nothing(run, tmp_path, content, words):
    path = tmp_path / "films.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        run(path)
    assert not Movie.objects.exists()


def test_it_fails_on_an_empty_folder(run, tmp_path):
    with pytest.raises(CommandError, match="holds no CSV"):
        run(tmp_path)


def test_it_says_that_it_waits_for_another_import(run, movies, monkeypatch):
    def busy(on_wait):
        on_wait()
        return nullcontext()

    monkeypatch.setattr("movies.importing.runs.import_lock", busy)
    assert "Another import is running. Waiting" in run(movies)


def test_it_writes_every_problem_to_a_file_that_a_spreadsheet_may_open(run, tmp_path):
    path, report = tmp_path / "films.csv", tmp_path / "problems.csv"
    path.write_text("\n".join([HEADER, line(1), line(2, year="=cmd()"), line(3).replace(",60", ",-60")]))
    run(path, "--report", report)
    assert list(csv.reader(report.read_text().splitlines())) == [
        ["line", "row", "field", "value", "reason"],
        ["3", "skipped", "Year", "'=cmd()", "not a whole number"],
        ["4", "repaired", "Metascore", "'-60", "left out: not a whole number"],
    ]


@pytest.fixture
def unusable(movies, monkeypatch):
    """30 films, then 5 consecutive unusable rows, one more than is allowed."""
    monkeypatch.setattr("movies.importing.readers.MAX_UNUSABLE_ROWS", 5)
    monkeypatch.setattr(importing, "BATCH_SIZE", 8)
    movies.write_text("\n".join([movies.read_text(), *["5,Film 5"] * 9, line(99)]))
    return movies


REFUSAL = "films.csv is not read beyond line 36: 5 consecutive rows cannot be used. The first of them is in line 32 "


def test_it_keeps_whole_batches_of_a_file_that_is_refused_and_says_why(run, unusable, tmp_path):
    report = tmp_path / "problems.csv"
    with pytest.raises(CommandError) as refusal:
        run(unusable, "--report", report)
    assert str(refusal.value).startswith(REFUSAL)
    assert Movie.objects.count() == 24
    record = ImportRun.objects.get()
    assert (record.state, record.message) == ("failed", str(refusal.value))
    assert (record.created, record.skipped, len(record.problems)) == (24, 5, 5)
    *_, skipped, stopped = csv.reader(report.read_text().splitlines())
    assert skipped == ["36", "skipped", "", "5", "it has 2 cells for 12 columns"]
    assert stopped == ["", "stopped", "", "", str(refusal.value)]
    assert len(report.read_text().splitlines()) == 1 + 5 + 1


def test_it_refuses_the_same_file_in_a_dry_run(run, unusable):
    with pytest.raises(CommandError, match=REFUSAL):
        run(unusable, "--dry-run")
    assert not Movie.objects.exists()
    assert not ImportRun.objects.exists()


def test_it_writes_no_more_problems_than_somebody_reads(run, tmp_path, monkeypatch):
    monkeypatch.setattr("movies.importing.report.MAX_WRITTEN", 3)
    path, report = tmp_path / "films.csv", tmp_path / "problems.csv"
    path.write_text("\n".join([HEADER, line(1), *(line(n, year="soon") for n in range(2, 9))]))
    run(path, "--report", report)
    _, *problems, last = csv.reader(report.read_text().splitlines())
    assert [problem[0] for problem in problems] == ["3", "4", "5"]
    assert last == ["", "unlisted", "", "", "4 more problems"]


def test_it_keeps_a_problem_in_a_column_of_odd_name(run, tmp_path):
    path = tmp_path / "films.csv"
    odd = HEADER.replace("(Minutes)", f"(\0{'m' * 1000})")
    path.write_text("\n".join([odd, *map(line, range(1, 30)), line(30).replace(",100,", ",long,")]))
    assert "created 30, updated 0, unchanged 0, kept 0, repaired 1, skipped 0" in run(path)
    ((_, _, column, value, _),) = ImportRun.objects.get().problems
    assert (column, value) == (f"Runtime (\ufffd{'m' * 67}...", "long")


def test_it_says_that_the_report_cannot_be_written(run, movies, tmp_path):
    with pytest.raises(CommandError, match=r"cannot be written to .*nowhere.*No such file"):
        run(movies, "--report", tmp_path / "nowhere" / "problems.csv")
    assert not Movie.objects.exists()


def test_it_says_that_there_is_no_room_for_the_report(run, movies):
    with pytest.raises(CommandError, match=r"cannot be written to /dev/full: No space left"):
        run(movies, "--report", "/dev/full")


def test_it_does_not_write_the_report_over_what_it_reads(run, movies):
    before = movies.read_bytes()
    with pytest.raises(CommandError, match="would overwrite"):
        run(movies, "--report", movies)
    assert movies.read_bytes() == before
    assert not Movie.objects.exists()


def test_it_imports_a_file_whose_name_is_no_text(run, movies):
    path = movies.rename(movies.with_name(os.fsdecode(b"caf\xe9.csv")))
    assert "Reading caf?.csv" in run(path)
    assert ImportRun.objects.get().file_name == "caf?.csv"


def test_it_writes_nothing_of_a_file_with_a_problem_when_it_is_strict(run, movies):
    movies.write_text(movies.read_text() + "\n" + line(31, year="soon"))
    with pytest.raises(CommandError, match=r"Line 32 would be skipped: Year 'soon': .*Nothing was written"):
        run(movies, "--strict")
    assert not Movie.objects.exists()
    movies.write_text("\n".join(movies.read_text().splitlines()[:-1]))
    assert "created 30" in run(movies, "--strict")


def test_it_counts_what_is_no_movie_without_listing_it(run, tmp_path):
    path = tmp_path / "netflix_titles.csv"
    path.write_text(
        "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,description\n"
        "s1,TV Show,3%,,,Brazil,,2020,TV-MA,4 Seasons,TV Dramas,Words.\n"
        "s2,Movie,7:19,Jorge Michel Grau,,Mexico,,2016,TV-MA,93 min,Dramas,Words.\n"
    )
    assert run(path).splitlines()[1:] == [
        "created 1, updated 0, unchanged 0, kept 0, repaired 0, skipped 1",
        "Skipped because they are not films: 1 TV Show.",
    ]


def test_it_counts_a_bounded_number_of_kinds(run, tmp_path):
    path = tmp_path / "title.basics.tsv"
    kinds = "\n".join(f"tt{n:07}\tkind {n} {'x' * 500}\tA\t2000\t1\tDrama" for n in range(300))
    path.write_text(
        "tconst\ttitleType\tprimaryTitle\tstartYear\truntimeMinutes\tgenres\n"
        f"tt0000000\tmovie\tA\t2000\t1\tDrama\n{kinds}"
    )
    *_, kinds = run(path).splitlines()
    assert "not films: 200 of other kinds, 1 kind" in kinds
    assert len(kinds) < 1200


def test_it_reads_the_format_it_is_told_and_no_other(run, movies):
    with pytest.raises(CommandError, match="to be MovieLens"):
        run(movies, "--format", "movielens")
    with pytest.raises(CommandError, match="--title-type is about IMDb's TSV files"):
        run(movies, "--title-type", "movie")
    assert not Movie.objects.exists()


def command(*arguments):
    environment = os.environ | {"DATABASE_URL": url_of_the_test_database(), "LOG_LEVEL": "ERROR"}
    return [sys.executable, "manage.py", "import_movies", *map(str, arguments)], environment


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_exits_with_1_and_without_a_traceback(tmp_path):
    arguments, environment = command(tmp_path / "nowhere.csv")
    ended = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("CommandError: There is no file")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_it_draws_a_progress_bar_on_a_terminal_only(movies):
    arguments, environment = command(movies)
    plain = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert "Importing" not in plain.stdout + plain.stderr
    ours, theirs = pty.openpty()
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # EIO: the process has ended
        while read := os.read(ours, 1000):
            shown += read
    os.close(ours)
    assert process.wait(120) == 0
    assert b"Importing" in shown


def test_it_ships_a_sound_sample():
    rows = list(open_dataset(SAMPLE).rows())
    assert len(rows) >= 240
    assert not [row for row in rows if getattr(row, "repairs", "no film")]
    assert len({(row.title, row.year) for row in rows}) == len(rows)
    assert all(row.description and row.genres and row.directors and row.actors for row in rows)
    assert {row.year for row in rows} == set(range(2006, 2017))
    assert len({genre for row in rows for genre in row.genres}) == 20


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_it_draws_its_progress_on_one_line(movies, settings):
    settings.MAX_MOVIES = None
    terminal = Terminal()
    call_command("import_movies", str(movies), stdout=io.StringIO(), stderr=terminal, force_color=True)
    drawn = terminal.getvalue()
    assert "Importing" in drawn
    assert "\n" not in drawn
    assert "\x1b[31" not in drawn  # red
    assert max(map(len, drawn.split("\r"))) < 80
