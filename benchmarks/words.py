"""Words for made-up films, people and stories. Only ASCII, so that a name in lower case is its folded form."""

import random


def _words(text: str) -> list[str]:
    return text.split()


GENRES = {  # the share of films with this genre; a film has 2.45 genres on average
    "Drama": 0.50,
    "Comedy": 0.34,
    "Action": 0.26,
    "Thriller": 0.22,
    "Romance": 0.18,
    "Adventure": 0.15,
    "Crime": 0.14,
    "Horror": 0.12,
    "Family": 0.09,
    "Sci-Fi": 0.08,
    "Fantasy": 0.07,
    "Mystery": 0.07,
    "Animation": 0.05,
    "Biography": 0.045,
    "History": 0.035,
    "Music": 0.03,
    "War": 0.025,
    "Sport": 0.02,
    "Western": 0.015,
    "Documentary": 0.01,
}
CERTIFICATES = ["", "G", "PG", "PG", "PG-13", "PG-13", "PG-13", "R", "R", "R", "NC-17", "15", "18"]
FIRST_NAMES = _words(
    "Ada Alan Amira Anna Boris Carla Chen Clara David Dora Elif Emma Felix Fiona George Greta Hugo Ines Ivan Jane "
    "Jonas Karin Kofi Lara Leon Maria Mehmet Nina Noah Olga Omar Paula Pedro Rosa Samir Sofia Tariq Vera Yuki Zoe"
)
LAST_NAMES = _words(
    "Abbott Aydin Baker Bauer Brown Castro Chang Cohen Costa Demir Diaz Evans Fischer Garcia Gomez Hansen Hill Ivanov "
    "Jansen Kaya Keller Khan Kim Kowalski Larsen Lopez Martin Meyer Moreau Nagy Novak Okafor Olsen Park Patel Peters "
    "Quinn Rossi Sato Schmidt Silva Singh Smith Suzuki Taylor Vogel Weber Wilson Yilmaz Young"
)
ADJECTIVES = _words(
    "Ancient Blind Blue Broken Burning Cold Crimson Dark Distant Eternal Fallen Final Forgotten Frozen Golden Hidden "
    "Hollow Invisible Last Lonely Long Lost Midnight Narrow Naked Old Pale Perfect Quiet Red Restless Sacred Secret "
    "Silent Silver Sleeping Strange Summer Tender Wild"
)
NOUNS = _words(
    "Angel Bridge Captain City Clock Country Crown Daughter Desert Dream Empire Father Fire Forest Garden Ghost "
    "Harbour Heart House Hunter Island Journey Kingdom Lake Letter Light Machine Moon Mountain Night Ocean Paradise "
    "Promise River Road Shadow Sister Sky Soldier Song Stone Storm Stranger Street Summer Train Valley Voice War Winter"
)
_STORIES = _words(
    "a an the her his their young old retired famous lonely ambitious detective teacher soldier mother doctor thief "
    "painter pilot journalist stranger friend family village city island war winter train secret past crime murder "
    "letter dream love revenge betrayal money treasure machine planet disease storm discovers searches leaves returns "
    "meets follows loses hides saves fights remembers for with against before after between during without under"
)


def phrases(number: int) -> list[str]:
    """Phrases of about forty characters; the same in every run."""
    chance = random.Random(7)
    return [" ".join(chance.choices(_STORIES, k=7)).capitalize() + "." for _ in range(number)]
