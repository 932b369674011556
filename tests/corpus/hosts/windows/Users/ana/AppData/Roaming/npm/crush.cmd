@ECHO off
"%dp0%\node_modules\@charmland\crush\run-crush.js" %*
