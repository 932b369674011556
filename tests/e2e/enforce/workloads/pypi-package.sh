# A PyPI package with C code and its tests. Prints what must be the same wherever it runs.
mkdir p
cd p
cp $SOURCES/pypi/*.tar.gz .
mkdir s
tar -C s --strip-components=1 -xf *.tar.gz
/usr/bin/python3 -m venv --without-pip --copies v
pip=$(echo $SOURCES/pypi/pip-*.whl)/pip
v/bin/python $pip install -q --no-index --find-links $SOURCES/pypi pip setuptools wheel pytest
v/bin/pip install -q --no-index --no-build-isolation --no-cache-dir ./s
v/bin/python -c 'import markupsafe._speedups as m
print(m.__name__)'
cd s
../v/bin/pytest -q tests -p no:cacheprovider | tail -n 1 | sed 's/ in .*//'
