# A camera box in a container: docs/install.md. The steps are in install/container.sh, so that they can run without Docker.
FROM debian:trixie-slim AS build
COPY . /src
RUN sh /src/install/container.sh build

FROM debian:trixie-slim
COPY install/container.sh /tmp/container.sh
RUN sh /tmp/container.sh runtime && rm /tmp/container.sh
COPY --from=build /opt/glimpse /opt/glimpse
ENV PATH=/opt/glimpse/bin:$PATH PYTHONUNBUFFERED=1
USER glimpse
WORKDIR /data
VOLUME /data
# A node that works publishes a heartbeat every few seconds, whatever its cameras do.
HEALTHCHECK --interval=60s --timeout=30s --start-period=60s \
  CMD glimpse watch tcp://127.0.0.1:5556 --topic v1/health/ --count 1 --timeout 20
ENTRYPOINT ["glimpse"]
CMD ["run", "--config", "/data/site.yaml"]
