# Apt and dpkg. Prints what must be the same wherever it runs.
apt-get -s install hello > log 2>&1 || true
apt-cache policy dpkg > log
dpkg -s dpkg | grep ^Package
mkdir -p d/DEBIAN d/usr/bin
cp /bin/true d/usr/bin/nothing
printf 'Package: nothing\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.com>\nDescription: x\n' > d/DEBIAN/control
dpkg-deb --root-owner-group -b d x.deb > log
dpkg-deb -x x.deb y
y/usr/bin/nothing
dpkg-deb -f x.deb Package
