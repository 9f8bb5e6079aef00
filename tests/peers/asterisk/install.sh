#!/bin/sh
# Makes a folder with Debian sid's Asterisk in it, for tests/peers/test_sip_asterisk.py. About 700 MB
# and a few minutes; needs root and Debian's own package mirror.  Usage: install.sh [FOLDER]
set -eu
root=${1:-/var/cache/ringfence/asterisk}
mirror=${MIRROR:-$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' \
  /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null | head -n 1)}
export DEBIAN_FRONTEND=noninteractive

command -v debootstrap >/dev/null || { apt-get update -qq; apt-get install -y -qq --no-install-recommends debootstrap; }
mkdir -p "$(dirname "$root")"
debootstrap --variant=minbase sid "$root.part" "$mirror"
cp /etc/resolv.conf /etc/hosts "$root.part/etc/"
cp /etc/apt/apt.conf.d/* "$root.part/etc/apt/apt.conf.d/" 2>/dev/null || true
printf '#!/bin/sh\nexit 101\n' > "$root.part/usr/sbin/policy-rc.d"
chmod +x "$root.part/usr/sbin/policy-rc.d"
mount --bind /proc "$root.part/proc"
trap 'umount "$root.part/proc"' EXIT
chroot "$root.part" apt-get update -qq
chroot "$root.part" apt-get install -y -qq --no-install-recommends asterisk asterisk-modules
trap - EXIT
umount "$root.part/proc"
mv "$root.part" "$root"
echo "Asterisk is in $root"
