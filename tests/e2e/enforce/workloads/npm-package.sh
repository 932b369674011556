# An npm package and its tests. Prints what must be the same wherever it runs.
mkdir n
cd n
tar --strip-components=1 -xf $SOURCES/npm/project.tgz
cp -r $SOURCES/npm/cache cache
export npm_config_cache=$PWD/cache npm_config_update_notifier=false
node -e 'const p=require("./package.json")
p.devDependencies={tape: "5.9.0"}
p.scripts={test: "tape test/*.js"};
         require("fs").writeFileSync("package.json", JSON.stringify(p))'
npm install --offline --ignore-scripts --no-audit --no-fund > log
npm test | tail -n 5 | grep '^# '
npm pack --silent
npx --offline --no-install tape test/bool.js | grep -c '^ok'
