# A container. Prints what must be the same wherever it runs.
mkdir -p r/bin r/proc r/lib r/lib64 r/usr; cp /bin/sh /bin/ls /bin/cat r/bin/
unshare -Urmpf --mount-proc sh -ec '
    mount --bind /usr r/usr; mount --bind /usr/lib r/lib; mount --bind /usr/lib64 r/lib64; mount -t proc proc r/proc
    chroot r /bin/sh -c "ls / ; echo inside; cat /proc/1/comm; exec /usr/bin/python3 -c \"print(6*7)\""'
