"""Walls of the emulated VK in this process: asked through a transport, or straight, with things happening between."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import httpx
from pydantic import SecretStr

from adapters.http import Client
from adapters.sources.vk import VkSource, VkSourceSettings
from adapters.sources.vk.post import entry_of
from adapters.sources.vk.reading import Reading
from adapters.sources.vk.wall import Wall
from tests.emulators.vk import api, wall
from tests.emulators.vk.state import World
from tests.servers.vk import GROUP, UNPACED, USER, USER_TOKEN

OWNER = -GROUP
DAY = 1_700_000_000


def world_of(count=0, **settings):
    """Return a world whose community has so many posts, a minute between them."""
    world = World({USER_TOKEN: {"kind": "user", "id": USER}}, UNPACED | settings)
    for number in range(1, count + 1):
        arrive(world, number)
    return world


def arrive(world, number=None):
    """Publish a post."""
    number = number or max((post.id for post in world.posts.values()), default=0) + 1
    return world.put(OWNER, DAY + number * 60, f"Post {number}", id=number)


class Shifting:
    """One reader of a wall that changes before the requests with these numbers; the first is 0."""

    def __init__(self, world, events=(), size=3, look_back=2):
        self.world, self.events, self.size, self.look_back = world, dict(events), size, look_back
        self.requests = 0
        self.token = world.tokens[USER_TOKEN]

    def ask(self, method, parameters):
        """Let happen what happens, and answer."""
        for event in self.events.pop(self.requests, ()):
            event(self.world)
        self.requests += 1
        return wall.METHODS[method](self.world, self.token, parameters)[0]

    def reading(self, cursor=""):
        """Return a reading from a cursor, as a new process would."""
        wall_read = Wall(OWNER, self.ask, self.size)
        return Reading(wall_read, "wall", cursor, self.look_back, lambda found: entry_of(found, OWNER))

    def read(self, cursor=""):
        """Read to the end; returns the entries and the stand."""
        reading = self.reading(cursor)
        entries = [entry for page in reading.pages() for entry in page.entries]
        return entries, reading.stand.written("wall")


class Transport(httpx.BaseTransport):
    """VK's API in this process, its answers held against the schema; the requests it was asked are kept."""

    def __init__(self, world):
        self.world, self.asked, self.answers = world, [], []
        """`answers` are given first, one a request, in the service's place."""

    def handle_request(self, request):
        parameters = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        method = request.url.path.rpartition("/")[2]
        self.asked.append((method, dict(parameters)))
        parameters["access_token"] = request.headers["authorization"].removeprefix("Bearer ")
        if self.answers:
            return self.answers.pop(0)
        return httpx.Response(200, json=api.call(self.world, method, parameters).body)


def source_of(world, transport=None, token=USER_TOKEN, page_size=100, naps=None, **settings):
    """Return a source that reads a world's community."""
    chosen = VkSourceSettings(**{"community": GROUP} | settings)
    http = Client(transport or Transport(world), 32 << 20)
    pause = (naps if naps is not None else []).append
    return VkSource(chosen, SecretStr(token) if token else None, http, page_size, pause)


def error(code, message="no"):
    """Return an error as VK answers it."""
    said = {"error": {"error_code": code, "error_msg": message, "request_params": []}}
    return httpx.Response(200, content=json.dumps(said))
