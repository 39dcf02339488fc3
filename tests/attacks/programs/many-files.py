from tries import attempt, fill

attempt("160 MB in files", lambda: fill(".", 160 << 20))
