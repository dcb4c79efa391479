#!/bin/sh
# An alert, as Alertmanager sends it: a line of JSON.
head -c "${CONTENT_LENGTH:-0}" >>/var/log/alerts
echo >>/var/log/alerts
printf 'Content-Type: text/plain\r\n\r\nok\n'
