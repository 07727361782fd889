# One image for every process; the command says which.

FROM python:3.11-slim AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_PROJECT_ENVIRONMENT=/opt/treadle UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /src
# The dependencies change less often than the code, and are a layer of their own.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --locked --no-dev --no-install-project
COPY core core
COPY monitoring monitoring
COPY dag dag
COPY wire wire
COPY importing importing
COPY ledger ledger
COPY transport transport
COPY hil hil
COPY scheduler scheduler
COPY workers workers
COPY planner planner
COPY gateway gateway
# It has a link to each of the others: they are what is installed, as parts of it.
COPY treadle treadle
COPY examples examples
RUN uv sync --locked --no-dev --no-editable

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home treadle
COPY --from=build /opt/treadle /opt/treadle
ENV PATH=/opt/treadle/bin:$PATH PYTHONUNBUFFERED=1
USER treadle
WORKDIR /home/treadle
# Drains: ends or releases what runs, then exits.
STOPSIGNAL SIGTERM
CMD ["treadle", "--help"]
