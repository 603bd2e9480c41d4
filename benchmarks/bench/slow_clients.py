"""Clients that send the header of a request at one byte a second, and come back when they are turned away.

    slow_clients.py PORT CLIENTS

Says "connected" when all are there. Ends with SIGTERM.
"""

import selectors
import socket
import sys
import time

HEADER = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + 10_000 * b"x"


class Client:
    def __init__(self, port, selector):
        self.port, self.selector = port, selector
        self.connect()

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setblocking(False)
        self.selector.register(self.socket, selectors.EVENT_READ, self)
        self.sent = 0

    def send(self):
        try:
            self.sent += self.socket.send(HEADER[self.sent:self.sent + 1])
        except OSError:
            self.reconnect()

    def reconnect(self):
        self.selector.unregister(self.socket)
        self.socket.close()
        self.connect()


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    selector = selectors.EpollSelector()
    clients = [Client(port, selector) for _ in range(count)]
    print("connected", flush=True)
    # One of them sends every 1/count of a second.
    began, sent = time.monotonic(), 0
    while True:
        while sent < (time.monotonic() - began) * count:
            clients[sent % count].send()
            sent += 1
        for key, _ in selector.select(1 / count):
            key.data.reconnect()  # answered 408, or closed


if __name__ == "__main__":
    main()
