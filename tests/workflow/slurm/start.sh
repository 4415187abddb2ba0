#!/usr/bin/env bash
# Starts a SLURM of one node on this machine, for tests only: start.sh [GPUS]. GPUS (default 0) are pretended devices.
# Installs Debian's slurm-wlm and munge where they are missing. Exit status: 0 a job was run; 77 impossible here, with
# the reason on stderr; 1 it should have worked and did not.
set -euo pipefail
gpus=${1:-0}
# Twice the cores: most of a tiny job is waiting for imports. nproc believes OMP_NUM_THREADS.
cpus=${LIVERMETS_SLURM_CPUS:-$((2 * $(getconf _NPROCESSORS_ONLN)))}
here=$(cd "$(dirname "$0")" && pwd)
home=/var/tmp/livermets-slurm
conf=/etc/slurm/slurm.conf # the executor drops SLURM_CONF for its inner srun, so only the default place is found
cluster=livermets-test
node=$(hostname -s)
export PATH=$PATH:/usr/sbin:/sbin

impossible() { echo "no SLURM can be started: $*" >&2; exit 77; }
[ "$(id -u)" = 0 ] || impossible "this needs root"
if [ -s "$conf" ] && ! grep -qx "ClusterName=$cluster" "$conf"; then
  impossible "$conf belongs to another cluster"
fi
missing=0
for program in slurmctld slurmd sbatch munged; do command -v "$program" >/dev/null || missing=1; done
if [ "$missing" = 1 ]; then
  command -v apt-get >/dev/null || impossible "slurm-wlm is not installed and there is no apt-get"
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y slurm-wlm munge; } \
    >/tmp/livermets-slurm-apt.log 2>&1 || impossible "apt-get could not install slurm-wlm (see /tmp/livermets-slurm-apt.log)"
fi

"$here/stop.sh"
rm -rf "$home/state" "$home/spool" # every start is a new cluster: no job of an earlier test comes back
mkdir -p "$home"/{state,spool,log,run,dev} /etc/slurm
getent hosts "$node" >/dev/null || echo "127.0.0.1 $node" >>/etc/hosts

gres=""
: >/etc/slurm/gres.conf
for ((i = 0; i < gpus; i++)); do
  # A device has to be a character device; this one is another /dev/null.
  [ -c "$home/dev/gpu$i" ] || mknod "$home/dev/gpu$i" c 1 3
  echo "NodeName=$node Name=gpu File=$home/dev/gpu$i Flags=nvidia_gpu_env" >>/etc/slurm/gres.conf
done
if [ "$gpus" -gt 0 ]; then gres="Gres=gpu:$gpus"; fi

cat >"$conf" <<CONF
ClusterName=$cluster
SlurmctldHost=$node
AuthType=auth/munge
# One account does everything here; there is no other to protect it from.
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldPidFile=$home/run/slurmctld.pid
SlurmdPidFile=$home/run/slurmd.pid
SlurmctldLogFile=$home/log/slurmctld.log
SlurmdLogFile=$home/log/slurmd.log
# Containers have neither systemd nor cgroups.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
# Memory limits without cgroups: sample, and kill what uses too much.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
# As on most real clusters: processors and memory are shared out, impossible requests are refused at once.
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
EnforcePartLimits=ALL
SlurmdParameters=config_overrides
ReturnToService=2
# Finished jobs stay in the records until the test has read them.
MinJobAge=7200
AccountingStorageType=accounting_storage/none
# Start waiting jobs without delay: tests are short.
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=3,bf_interval=3
SlurmdTimeout=20
KillWait=3
InactiveLimit=0
GresTypes=gpu
NodeName=$node CPUs=$cpus RealMemory=$(awk '/^MemTotal/ {print int($2 / 1126)}' /proc/meminfo) $gres State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF

if ! munge -n 2>/dev/null | unmunge >/dev/null 2>&1; then
  install -d -o munge -g munge -m 755 /run/munge
  install -d -o munge -g munge -m 700 /var/log/munge /var/lib/munge
  as_munge() { setpriv --reuid munge --regid munge --init-groups "$@"; }
  [ -s /etc/munge/munge.key ] || as_munge mungekey --create
  as_munge /usr/sbin/munged
  cp /run/munge/munged.pid "$home/run/munged.pid"
fi
slurmctld
slurmd

for _ in $(seq 60); do
  if [ "$(sinfo --noheader --format=%t 2>/dev/null)" = idle ] && timeout 20 srun --quiet --time=1 --mem=50 true; then
    sinfo --noheader --Node --format="%N: %c CPUs, %m MB, %G"
    exit 0
  fi
  sleep 0.5
done
echo "SLURM was started but ran no job:" >&2
tail -n 5 "$home"/log/*.log >&2
exit 1
