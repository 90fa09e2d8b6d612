# The service as a container. With DATABASE_URL it uses that PostgreSQL; without, its own, kept in the volume.
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /app
WORKDIR /src
# The dependencies first: they change seldom, and every file is held to its hash.
COPY requirements.lock ./
RUN /app/bin/pip install --require-hashes --no-deps --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY migrations ./migrations
COPY clients ./clients
COPY service ./service
RUN /app/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/suyuan suyuan
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 SUYUAN_DATA_DIR=/var/lib/suyuan/data
USER suyuan
WORKDIR /var/lib/suyuan
VOLUME /var/lib/suyuan
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["suyuan-service"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
