# Server, page and, if wished, models in one image: docs/deploy.md.
#   docker build -t jupiter-ring .
#   docker build -t jupiter-ring --build-arg MODELS="smollm2-135m-instruct" .

FROM node:22-bookworm-slim AS build
WORKDIR /src
# Browsers are for tests, which are not run here.
ENV PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 XDG_CACHE_HOME=/cache
COPY . .
RUN npm ci --no-audit --no-fund
RUN npm run build:server -- --out /out
# Ids of the catalogue, with spaces between them. None: models are mounted, or come from their hubs.
ARG MODELS=""
RUN mkdir -p /cache /out/models && for id in $MODELS; do npm run fetch -- "$id" || exit 1; done \
  && find /cache -name '*.gguf' -exec mv {} /out/models/ \;

FROM node:22-alpine
WORKDIR /app
COPY --from=build /out .
# What the image brings, and what is mounted.
VOLUME /models
USER node
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "server.mjs", "--host", "0.0.0.0", "--no-https", "--page", "page", "--models", "models", "--models", "/models"]
