# Programs that talk about agents. Prints what must be the same wherever it runs.
printf '#!/bin/sh\n# starts claude, codex and gemini: see @anthropic-ai/claude-code\necho notes\n' > notes
chmod +x notes
./notes
grep -c claude notes
printf 'print("anthropic openai tool_use claude-code")\n' > x.py
/usr/bin/python3 x.py
node -e 'console.log("@google/gemini-cli")' x $SOURCES/npm/project.tgz
bash -c ': aider codex'
echo "{\"agent\": \"codex\"}" | /usr/bin/python3 -m json.tool
