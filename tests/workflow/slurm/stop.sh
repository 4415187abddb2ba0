#!/usr/bin/env bash
# Stops what start.sh started, by the process ids that its daemons wrote, and takes its configuration away.
home=/var/tmp/livermets-slurm
conf=/etc/slurm/slurm.conf
export PATH=$PATH:/usr/sbin:/sbin

stop() {
  local file=$home/run/$1.pid pid
  pid=$(cat "$file" 2>/dev/null) || return 0
  # An id may have gone to another program since.
  if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ]; then
    kill "$pid"
    for _ in $(seq 60); do [ -e "/proc/$pid" ] || break; sleep 0.1; done
    [ ! -e "/proc/$pid" ] || kill -9 "$pid"
  fi
  rm -f "$file"
}

if grep -qsx "ClusterName=livermets-test" "$conf"; then
  [ ! -s "$home/run/slurmctld.pid" ] || timeout 10 scancel --quiet --user=root 2>/dev/null
  for daemon in slurmd slurmctld munged; do stop "$daemon"; done
  rm -f "$conf" /etc/slurm/gres.conf
fi
exit 0
