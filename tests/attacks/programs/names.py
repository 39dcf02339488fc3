import socket

from tries import attempt

attempt("DNS", lambda: socket.getaddrinfo("example.invalid", 80))
