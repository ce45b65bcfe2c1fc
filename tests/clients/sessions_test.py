"""Sessions and caches of web applications: Django on django-redis, Flask on Flask-Session and
Flask-Caching."""

import sys
import time

from served import Served, installed, needs

import case_report

DAY_S = 24 * 3600


class DjangoApplication(Served):
    PACKAGES = {"django": "python3-django", "django_redis": "python3-django-redis"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        from django.conf import settings
        settings.configure(
            CACHES={"default": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": f"redis://127.0.0.1:{cls.server.port}/1",
                "KEY_PREFIX": "shop"}},
            SESSION_ENGINE="django.contrib.sessions.backends.cache", SESSION_COOKIE_AGE=DAY_S,
            SECRET_KEY="a test", USE_TZ=True)

    def setUp(self):
        super().setUp()
        from django.core.cache import cache
        self.cache = cache

    def new_session(self, key=None):
        from django.contrib.sessions.backends.cache import SessionStore
        return SessionStore(key)

    def test_a_session_is_there_after_the_server_was_killed(self):
        session = self.new_session()
        session["basket"] = {"apples": 3}
        session.save()
        self.cache.close()
        self.restart_server()
        again = self.new_session(session.session_key)
        self.assertEqual(again["basket"], {"apples": 3})
        self.assertAlmostEqual(self.cache.ttl(again.cache_key), DAY_S, delta=60)
        again.flush()
        self.assertFalse(again.exists(session.session_key))
        self.assert_no_error()

    def test_a_login_takes_the_session_to_another_key(self):
        session = self.new_session()
        session["user"] = 7
        session.save()
        before = session.session_key
        session.cycle_key()
        self.assertNotEqual(session.session_key, before)
        self.assertEqual(self.new_session(session.session_key)["user"], 7)
        self.assertFalse(session.exists(before))

    def test_what_a_cache_is_asked_for(self):
        self.assertTrue(self.cache.add("a", 1))
        self.assertFalse(self.cache.add("a", 2))
        self.cache.set_many({"b": "two", "c": [3]}, timeout=60)
        self.assertEqual(self.cache.get_many(["a", "b", "c", "d"]), {"a": 1, "b": "two", "c": [3]})
        self.assertTrue(self.cache.touch("a", None))
        self.assertIsNone(self.cache.ttl("a"))
        self.assertEqual(self.cache.get_or_set("d", lambda: 4), 4)
        self.assertEqual(self.cache.delete_many(["a", "b"]), 2)
        self.assertCountEqual(self.cache.iter_keys("*"), ["c", "d"])
        self.assertEqual(self.cache.delete_pattern("*"), 2)
        self.assert_no_error()

    @needs("EVAL")
    def test_a_counter(self):
        self.cache.set("visits", 1)
        self.assertEqual(self.cache.incr("visits", 5), 6)
        self.assertEqual(self.cache.decr("visits"), 5)

    def test_what_is_cached_for_a_moment_goes(self):
        self.cache.set("moment", "now", timeout=0.05)
        self.assertEqual(self.cache.get("moment"), "now")
        time.sleep(0.1)
        self.assertIsNone(self.cache.get("moment"))

    @needs("EVALSHA", "SCRIPT")
    def test_a_lock_has_one_owner(self):
        first, second = (self.cache.lock("stock", timeout=60) for _ in range(2))
        self.assertTrue(first.acquire())
        self.assertFalse(second.acquire(blocking=False))
        first.release()
        self.assertTrue(second.acquire(blocking=False))


class FlaskApplication(Served):
    PACKAGES = {"flask": "python3-flask", "flask_session": "python3-flask-session",
                "flask_caching": "python3-flask-caching", "redis": "python3-redis"}

    def setUp(self):
        super().setUp()
        import flask
        import flask_caching
        import flask_session
        client = installed("redis").Redis(port=self.server.port)
        self.addCleanup(client.close)
        application = flask.Flask("shop")
        application.config.update(
            SESSION_TYPE="redis", SESSION_REDIS=client, SECRET_KEY="a test",
            CACHE_TYPE="RedisCache", CACHE_REDIS_HOST=client)
        flask_session.Session(application)
        cache = flask_caching.Cache(application)
        self.made = 0

        @application.route("/visits")
        def visits():
            flask.session["visits"] = flask.session.get("visits", 0) + 1
            return str(flask.session["visits"])

        @application.route("/page")
        @cache.cached(timeout=60)
        def page():
            self.made += 1
            return f"page {self.made}"

        self.cache = cache
        self.application = application

    def tearDown(self):
        self.assert_no_error()

    def visit(self, browser, path: str) -> str:
        return browser.get(path).get_data(as_text=True)

    def test_a_browser_has_its_session_also_after_the_server_was_killed(self):
        browser, other = self.application.test_client(), self.application.test_client()
        self.assertEqual([self.visit(browser, "/visits") for _ in range(3)], ["1", "2", "3"])
        self.assertEqual(self.visit(other, "/visits"), "1")
        self.restart_server()
        self.assertEqual(self.visit(browser, "/visits"), "4")

    def test_a_page_is_made_once(self):
        browser = self.application.test_client()
        self.assertEqual([self.visit(browser, "/page") for _ in range(3)], ["page 1"] * 3)
        with self.application.app_context():
            self.cache.clear()
        self.assertEqual(self.visit(browser, "/page"), "page 2")


if __name__ == "__main__":
    sys.exit(case_report.run_tests("sessions_test"))
