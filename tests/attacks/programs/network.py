import socket

from tries import aim, attempt


def stream(family, address):
    def run():
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.settimeout(0.3)
            one.connect(address)

    return run


def family(number, kind=socket.SOCK_STREAM):
    return lambda: socket.socket(number, kind).close()


def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("127.0.0.1", aim["udp"]))
    raise OSError("sent; whether it arrived is counted outside")


attempt("TCP to the machine", stream(socket.AF_INET, ("127.0.0.1", aim["tcp"])))
attempt("UDP to the machine", datagram)
attempt("socket file", stream(socket.AF_UNIX, aim["outside"] + "/socket"))
attempt("abstract socket", stream(socket.AF_UNIX, "\0" + aim["abstract"]))
if aim["level"] != "L0":
    attempt("TCP out", stream(socket.AF_INET, ("192.0.2.1", 9)))
    attempt("TCP out over IPv6", stream(socket.AF_INET6, ("2001:db8::1", 9)))
    attempt("vsock", family(40))
    attempt("netlink", family(16, socket.SOCK_RAW))
    attempt("AF_ALG", family(38, socket.SOCK_SEQPACKET))
    attempt("packet", family(17, socket.SOCK_RAW))
    attempt("raw", family(socket.AF_INET, socket.SOCK_RAW))
    attempt("bluetooth", family(31, socket.SOCK_RAW))
