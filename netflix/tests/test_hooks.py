import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured

from netflix.api import hooks


def test_it_finds_every_follower_that_the_settings_name():
    assert any(project.HOOKS.values())
    hooks.check()


@pytest.mark.parametrize(
    ("wired", "words"),
    [
        ({"movies_changed": ["ranking.services.recompote"]}, "ranking.services.recompote, which is no function"),
        ({"movies_changed": ["nowhere.services.recompute"]}, "nowhere.services.recompute, which is no function"),
        ({"movies_change": []}, "'movies_change', which is none of movies_changed"),
        (
            {"movies_changed": ["ranking.services.forget_viewer"]},
            "ranking.services.forget_viewer, which takes (user_id) and not (movie_ids)",
        ),
    ],
    ids=str,
)
def test_it_says_which_follower_is_misspelt(settings, wired, words):
    settings.HOOKS = wired
    with pytest.raises(ImproperlyConfigured) as refused:
        hooks.check()
    assert words in str(refused.value)


@pytest.mark.slow
def test_it_stops_the_start_with_a_sentence(tmp_path):
    (tmp_path / "misspelt.py").write_text(
        "from netflix.settings import *\nHOOKS = HOOKS | {'catalogue_loaded': ['ranking.services.recompote']}\n"
    )
    ended = subprocess.run(
        [sys.executable, "manage.py", "start"], cwd=project.BASE_DIR, capture_output=True, text=True, timeout=100,
        env=os.environ | {"DATA_DIR": str(tmp_path), "PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "misspelt"},
        check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr.strip().startswith("HOOKS['catalogue_loaded'] names ranking.services.recompote")
    assert len(ended.stderr.strip().splitlines()) == 1
