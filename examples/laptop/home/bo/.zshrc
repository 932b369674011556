export OPENAI_BASE_URL=https://llm.corp.example.com/v1
