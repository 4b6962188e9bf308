"""What is our SQL store's own: its schema, its engines, its indexes and its files."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select, text

from adapters.conformance.stores.samples import START, claim, failure, job
from adapters.contracts.errors import ConfigurationError, StoreUnavailable
from adapters.contracts.jobs import Job, Reason, Receipt, State
from adapters.contracts.store import Conflict
from adapters.stores.sql import SqlJobStore, engine_of, schema
from adapters.stores.sql.tables import jobs as jobs_table
from adapters.stores.sql.tables import metadata


class TestRows:
    """What our store promises beyond the port."""

    def test_one_worker_an_item(self, store):
        """The database itself refuses a second running job of an item."""
        store.create([job()])
        claim(store)
        with pytest.raises(Conflict):
            store.create([job(revision=2, state=State.RUNNING)])

    def test_what_is_read_would_validate(self, store):
        """A job is built from its row unvalidated; a look at every field changes neither value nor type."""
        receipt = Receipt(remote_id="7", at=START, losses=("a poll",))
        store.create([job(n) for n in ("s/1", "s/2", "s/3")])
        store.finish(claim(store), receipt, run_id="r")
        store.fail(claim(store), Reason.REJECTED, failure("no"), run_id="r", in_doubt=False)
        for key in (job(n).key for n in ("s/1", "s/2", "s/3")):
            found = store.get(key)
            again = Job.model_validate(dict(found))
            assert again == found
            assert {name: type(value) for name, value in again} == {name: type(value) for name, value in found}

    def test_last_failures(self, store):
        """The last ten failures are kept."""
        store.create([job()])
        for number in range(12):
            store.release(claim(store), failure(str(number)), not_before=None, in_doubt=False, counts=True)
        assert [one.message for one in store.get(job().key).failures] == [str(number) for number in range(2, 12)]


class TestSchema:
    """Making, recognising and refusing databases."""

    def test_metadata(self, url):
        """Alembic's schema is the tables'."""
        engine = engine_of(url)
        SqlJobStore.open(engine)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": schema.SCHEMA.version_table})
            assert compare_metadata(context, metadata) == []

    def test_indexes(self, url):
        """The partial indexes have their conditions, which alembic does not compare."""
        engine = engine_of(url)
        SqlJobStore.open(engine)
        table = "sqlite_master" if engine.dialect.name == "sqlite" else "pg_indexes"
        column = "sql" if engine.dialect.name == "sqlite" else "indexdef"
        name = "name" if engine.dialect.name == "sqlite" else "indexname"
        with engine.connect() as connection:
            query = text(f"SELECT {column} FROM {table} WHERE {name} IN ('jobs_open', 'jobs_running')")  # noqa: S608
            assert all("WHERE" in definition for definition in connection.scalars(query))

    def test_head(self):
        """The head written down is alembic's."""
        assert ScriptDirectory(str(schema.SCHEMA.migrations)).get_current_head() == schema.SCHEMA.head

    def test_opened_without_alembic(self, tmp_path):
        """A store in order opens without loading alembic."""
        url = f"sqlite:///{tmp_path / 'jobs.db'}"
        SqlJobStore.open(engine_of(url)).close()
        code = (
            "import sys; from adapters.stores.sql import *; SqlJobStore.open(engine_of(sys.argv[1])); "
            "sys.exit('alembic' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code, url], check=False).returncode == 0

    def test_newer(self, url):
        """A database of a newer release is refused with what to do."""
        engine = engine_of(url)
        SqlJobStore.open(engine)
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE {schema.SCHEMA.version_table} SET version_num = '9999'"))  # noqa: S608
        with pytest.raises(ConfigurationError, match="made by a newer release"):
            SqlJobStore.open(engine_of(url))

    def test_another_program(self, url):
        """A database with another program's tables is left as it is."""
        engine = create_engine(engine_of(url).url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE jobs (id INTEGER)"))
        with pytest.raises(ConfigurationError, match="another program"):
            SqlJobStore.open(engine_of(url))

    def test_birth_id(self, url):
        """A store keeps its identity."""
        first = SqlJobStore(engine_of(url))
        assert len(first.birth_id) == 32
        assert SqlJobStore.open(engine_of(url)).birth_id == first.birth_id
        first.close()

    def test_times_are_the_stores(self, url):
        """Without a clock given, the time is the database's, aware."""
        store = SqlJobStore.open(engine_of(url))
        assert store.now().utcoffset() == timedelta(0)
        store.close()


class TestEngines:
    """Reaching a database, and saying why it cannot be reached."""

    def test_unreachable(self):
        """A server that does not answer is named without its password."""
        with pytest.raises(StoreUnavailable) as raised:
            SqlJobStore.open(engine_of("postgresql://me:hunter2@127.0.0.1:1/jobs?password=hunter3"))
        assert "127.0.0.1:1/jobs" in str(raised.value)
        assert "hunter" not in str(raised.value)

    @pytest.mark.postgres
    def test_wrong_password(self, postgres_url):
        """A server that refuses us is named without the password."""
        url = engine_of(postgres_url).url.set(password="hunter2", database="nowhere")  # noqa: S106  no password
        with pytest.raises(StoreUnavailable) as raised:
            SqlJobStore.open(engine_of(url.render_as_string(hide_password=False)))
        assert "hunter2" not in str(raised.value)

    def test_no_database(self, tmp_path):
        """A file that is no database is said to be none."""
        (tmp_path / "jobs.db").write_bytes(b"not a database at all" * 100)
        with pytest.raises(StoreUnavailable, match="not a database"):
            SqlJobStore.open(engine_of(f"sqlite:///{tmp_path / 'jobs.db'}"))

    def test_no_folder(self, tmp_path):
        """A folder that cannot be made is said so."""
        (tmp_path / "file").touch()
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            SqlJobStore.open(engine_of(f"sqlite:///{tmp_path / 'file' / 'jobs.db'}"))

    def test_locked(self, tmp_path):
        """A database that another program keeps locked is unavailable, not broken."""
        engine = engine_of(f"sqlite:///{tmp_path / 'jobs.db'}")
        store = SqlJobStore.open(engine)
        with engine.connect() as mine:
            mine.exec_driver_sql("PRAGMA busy_timeout=1")
            mine.rollback()
        other = sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            store.create([job()])
        other.close()

    def test_private_and_durable(self, tmp_path):
        """The file is its owner's alone, and a commit is on the disk."""
        path = tmp_path / "new" / "jobs.db"
        engine = engine_of(f"sqlite:///{path}")
        assert not path.exists()
        SqlJobStore.open(engine)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with engine.connect() as connection:
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
        assert pragmas == ["wal", 2, 1, 30000]

    @pytest.mark.parametrize(
        "url",
        [
            "hunter2",
            "postgresql://me:hunter2@host:port/x",
            "mysql://me:hunter2@host/x",
            "postgresql+asyncpg://me:hunter2@host/x",
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite+aiosqlite:///x.db",
        ],
    )
    def test_bad_url(self, url):
        """A URL that names no store is refused, and not repeated."""
        with pytest.raises(ConfigurationError) as raised:
            engine_of(url)
        assert "hunter2" not in str(raised.value)

    def test_plan_of_a_claim(self, tmp_path):
        """A claim among many closed jobs reads open ones alone."""
        engine = engine_of(f"sqlite:///{tmp_path / 'jobs.db'}")
        SqlJobStore.open(engine)
        query = (
            select(jobs_table.c.seq)
            .where(jobs_table.c.source_id == "s", jobs_table.c.destination_id == "d", jobs_table.c.due_at <= START)
            .order_by(jobs_table.c.seq)
            .limit(1)
            .compile(engine, compile_kwargs={"literal_binds": True})
        )
        with engine.connect() as connection:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
        assert "jobs_open" in plan
        assert "TEMP B-TREE" not in plan
