# A C library with make. Prints what must be the same wherever it runs.
mkdir c
tar -C c --strip-components=1 -xf $SOURCES/c/*.orig.tar.*
cd c
CFLAGS=-O1 ./configure > log
make -j2 >> log
make test | grep -c 'test OK'
make install prefix=$PWD/out >> log
sha256sum libz.a out/include/zlib.h
ls out/lib
