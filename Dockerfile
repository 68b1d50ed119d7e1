# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CACHE_DIR=/var/cache/pip
RUN python -m venv /venv
COPY requirements.txt .
RUN --mount=type=cache,target=/var/cache/pip /venv/bin/pip install --require-hashes -r requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 ENVIRONMENT=production
RUN useradd --system --uid 10001 --no-create-home stockroom \
    && install --directory --owner=stockroom /app/.local
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# Both belong to root: the process reads what it runs, and cannot change it.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" ALLOWED_HOSTS=localhost \
    FRONTEND_URL=https://localhost python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q /app
ENV PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('PORT') or 8000}/health\", timeout=2)"]
# What SIGTERM starts takes as long as DRAIN_SECONDS and gunicorn's graceful_timeout together: docker stop --time 40.
CMD ["gunicorn"]
