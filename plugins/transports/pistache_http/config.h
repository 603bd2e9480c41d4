// What the profile may say about an HTTP front end.
#pragma once

#include <string>
#include <vector>

#include "tomada/config.h"

namespace tomada::pistache_http {

struct Config;
absl::Status CheckConfig(const Config& config);

struct Config {
  Config();

  HostPort listen{"127.0.0.1", 8000};
  std::string unix_socket;
  int workers = 0;
  int max_connections = 10'000;
  int max_connections_per_peer = 0;
  int max_pipelined = 64;
  ByteSize max_header_size{16 << 10};
  ByteSize max_body_size{1 << 20};
  absl::Duration header_timeout = absl::Seconds(5);
  absl::Duration body_timeout = absl::Seconds(10);
  absl::Duration idle_timeout = absl::Seconds(60);
  absl::Duration write_timeout = absl::Seconds(10);
  absl::Duration request_timeout = absl::Seconds(30);
  absl::Duration stream_timeout = absl::Minutes(10);
  absl::Duration drain_linger = absl::Seconds(2);
  std::vector<std::string> forward_headers = {"authorization", "x-request-id",    "traceparent",
                                              "tracestate",    "accept-language", "user-agent"};
  bool expose_internal = false;
  std::vector<std::string> cors_origins;
  bool cors_credentials = false;
  absl::Duration cors_max_age = absl::Minutes(10);
  std::string errors = "status";
  bool docs = true;
  bool emit_defaults = false;
  bool proto_names = false;
  bool ignore_unknown_fields = false;
  bool ignore_unknown_query = false;

  static void Describe(ConfigDescription<Config>& d) {
    constexpr absl::Duration kShortest = absl::Milliseconds(10);
    constexpr absl::Duration kLongest = absl::Hours(24);
    d.Field("listen", &Config::listen).Help("Address to bind. Port 0 picks a free one, which the log names.");
    d.Field("expose_internal", &Config::expose_internal)
        .Help("Offer internal services, such as admin, on an address that other machines can reach.");
    d.Field("unix_socket", &Config::unix_socket)
        .Help("Path of a Unix socket to listen on instead of `listen`. Its folder decides who may connect.");
    d.Field("workers", &Config::workers).Range(0, 256).Help("Threads; 0 means one for each core.");
    d.Field("max_connections", &Config::max_connections)
        .Range(1, 1'000'000)
        .Help("Connections at once; the next one is answered 503 and closed.");
    d.Field("max_connections_per_peer", &Config::max_connections_per_peer)
        .Range(0, 1'000'000)
        .Help("The same for each client address (IPv6: each /64); 0 for none. A proxy in front is one address.");
    d.Field("max_pipelined", &Config::max_pipelined)
        .Range(1, 10'000)
        .Help("Unanswered requests of one connection, after which it is not read.");
    d.Field("max_header_size", &Config::max_header_size)
        .Range(ByteSize{256}, ByteSize{1 << 20})
        .Help("Request line and headers together; beyond it 414 or 431.");
    d.Field("max_body_size", &Config::max_body_size)
        .Range(ByteSize{0}, ByteSize{1 << 30})
        .Help("Request body; beyond it 413.");
    d.Field("header_timeout", &Config::header_timeout)
        .Range(kShortest, kLongest)
        .Help("For the whole request line and headers, from their first byte or from the connect.");
    d.Field("body_timeout", &Config::body_timeout)
        .Range(kShortest, kLongest)
        .Help("For the whole request body, from the end of the headers.");
    d.Field("idle_timeout", &Config::idle_timeout)
        .Range(kShortest, kLongest)
        .Help("Between two requests of a connection.");
    d.Field("write_timeout", &Config::write_timeout)
        .Range(kShortest, kLongest)
        .Help("Without progress while a client does not read its answers.");
    d.Field("request_timeout", &Config::request_timeout)
        .Range(kShortest, kLongest)
        .Help("Deadline of a call; beyond it 504.");
    d.Field("stream_timeout", &Config::stream_timeout)
        .Range(kShortest, kLongest)
        .Help("Deadline of a call that streams its answer.");
    d.Field("drain_linger", &Config::drain_linger)
        .Range(absl::ZeroDuration(), absl::Minutes(10))
        .Help("While stopping: how long an idle connection may still send a request, which is answered.");
    d.Field("forward_headers", &Config::forward_headers).Help("Request headers that reach the service as metadata.");
    d.Field("cors_origins", &Config::cors_origins)
        .Help("Origins whose pages may call from a browser, such as https://app.example.com; `*` for any.");
    d.Field("cors_credentials", &Config::cors_credentials)
        .Help("Such calls may carry cookies and Authorization kept by the browser. Not with `*`.");
    d.Field("cors_max_age", &Config::cors_max_age)
        .Range(absl::ZeroDuration(), kLongest)
        .Help("How long a browser remembers what it may call.");
    d.Field("errors", &Config::errors)
        .OneOf({"status", "fastapi"})
        .Help("Bodies of errors: google.rpc.Status, or `detail` and 422 as FastAPI has them.");
    d.Field("docs", &Config::docs)
        .Help("Answer /openapi.json and /docs, and lead `/` there, where the services have nothing at these paths.");
    d.Field("emit_defaults", &Config::emit_defaults).Help("Write fields that hold their default into JSON.");
    d.Field("proto_names", &Config::proto_names).Help("Write field names as in the .proto file, not in camelCase.");
    d.Field("ignore_unknown_fields", &Config::ignore_unknown_fields)
        .Help("Skip unknown fields of a JSON body instead of answering 400.");
    d.Field("ignore_unknown_query", &Config::ignore_unknown_query)
        .Help("Skip unknown query parameters instead of answering 400.");
    d.Check(CheckConfig);
  }
};

}  // namespace tomada::pistache_http
