from concurrent.futures import ThreadPoolExecutor

from netflix.secrets import installation_secret


def test_it_makes_a_secret_once_for_its_owner_only(tmp_path):
    secret = installation_secret(tmp_path, "key")
    assert len(secret) >= 48
    assert installation_secret(tmp_path, "key") == secret
    assert installation_secret(tmp_path, "other") != secret
    assert ((tmp_path / "secrets" / "key").stat().st_mode & 0o777) == 0o600


def test_it_gives_all_who_start_at_once_the_same_secret(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: installation_secret(tmp_path, "key"), range(50)))) == 1
    assert [file.name for file in (tmp_path / "secrets").iterdir()] == ["key"]
