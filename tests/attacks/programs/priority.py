from tries import aim, attempt, os

attempt("priority of the victim", lambda: os.setpriority(os.PRIO_PROCESS, aim["victim"], 19))
