# The host with all its plugins, small and without a compiler: `docker build -t tomada .`
# Needs BuildKit, which newer Dockers use by themselves; for older ones: DOCKER_BUILDKIT=1.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/bootstrap scripts/
RUN scripts/bootstrap build && rm -rf /var/lib/apt/lists/*
COPY . .
# The cache of compiled files lives outside the image, so that an edit compiles what it changed.
RUN --mount=type=cache,target=/root/.cache/ccache \
    cmake --preset release -DTOMADA_BUILD_TESTS=OFF \
    && ninja -C build/release product \
    && cmake --install build/release --prefix /opt/tomada --strip
RUN scripts/runtime-packages /opt/tomada > /opt/packages

FROM debian:bookworm-slim
COPY --from=build /opt/packages /tmp/packages
RUN apt-get update -qq \
    && xargs apt-get install -y -qq --no-install-recommends < /tmp/packages \
    && rm -rf /tmp/packages /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
    && useradd --system --uid 10001 --home-dir / --shell /usr/sbin/nologin tomada \
    && install -d -o tomada -g tomada /data
COPY --from=build /opt/tomada /opt/tomada
ENV PATH=/opt/tomada/bin:$PATH TOMADA_DATA=/data
USER tomada
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["tomada", "health"]
ENTRYPOINT ["tomada"]
CMD ["run"]
