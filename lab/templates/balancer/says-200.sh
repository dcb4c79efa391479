#!/bin/bash
# Whether HAProxy answers 200 on a path. By bash's own socket: keepalived asks twice a second, and
# on a slow processor a curl takes 25 ms to start, bash 4.
exec 3<>/dev/tcp/127.0.0.1/8404 || exit 1
printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
read -r -t 2 _ status _ <&3 && [ "$status" = 200 ]
