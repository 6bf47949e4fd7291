# --- Packages: pip and its caches stay behind in this stage ------------------------------------------------------
FROM python:3.13-slim AS packages
RUN python -m venv --without-pip /opt/venv
COPY requirements/base.txt /tmp/base.txt
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes -r /tmp/base.txt

# --- The site ----------------------------------------------------------------------------------------------------
FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/srv/var
# pg_dump and pg_restore for backups: Debian's are of the server's version in docker-compose.yml.
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ciip && install --directory --owner=ciip /srv/var \
    && install --directory --owner=ciip --mode=700 /srv/var/exports /srv/var/backups
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/ciip
COPY . .
USER ciip
# The key is for this one command: an image holds no secrets, each installation brings its own.
RUN SECRET_KEY=build python manage.py collectstatic --noinput --verbosity 0
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "scripts/healthcheck.py", "/healthz"]
CMD ["gunicorn", "--bind=0.0.0.0:8000"]
