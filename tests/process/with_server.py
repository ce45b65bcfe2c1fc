"""Runs a program beside a server: with_server.py PROGRAM [ARGUMENT...]

The server is empty and has small log segments; the program finds its port in CORDWOOD_PORT. The
exit status is the program's, or 1 if one of the two ended by a signal or the server too early.
"""

import os
import subprocess
import sys

from server_process import ServerProcess


def main(command: list[str]) -> int:
    with ServerProcess("--log-segment-size", "4mb") as server:
        server.start()
        environment = dict(os.environ, CORDWOOD_PORT=str(server.port))
        status = subprocess.run(command, env=environment, check=False).returncode
        if server.running():
            server.stop()
            return 1 if status < 0 else status
        print(f"the server ended: exit status {server.wait()}\n{server.log_tail()}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
