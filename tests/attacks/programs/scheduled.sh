: "$1"
try() { name=$1; shift; if "$@" >/dev/null 2>&1; then echo "DONE $name"; else echo "STOP $name"; fi; }
try crontab sh -c 'echo "* * * * * true" | crontab -'
try at sh -c 'echo true | at now + 1 hour'
try "cron folder" sh -c 'echo > /etc/cron.d/attack'
try "profile" sh -c 'echo >> /etc/profile'
try "systemd-run" systemd-run true
