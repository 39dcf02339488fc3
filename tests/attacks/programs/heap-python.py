from tries import attempt


def hog():
    kept = []
    while len(kept) < 64:
        kept.append(bytearray(b"x" * (8 << 20)))
    return "512 MB"


attempt("heap", hog)
