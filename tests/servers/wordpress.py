"""A real WordPress for tests: Debian's package, a MariaDB of its own on a socket, PHP's own server on 127.0.0.1."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx

from tests.servers.postgres import _free_port as free_port

PACKAGE = Path("/usr/share/wordpress")
PACKAGES = "wordpress php-cli php-mysql php-gd php-xml php-mbstring php-curl mariadb-server"
CONFIG = """<?php
define('DB_NAME', 'wp'); define('DB_USER', 'root'); define('DB_PASSWORD', ''); define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4'); define('WP_HOME', '{url}'); define('WP_SITEURL', '{url}');
define('WP_ENVIRONMENT_TYPE', 'local');  // allows application passwords over plain http
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_DEBUG_DISPLAY', false);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
INSTALL = """<?php
define('WP_INSTALLING', true); $_SERVER['HTTP_HOST'] = '{host}'; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require '{site}/wp-load.php'; require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('A site', 'admin', 'a@example.org', true, '', 'unused');
update_option('permalink_structure', '/%postname%/');
foreach (['admin' => 1, 'reader' => wp_create_user('reader', 'unused')] as $name => $id)
  echo WP_Application_Passwords::create_new_application_password($id, ['name' => 'tests'])[0], "\\n";
"""
ROUTER = """<?php
$path = $_SERVER['DOCUMENT_ROOT'] . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (is_file($path)) return false;
$_SERVER['SCRIPT_NAME'] = '/index.php'; require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
"""
PLUGIN = """<?php
// A type of its own, a shortcode that breaks whoever shows it, and a way in for tests.
add_action('init', function () {
  register_post_type('book', ['public' => true, 'show_in_rest' => true, 'rest_base' => 'books']);
  add_shortcode('boom', function () { throw new Error('a plugin broke'); });
});
add_action('rest_api_init', fn() => register_rest_route('tests/v1', '/php', ['methods' => 'POST',
  'permission_callback' => fn() => current_user_can('manage_options'),
  'callback' => function ($request) {
    require_once ABSPATH . 'wp-admin/includes/admin.php';
    return ['value' => eval($request['code'])];
  }]));
"""
EMPTY = """
global $wpdb;
foreach (['posts', 'postmeta', 'term_relationships', 'comments'] as $name) $wpdb->query("TRUNCATE {$wpdb->$name}");
wp_cache_flush();
"""


class NoWordPress(Exception):
    """This machine has no WordPress to start."""


class WordPress:
    """A running site."""

    def __init__(self, folder):
        if not PACKAGE.is_dir() or not all(shutil.which(name) for name in ("php", "mariadbd", "mariadb-install-db")):
            raise NoWordPress(f"no WordPress: apt install {PACKAGES}")
        self._folder, self._running = folder, []
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        site = self._database_and_files()
        self._environment = os.environ | {"PHP_CLI_SERVER_WORKERS": "3"}
        host = f"127.0.0.1:{self.port}"
        (folder / "install.php").write_text(INSTALL.format(host=host, site=site))
        passwords = self._run("php", folder / "install.php").split()[-2:]
        self.logins = dict(zip(("admin", "reader"), passwords, strict=True))
        (folder / "router.php").write_text(ROUTER)
        quick = ("-d", "opcache.enable_cli=1", "-d", "opcache.validate_timestamps=0")
        self._start("php", *quick, "-S", host, "-t", site, folder / "router.php")
        self.http = httpx.Client(base_url=self.url, auth=("admin", self.logins["admin"]), timeout=60)
        self._wait(lambda: self.http.get("/wp-json/").status_code == 200)

    def _database_and_files(self):
        """Start the database and lay the site out; returns its folder."""
        data, socket, site = self._folder / "db", self._folder / "db.sock", self._folder / "site"
        me = "--user=root" if os.geteuid() == 0 else "--no-defaults"
        normal = "--auth-root-authentication-method=normal"
        self._run("mariadb-install-db", "--no-defaults", f"--datadir={data}", normal, "--skip-test-db", me)
        quick = ("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=8M")
        here = (f"--datadir={data}", f"--socket={socket}", f"--pid-file={self._folder}/db.pid")
        self._start("mariadbd", "--no-defaults", me, *here, *quick, "--skip-networking")
        shutil.copytree(
            PACKAGE, site, ignore=shutil.ignore_patterns("*.js", "*.css", "*.map", ".htaccess", "wp-config.php")
        )
        plugins = site / "wp-content" / "mu-plugins"
        plugins.mkdir(parents=True)
        (plugins / "tests.php").write_text(PLUGIN)
        (site / "wp-content" / "uploads").mkdir(exist_ok=True)
        (site / "wp-config.php").write_text(CONFIG.replace("{socket}", str(socket)).replace("{url}", self.url))
        self._wait(socket.exists)
        self._run("mariadb", "--no-defaults", "-u", "root", f"--socket={socket}", "-e", "create database wp")
        return site

    def rest(self, method, path, user="admin", **fields):
        """Ask the API as a person's tool would."""
        answer = self.http.request(
            method, f"/wp-json/wp/v2/{path}", json=fields or None, auth=(user, self.logins[user])
        )
        assert answer.status_code < 300, answer.text
        return answer.json()

    def publish(self, path="posts", **fields):
        """Publish something; returns its id."""
        return self.rest("POST", path, **{"title": "a title", "content": "a text", "status": "publish"} | fields)["id"]

    def upload(self, name, data, mime="image/png"):
        """Put a file into the library; returns what the API says of it."""
        headers = {"content-type": mime, "content-disposition": f'attachment; filename="{name}"'}
        answer = self.http.post("/wp-json/wp/v2/media", content=data, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def php(self, code):
        """Run PHP inside WordPress, for what its API has no word for; returns what it returns."""
        answer = self.http.post("/?rest_route=/tests/v1/php", json={"code": code})
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    def empty(self):
        """Forget every post; ids begin anew."""
        self.php(EMPTY)

    def stop(self):
        """End what was started."""
        self.http.close()
        for process in reversed(self._running):
            # PHP's workers are its children; only this group is ended.
            os.killpg(process.pid, signal.SIGTERM)
        for process in self._running:
            process.wait()

    def _start(self, *command):
        """Start a server."""
        log = (self._folder / f"{command[0]}.log").open("wb")
        process = subprocess.Popen(
            list(map(str, command)),
            stdout=log,
            stderr=log,
            env=getattr(self, "_environment", None),
            start_new_session=True,
        )
        log.close()
        self._running.append(process)

    def _wait(self, is_ready):
        """Wait until something is so, a minute at most."""
        deadline = time.monotonic() + 60
        while True:
            try:
                if is_ready():
                    return
            except httpx.TransportError:
                pass
            assert all(process.poll() is None for process in self._running), "a server ended: see its log"
            assert time.monotonic() < deadline
            time.sleep(0.05)

    @staticmethod
    def _run(*command):
        """Run a program to its end; returns what it said."""
        done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
