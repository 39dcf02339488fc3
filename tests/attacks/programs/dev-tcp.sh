port=$(printf '%s' "$1" | sed 's/.*"tcp":\([0-9]*\).*/\1/')
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "DONE /dev/tcp"; else echo "STOP /dev/tcp"; fi
