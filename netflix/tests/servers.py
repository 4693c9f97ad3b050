"""For tests that start processes of their own."""

from django.db import connection


def url_of_the_test_database() -> str:
    settings = connection.settings_dict
    host = settings["HOST"].replace("/", "%2F")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    login = f"{settings['USER']}:{settings['PASSWORD']}" if settings["PASSWORD"] else settings["USER"]
    return f"postgres://{login}@{host}{port}/{settings['NAME']}"
