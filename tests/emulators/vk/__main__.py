"""Run it: python -m tests.emulators.vk --log FILE --tokens JSON [--settings JSON]; it prints its port.

It writes a JSON line for each request, with what the request did. POST /control changes how it behaves, GET /state
tells what there is: see `tests.servers.vk`.
"""

from __future__ import annotations

import argparse
import json

from tests.emulators.vk import schema
from tests.emulators.vk.server import Service, serve
from tests.emulators.vk.state import World

parser = argparse.ArgumentParser()
parser.add_argument("--log", required=True)
parser.add_argument("--tokens", required=True)
parser.add_argument("--settings", default="{}")
parser.add_argument("--port", type=int, default=0)
arguments = parser.parse_args()
schema.warm()
serve(Service(World(json.loads(arguments.tokens), json.loads(arguments.settings)), arguments.log), arguments.port)
