# docker build -t cordwood . && docker run -p 127.0.0.1:6379:6379 -v cordwood:/data cordwood

FROM debian:12 AS build
WORKDIR /cordwood
COPY scripts/install scripts/
RUN scripts/install run
COPY . .
RUN scripts/build release cordwood-server cordwood \
 && strip build/release/server/cordwood-server build/release/server/cordwood

FROM debian:12-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      libfmt9 libjemalloc2 liblz4-1 libspdlog1.10 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --user-group --uid 999 --home-dir /data --shell /usr/sbin/nologin cordwood \
 && install -d -o cordwood -g cordwood -m 700 /data
COPY --from=build /cordwood/build/release/server/cordwood-server \
                  /cordwood/build/release/server/cordwood /usr/local/bin/
COPY scripts/healthcheck /usr/local/bin/cordwood-healthcheck

USER cordwood
WORKDIR /data
VOLUME /data
EXPOSE 6379
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["cordwood-healthcheck"]
# Nothing reaches the container's port that its owner did not let in, so protected mode, which
# refuses every client from another machine while there is no password, would only be in the way.
ENTRYPOINT ["cordwood-server", "--dir", "/data", "--bind", "0.0.0.0", "--protected-mode", "no"]
