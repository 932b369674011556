# Git. Prints what must be the same wherever it runs.
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
export GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z'
git init -q -b main g
cd g
printf '#!/bin/sh\necho hook >&2\n' > .git/hooks/pre-commit
chmod +x .git/hooks/pre-commit
echo 1 > a
git add a
git commit -q -m one 2>&1
git clone -q . ../h
cd ../h
git checkout -q -b b
echo 2 >> a
git -c core.hooksPath=/dev/null commit -qam two
git push -q origin b
git log --oneline | cat
git fsck 2>/dev/null
