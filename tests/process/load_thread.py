"""A thread that loads a server until the connection breaks, because the server is killed."""

import threading

from resp_client import Connection

REPLY_TIMEOUT = 60


class LoadThread(threading.Thread):
    """Calls step() again and again. `failure` says what else than the kill ended it."""

    def __init__(self, port: int, name: str):
        super().__init__(name=name, daemon=True)
        self.failure = None
        self.connection = Connection(port, REPLY_TIMEOUT)

    def step(self) -> None:
        raise NotImplementedError

    def run(self):
        try:
            while True:
                self.step()
        except TimeoutError as error:
            self.failure = f"{self.name}: no reply for {REPLY_TIMEOUT} s: {error}"
        except OSError:
            pass  # the kill
        except Exception as error:  # a test's thread must not fail in silence
            self.failure = repr(error)
        finally:
            self.connection.close()
