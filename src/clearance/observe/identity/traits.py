"""What a program that no catalog entry knows shows of an agent, and how much that weighs.

A signal is a group of strings that play one part in an agent: it talks to models, it offers them tools, it acts on
what they ask for, it tells them what they are, it is started by a person. No signal alone says anything: libraries talk
to models, readers name agents, scanners list every host. What is weighed is that one program does all of it.

The weights were set on published agents that the catalog lacks, and on libraries, readers and scanners
(`tests/observe/identity/test_traits.py`); the figures are in docs/adr/0002-content-identity.md.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    "native sdk": (
        "github.com/anthropics/anthropic-sdk-go", "github.com/openai/openai-go", "github.com/sashabaranov/go-openai",
        "github.com/tmc/langchaingo", "charm.land/fantasy", "google.golang.org/genai", "github.com/ollama/ollama/api",
        "github.com/cloudwego/eino", "/async-openai-", "/rig-core-", "/ollama-rs-", "/anthropic-sdk-", "/genai-0",
        "/misanthropic-", "/llm-1", "/langchain-rust-",
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

FIXED: Final = 0.05
NO_PROGRAM: Final = 0.6
NO_SDK_IN_NATIVE: Final = 0.7
NO_PROMPT: Final = 0.75
NO_MODEL: Final = 0.4
IN_ONE_SCRIPT: Final = 0.1
WEIGHTS: Final[dict[str, float]] = {
    "talks to models": 0.3,
    "offers them tools": 0.2,
    "acts on this machine": 0.15,
    "instructs them": 0.2,
    "reads their keys": 0.05,
    "several model hosts": 0.05,
}


def weigh(
    counts: Mapping[str, int], *, hosts: int = 0, started: bool = False, small: bool = False, library: bool = False,
    native: bool = False,
) -> Traits:  # fmt: skip
    """The score of a file that shows `counts` different strings of each signal, and `hosts` model hosts.

    `started`: its form says that it is a program (a native one, a `#!` line, a command of its package). `small`: a
    script of a few pages, in which strings stand together because one thing uses them. `library`: known to be one.
    `native`: a compiled program, whose constants say what it knows of, not what it does: a viewer of sessions has them
    all. Only what it was built from tells that it talks to models.
    """
    traits: list[str] = []
    built_in = "native sdk" in counts if native else "sdk" in counts
    if built_in or ("call" in counts and (hosts or "key" in counts)):
        traits.append("talks to models")
    if counts.get("protocol", 0) >= 2 or ("protocol" in counts and "tools" in counts):
        traits.append("offers them tools")
    if "acts" in counts and "tools" in counts:
        traits.append("acts on this machine")
    if "prompt" in counts:
        traits.append("instructs them")
    if "key" in counts:
        traits.append("reads their keys")
    if hosts >= 2:
        traits.append("several model hosts")
    score = FIXED + sum(WEIGHTS[trait] for trait in traits)
    if small and {"talks to models", "offers them tools", "acts on this machine"} <= set(traits):
        score += IN_ONE_SCRIPT
    elif "instructs them" not in traits:
        score = min(score, NO_PROMPT)
    if "talks to models" not in traits:
        score = min(score, NO_MODEL)
    if native and not built_in:
        score = min(score, NO_SDK_IN_NATIVE)
    if library or not (started or "started" in counts):
        score = min(score, NO_PROGRAM)
    else:
        traits.append("is started as a program")
    return Traits(round(min(score, 1.0), 2), tuple(traits))
