"""What a program that no catalog entry knows shows of an agent, and how much that weighs.

A signal is a group of strings that play one part in an agent: it talks to models, it offers them tools, it acts on
what they ask for, it tells them what they are, it is started by a person. No signal alone says anything: libraries talk
to models, readers name agents, scanners list every host. What is weighed is that one program does all of it.

The weights were set on published agents that the catalog lacks, and on libraries, readers and scanners
(`tests/observe/identity/test_traits.py`); the figures are in docs/adr/0002-content-identity.md.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from clearance.observe.identity.types import Traits

SIGNALS: Final[dict[str, tuple[str, ...]]] = {
    "sdk": (
        "import anthropic", "from anthropic", "import openai", "from openai", "@anthropic-ai/sdk", 'from "openai"',
        "from 'openai'", 'require("openai")', "require('openai')", "@google/genai", "google.genai",
        "google.generativeai", "import litellm", "from litellm", "@ai-sdk/", "import ollama", "from ollama",
        "from groq", "from mistralai", "@mistralai/", "import cohere", "from smolagents", "from pydantic_ai",
        "langchain_openai", "langchain_anthropic", "@langchain/", "anthropic.resources", "openai.resources",
        "anthropic._client", "openai._client", "anthropic-typescript", "X-Stainless-Lang", "from openhands.sdk",
    ),
    "call": (
        "/v1/messages", "/chat/completions", "chat.completions.create", "messages.create(", "messages.stream(",
        "generate_content(", "generateContent", "responses.create(", "litellm.completion", "litellm.acompletion",
        "streamText(", "generateText(", "ollama.chat", ":streamGenerateContent", "/api/chat", "converse_stream",
    ),
    "protocol": (
        "tool_use", "tool_calls", "tool_result", "tool_call_id", "input_schema", "function_call", "tool_choice",
        '"role": "tool"', "role:\"tool\"", "tools/call", "session/prompt", "toolCallId", "tool_use_id",
        "inputSchema", "stop_reason", "finish_reason", "functionDeclarations",
    ),
    "tools": (
        "run_command", "execute_command", "run_shell", "write_file", "read_file", "edit_file", "apply_patch",
        "str_replace", "list_files", "execute_bash", "shell_command", "run_terminal", "run_bash", "bash_tool",
        "create_file", "search_files", "writeFile", "readFile", "editFile", "execute_code", "run_python",
        "\"bash\"", "'bash'", "list_dir", "grep_search",
    ),
    "acts": (
        "subprocess.run", "subprocess.Popen", "subprocess.check_output", "create_subprocess", "os.system(",
        "child_process", "execSync", "spawnSync", "execFile", "Bun.spawn", "node-pty", "execa", "pexpect",
        "subprocess",
    ),
    "prompt": (
        "You are a coding", "You are an autonomous", "You are an AI", "You are an expert", "You are a helpful",
        "You are an interactive", "You are a software", "You are a senior", "coding assistant", "coding agent",
        "You have access to", "software engineer", "You can interact with", "programming assistant",
        "system_prompt", "systemPrompt", "SYSTEM_PROMPT",
    ),
    "key": (
        "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "OPENAI_API_BASE",
        "GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY", "GROQ_API_KEY",
        "MISTRAL_API_KEY", "XAI_API_KEY", "OLLAMA_HOST", "LLM_API_KEY", "LLM_BASE_URL",
    ),
    "started": (
        '__name__ == "__main__"', "__name__ == '__main__'", "argparse.ArgumentParser", "@click.command",
        "@click.group", "typer.Typer", "process.argv", "new Command(", "sys.argv", "parseArgs(",
        "import readline", "node:readline", "readline/promises", "prompt_toolkit", "process.stdin",
    ),
}  # fmt: skip
"""Strings by signal. `tests/observe/identity` keeps them free of what the rules of one tool are."""

HOSTS: Final = (
    "api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com", "openrouter.ai/api",
    "api.deepseek.com", "api.mistral.ai", "api.groq.com", "api.x.ai", "bedrock-runtime", "dashscope.aliyuncs.com",
    "api.moonshot", "localhost:11434", "127.0.0.1:11434", "api.together.xyz", "api.fireworks.ai", "api.cerebras.ai",
    "api.cohere", "api.perplexity.ai", "integrate.api.nvidia.com", "open.bigmodel.cn", "api.z.ai",
)  # fmt: skip
"""Model hosts: each different one counts."""

FIXED: Final = 0.1
WITHOUT_START: Final = 0.6
WEIGHTS: Final[dict[str, float]] = {
    "talks to models": 0.3,
    "offers them tools": 0.2,
    "acts on this machine": 0.15,
    "instructs them": 0.15,
    "reads their keys": 0.05,
    "several model hosts": 0.05,
}


def weigh(signals: Set[str], *, started: bool = False, hosts: int = 0, counts: dict[str, int] | None = None) -> Traits:
    """The score of a program that shows these signals. `started`: its form says that it is a program (a native file,
    a `#!` line, a command of its package). `counts` says how many different strings of a signal were found.
    """
    many = counts or {}
    traits: list[str] = []
    if "sdk" in signals or ("call" in signals and (hosts or "key" in signals)):
        traits.append("talks to models")
    if many.get("protocol", 0) >= 2 or ("protocol" in signals and "tools" in signals):
        traits.append("offers them tools")
    if "acts" in signals and "tools" in signals:
        traits.append("acts on this machine")
    if "prompt" in signals:
        traits.append("instructs them")
    if "key" in signals:
        traits.append("reads their keys")
    if hosts >= 2:
        traits.append("several model hosts")
    score = FIXED + sum(WEIGHTS[trait] for trait in traits)
    if not started and "started" not in signals:
        score = min(score, WITHOUT_START)
    else:
        traits.append("is started as a program")
    if "talks to models" not in traits:
        score = min(score, 0.4)
    return Traits(round(min(score, 1.0), 2), tuple(traits))
