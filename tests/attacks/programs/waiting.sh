: "$1"
read -r line && echo "DONE read $line"
echo "STOP read end of input"
