"""What the hub is made of, in reading order. Settings are in lab.toml, not here."""

from pathlib import Path

from crepre_hub.hub.configure import (
    configure_courses,
    configure_hub,
    configure_login,
    configure_pages,
    configure_servers,
)
from crepre_hub.wiring import wire_for_hub

c = get_config()  # noqa: F821  (JupyterHub provides it)

wiring = wire_for_hub()
configure_hub(c, wiring)  # address, database, proxy
configure_login(c, wiring)  # who may come in
configure_courses(c, wiring)  # who is in which, and what each may do there
configure_servers(c, wiring)  # profiles, backend, idle servers
configure_pages(c, wiring)  # templates and what they may use

# The escape hatch: any setting of JupyterHub, in files of your own, read last.
for extra in sorted((wiring.settings.root / "config.d").glob("*.py")):
    load_subconfig(str(Path(extra)))  # noqa: F821
