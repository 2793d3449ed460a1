# The programs and git, for pipelines that run containers:
#   docker run --rm -v "$PWD:/work" IMAGE scan .
FROM golang:1.26.0-alpine3.23 AS build
RUN apk add --no-cache git
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -mod=readonly -buildvcs=true -ldflags "-s -w -buildid=" -o /out/ ./cmd/modelaudit ./cmd/modelaudit-hook

FROM alpine:3.23
RUN apk add --no-cache git && git config --system --add safe.directory /work
COPY --from=build /out/ /usr/local/bin/
COPY LICENSE internal/notices/notices.txt /usr/share/doc/modelaudit/
WORKDIR /work
USER 65532:65532
ENTRYPOINT ["modelaudit"]
