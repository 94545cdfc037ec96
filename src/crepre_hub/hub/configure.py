"""JupyterHub's configuration, a function for each part of ``jupyterhub_config.py``."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Engine

from crepre_hub.backends.backend import PHASES
from crepre_hub.desk.announcing import News
from crepre_hub.desk.people import HubUser
from crepre_hub.desk.room import Hand
from crepre_hub.errors import StoreUnreachable
from crepre_hub.hub.announcement_handlers import AnnouncementsHandler, NewsHandler
from crepre_hub.hub.archive_handlers import ArchiveFileHandler, ArchivesHandler
from crepre_hub.hub.course_gpu_handlers import CourseGpusHandler
from crepre_hub.hub.course_handlers import CourseHandler
from crepre_hub.hub.deep_link_handlers import DeepLinkHandler
from crepre_hub.hub.entries import NotedAuthorizeHandler
from crepre_hub.hub.gpu_board import BoardHandler
from crepre_hub.hub.gpu_handlers import GpuHandler, LinedSpawnHandler, RenewHandler
from crepre_hub.hub.gpu_pages import gpu_note, why_stopped
from crepre_hub.hub.join_handlers import JoinHandler
from crepre_hub.hub.join_link_handlers import JoinLinksHandler
from crepre_hub.hub.lab_handlers import ROUTES
from crepre_hub.hub.lane import LONGEST_WAIT_SECONDS, Lane, places_here
from crepre_hub.hub.language_handlers import LanguageHandler
from crepre_hub.hub.my_handlers import MyHandler
from crepre_hub.hub.my_page import my_page
from crepre_hub.hub.room_handlers import HandHandler, RoomHandler, RoomTilesHandler
from crepre_hub.hub.roster_handlers import RosterFileHandler
from crepre_hub.hub.runs import note_start, note_stop
from crepre_hub.hub.sending import Downloads
from crepre_hub.hub.spawn_form import options_from_form
from crepre_hub.hub.spawning import seat_class
from crepre_hub.hub.static_files import PackedFilesHandler
from crepre_hub.languages.templates import Languages
from crepre_hub.login.gate import Gate
from crepre_hub.login.pages import WayIn
from crepre_hub.secret import ensure_secret_file
from crepre_hub.settings.database import database_url
from crepre_hub.settings.ports import ports_of
from crepre_hub.store.attempts import AttemptLog
from crepre_hub.store.engine import tune_sqlite
from crepre_hub.wiring import Wiring

CULLER = "idle-culler"


def configure_hub(c: Any, wiring: Wiring) -> None:
    """Address, proxy, database, and what happens when the hub itself stops."""
    lab, ports = wiring.settings.lab, ports_of(wiring.settings.lab)
    secrets = wiring.settings.state / "secrets"
    c.JupyterHub.bind_url = f"http://{ports.address}:{ports.public}"
    c.JupyterHub.public_url = f"{lab.lab.url}/"
    c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{ports.hub}"
    c.CrepreHub.seat_address = f"{wiring.backend.hub_host}:{ports.hub}"
    # A function, since traitlets copies what methods belong to.
    c.CrepreHub.look_at_courses = lambda: wiring.courses.shelf()  # noqa: PLW0108
    # Hub and proxy are processes of their own: neither takes the servers down with it.
    c.JupyterHub.cleanup_servers = False
    # A server that starts waits for the hub, so the hub must not wait for it: it looks at them
    # all, and goes on looking after it has begun to answer. 1 s is the least that it takes.
    c.JupyterHub.init_spawners_timeout = 1
    c.JupyterHub.cleanup_proxy = False
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{ports.proxy_api}"
    c.ConfigurableHTTPProxy.auth_token = ensure_secret_file(secrets / "proxy").reveal()
    c.JupyterHub.cookie_secret_file = str(secrets / "cookies")
    c.JupyterHub.db_url = database_url(wiring.settings, "hub")
    c.JupyterHub.upgrade_db = True
    tune_sqlite(Engine)  # the hub opens its own engine, and sets no pragma but one
    c.JupyterHub.default_url = "/hub/spawn"


def configure_courses(c: Any, wiring: Wiring) -> None:
    """Who is in which course, what each may do there, and the pages of courses."""
    c.CrepreHub.desks = lambda: wiring.desks
    c.CrepreHub.lending = lambda: wiring.lending
    c.CrepreHub.board_names = wiring.settings.lab.gpus.names
    c.SeatMixin.lending = lambda: wiring.lending
    c.CrepreHub.examine = lambda: wiring.examine()  # noqa: PLW0108  (see configure_hub)
    gate = Gate(AttemptLog(wiring.engine))
    c.CrepreHub.gate = lambda: gate
    c.CrepreHub.ends = lambda: wiring.ends
    downloads = Downloads()
    c.CrepreHub.downloads = lambda: downloads
    c.CrepreHub.pages = [
        (r"/join", JoinHandler),
        (r"/join/([^/]+)", JoinHandler),
        (r"/course/([^/]+)", CourseHandler),
        (r"/course/([^/]+)/roster", RosterFileHandler),
        (r"/course/([^/]+)/links", JoinLinksHandler),
        (r"/course/([^/]+)/room", RoomHandler),
        (r"/course/([^/]+)/room/tiles", RoomTilesHandler),
        (r"/course/([^/]+)/hand", HandHandler),
        (r"/course/([^/]+)/announcements", AnnouncementsHandler),
        (r"/course/([^/]+)/gpus", CourseGpusHandler),
        (r"/api/crepre/news", NewsHandler),
        (r"/api/crepre/gpu/renew", RenewHandler),
        (r"/my/archive", ArchivesHandler),
        (r"/my/archive/([0-9]{1,12})", ArchiveFileHandler),
        (r"/spawn", LinedSpawnHandler),
        (r"/spawn/([^/]+)", LinedSpawnHandler),
        (r"/spawn/([^/]+)/([^/]+)", LinedSpawnHandler),
        (r"/gpu", GpuHandler),
        (r"/board", BoardHandler),
        (r"/api/oauth2/authorize", NotedAuthorizeHandler),
        (r"/language", LanguageHandler),
        (r"/my", MyHandler),
        (r"/login/lti/link/([\w-]+)", DeepLinkHandler),
        *ROUTES,
    ]
    c.SeatMixin.before_start = lambda spawner: spawner.user.settings["app"].standing.refresh(
        spawner.user.name
    )
    c.SeatMixin.after_start = lambda spawner: note_start(wiring.desks.usage, spawner)
    c.SeatMixin.after_stop = lambda spawner: note_stop(wiring.desks.usage, spawner)


def configure_login(c: Any, wiring: Wiring) -> None:
    """Who may come in, by which ways, and what the courses are told of it."""
    login = wiring.settings.lab.login
    c.JupyterHub.authenticator_class = "crepre-lab"
    c.LabAuthenticator.store_url = database_url(wiring.settings, "crepre")
    c.LabAuthenticator.passwords = "accounts" in login.kind
    c.LabAuthenticator.sign_up = login.sign_up
    c.LabAuthenticator.admins = set(login.admins)
    c.LabAuthenticator.kept_names = lambda: wiring.desks.people.listed_names()  # noqa: PLW0108
    c.LabAuthenticator.ways_in = lambda: wiring.ways_in
    c.LabAuthenticator.on_login = lambda identity: wiring.on_login(identity)  # noqa: PLW0108


def configure_servers(c: Any, wiring: Wiring) -> None:
    """Profiles, backend, and the end of servers that nobody uses."""
    servers, ports = wiring.settings.lab.servers, ports_of(wiring.settings.lab)
    backend = wiring.backend
    start_seconds = int(servers.start_timeout.total_seconds())
    c.JupyterHub.spawner_class = seat_class(backend.spawner_class)
    c.SeatMixin.desk = lambda: wiring.launch_desk
    c.CrepreHub.backend = lambda: wiring.backend
    c.SeatMixin.backend = lambda: wiring.backend
    lane = Lane(places_here())  # for servers on this machine, as those of both backends are
    c.SeatMixin.lane = lambda: lane
    c[backend.spawner_class.__name__].update(backend.defaults())
    c.Spawner.options_form = lambda spawner: spawner.cards()
    c.Spawner.options_from_form = options_from_form
    c.Spawner.apply_user_options = lambda spawner, options: None  # the desk judges them at start
    c.Spawner.hub_connect_url = f"http://{backend.hub_host}:{ports.hub}"
    c.SeatMixin.start_seconds = start_seconds
    c.Spawner.start_timeout = LONGEST_WAIT_SECONDS + start_seconds
    c.Spawner.http_timeout = start_seconds
    c.Spawner.default_url = "/lab"
    c.JupyterHub.concurrent_spawn_limit = servers.at_once
    token = ensure_secret_file(wiring.settings.state / "secrets" / CULLER)
    c.JupyterHub.services = [{"name": CULLER, "api_token": token.reveal()}]
    c.JupyterHub.load_roles = [
        {
            "name": CULLER,
            "services": [CULLER],
            "scopes": [
                "list:users",
                "read:users:activity",
                "read:servers",
                "delete:servers",
                "admin:server_state",  # for the command line: which course a server runs for
            ],
        }
    ]


def configure_pages(c: Any, wiring: Wiring) -> None:
    """What people see."""
    c.JupyterHub.jinja_environment_options = {"extensions": [Languages]}
    c.JupyterHub.template_paths = [str(wiring.templates)]
    c.JupyterHub.tornado_settings = {"static_handler_class": PackedFilesHandler}
    c.JupyterHub.template_vars = {
        "lab_name": wiring.settings.lab.lab.name,
        "phases": PHASES,
        "ways_in": [WayIn.of(way) for way in wiring.ways_in],
        "has_passwords": "accounts" in wiring.settings.lab.login.kind,
        "lends_gpus": lambda user: wiring.lending.lends_gpus,
        "settings_problems": lambda user: _problems_for(user, wiring),
        "my_page": lambda user: partial(my_page, user, wiring.desks),
        "my_hands": lambda user: partial(_hands_of, user, wiring),
        "my_news": lambda user: partial(_news_for, user, wiring),
        "gpu_note": lambda user: partial(gpu_note, user, wiring.lending),
        "why_stopped": lambda user: partial(why_stopped, user, wiring.lending),
    }


def _hands_of(user: Any, wiring: Wiring) -> tuple[Hand, ...]:
    """The hand of *user* in each course that they are a student of; none while nobody can say."""
    with suppress(StoreUnreachable):
        return wiring.desks.room.hands_of(HubUser(user.name, bool(user.admin)))
    return ()


def _news_for(user: Any, wiring: Wiring) -> tuple[News, ...]:
    """What the courses of *user* announce; nothing while nobody can say."""
    with suppress(StoreUnreachable):
        return wiring.desks.announcements.for_user(HubUser(user.name, bool(user.admin)))
    return ()


def _problems_for(user: Any, wiring: Wiring) -> list[str]:
    """What is wrong in the files, for admins only."""
    if user is None or not user.admin:
        return []
    shelf = wiring.courses.shelf()
    courses = shelf.courses
    found = (*shelf.problems, *wiring.share_problems(courses), *wiring.outdated_images(courses))
    return [str(problem) for problem in found]
