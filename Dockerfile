# The Python that the tests run on; the patch release is whatever is current, for its security fixes.
FROM python:3.11-slim-bookworm AS dependencies
# requirements-s3.lock for posters in a bucket (POSTERS_BUCKET)
ARG REQUIREMENTS=requirements.lock
RUN python -m venv /opt/venv
COPY ${REQUIREMENTS} .
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r ${REQUIREMENTS}

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
RUN useradd --system --uid 10001 --no-create-home netflix && install -d -o netflix -m 700 /data
COPY --from=dependencies /opt/venv /opt/venv
WORKDIR /app
COPY . .
USER netflix
VOLUME /data
EXPOSE 8000
# One thread a worker answers requests (netflix/bridge.py); more processes are the way to more throughput.
CMD ["python", "-m", "netflix.web", "--host", "0.0.0.0"]
