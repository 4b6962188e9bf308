"""The feed of the little source: a folder with nine lines, an album and a broken one among them."""

from __future__ import annotations

import json
from functools import partial

from adapters.conformance.sources import Feed

BEGIN = 1_735_689_600


def feed_of(folder, source):
    """Fill a folder and return its feed, read by `source`."""
    files = folder / "files"
    files.mkdir(parents=True)
    (folder / "secret.txt").write_text("not yours")
    for name, size in (("a.png", 10), ("b.png", 20), ("c.png", 30)):
        (files / name).write_bytes(name[0].encode() * size)
    posts = [{"id": n, "at": BEGIN + n * 60, "text": f"post {n}"} for n in range(1, 10)]
    posts[2] |= {"members": [3, 30, 31], "files": [["a.png", 10], ["b.png", 20], ["c.png", 30]]}
    path = folder / "posts.jsonl"

    def write(found):
        lines = [json.dumps(post) for post in found]
        path.write_text("\n".join([*lines[:4], "{broken", *lines[4:]]) + "\n")

    def read():
        return [json.loads(line) for line in path.read_text().splitlines() if line != "{broken"]

    def change(number, **more):
        write([post | more if post["id"] == number else post for post in read()])
        return f"lines:pond/{number}"

    def append():
        write([*read(), {"id": 99, "at": BEGIN + 99 * 60, "text": "new"}])
        return "lines:pond/99"

    def delete():
        write([post for post in read() if post["id"] != 6])
        return "lines:pond/6"

    write(posts)
    return Feed(
        open=partial(source, folder),
        ids=[f"lines:pond/{post['id']}" for post in posts],
        edit=lambda: change(5, text="edited", edited=BEGIN + 5000),
        count=lambda: change(2, likes=77),
        append=append,
        delete=delete,
    )
