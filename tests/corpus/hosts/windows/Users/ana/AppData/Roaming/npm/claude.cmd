@ECHO off
GOTO start
:find_dp0
SET dp0=%~dp0
EXIT /b
:start
"%_prog%"  "%dp0%\node_modules\@anthropic-ai\claude-code\cli.js" %*
