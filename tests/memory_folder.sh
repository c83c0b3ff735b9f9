#!/bin/sh
# Prints a folder that lies in memory, where 10 GB are free for it and its files may be run; else nothing.
folder=/dev/shm
free="$(df -Pk "$folder" 2>/dev/null | awk 'NR == 2 { print $4 }')"
available="$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo 2>/dev/null)"
[ -w "$folder" ] && [ "${free:-0}" -gt 10000000 ] && [ "${available:-0}" -gt 10000000 ] || exit 0
awk -v folder="$folder" '$2 == folder && $4 ~ /(^|,)noexec(,|$)/ { bad = 1 } END { exit bad }' /proc/mounts && echo "$folder"
exit 0
