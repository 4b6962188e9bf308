"""The rows of the table, a module a kind of work; each has its `ROWS`, and a new module is named here."""

from bench.frame import Row
from bench.rows import again, archive, database, media, prefect, publishing, rss, scale, site

ROWS: tuple[Row, ...] = (
    *archive.ROWS,
    *database.ROWS,
    *site.ROWS,
    *again.ROWS,
    *scale.ROWS,
    *prefect.ROWS,
    *media.ROWS,
    *publishing.ROWS,
    *rss.ROWS,
)
