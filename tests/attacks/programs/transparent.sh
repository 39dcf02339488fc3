: "$1"
printf 'b\na\n' | sort | tr a-z A-Z > sorted.txt
cat sorted.txt && wc -l < sorted.txt
mkdir -p x/y && cp sorted.txt x/y && find x | sort
awk 'BEGIN { print 6 * 7 }'
sed -n 1p sorted.txt
exit 4
