// What the profile may say about an HTTP front end.
#pragma once

#include <string>
#include <vector>

#include "net/tls/server_context.h"
#include "tomada/config.h"
#include "transcode/error_body.h"

namespace tomada::pistache_http {

// A certificate and its key.
struct CertificateConfig : ConfigKeys<CertificateConfig> {
  std::string certificate =
      Key("certificate", &CertificateConfig::certificate).Required().Help("As `tls.certificate`.");
  std::string key = Key("key", &CertificateConfig::key).Required().Help("As `tls.key`.");
  std::vector<std::string> names =
      Key("names", &CertificateConfig::names)
          .Help("Names that clients ask for, such as a.example.com or *.example.com; empty: those of the certificate.");
};

struct TlsConfig : ConfigKeys<TlsConfig> {
  TlsConfig();

  std::string certificate =
      Key("certificate", &TlsConfig::certificate)
          .Help(
              "PEM file with the server's certificate, then each one's issuer. Clients speak TLS then; empty: clear "
              "text.");
  std::string key = Key("key", &TlsConfig::key).Help("PEM file with its private key, not encrypted.");
  std::vector<CertificateConfig> certificates =
      Key("certificates", &TlsConfig::certificates)
          .Help("Others, for clients that ask for one of their names (SNI); the first is for all the others.");
  net::ClientCertificate client =
      Key("client", &TlsConfig::client, net::ClientCertificate::kNone)
          .Help("Whether clients show a certificate, with `clientAuth` among its usages: their identity.");
  std::string client_ca = Key("client_ca", &TlsConfig::client_ca)
                              .Help("PEM file with the authorities of such certificates; no others are believed.");
  net::TlsVersion min_version = Key("min_version", &TlsConfig::min_version, net::TlsVersion::k12)
                                    .Help("The lowest version of TLS that is spoken.");

  absl::Duration reload_interval =
      Key("reload_interval", &TlsConfig::reload_interval, absl::Seconds(10))
          .Range(absl::Milliseconds(10), absl::Hours(24))
          .Help("How often the files are looked at; what has changed is used from then on.");

  bool enabled() const { return !certificate.empty(); }
  // `prefix` stands before the keys in errors.
  net::TlsServerOptions Options(const std::string& prefix) const;
  // Reads the files: what is wrong with them is known before anything starts.
  absl::Status Check() const;
};

struct Config : ConfigKeys<Config> {
  Config();

  HostPort listen = Key("listen", &Config::listen, {"127.0.0.1", 8000})
                        .Claims(Claim::kPort)
                        .Help("Address to bind. Port 0 picks a free one, which the log names.");
  bool expose_internal =
      Key("expose_internal", &Config::expose_internal, false)
          .Help("Offer internal services, such as admin, on an address that other machines can reach.");
  std::string unix_socket =
      Key("unix_socket", &Config::unix_socket)
          .Claims(Claim::kUnixSocket, /*instead_of=*/"listen")
          .Help("Path of a Unix socket to listen on instead of `listen`. Its folder decides who may connect.");
  TlsConfig tls = Key("tls", &Config::tls).Help("Encrypted connections, where it names a certificate.");
  int workers = Key("workers", &Config::workers, 0).Range(0, 256).Help("Threads; 0 means one for each core.");
  int max_connections = Key("max_connections", &Config::max_connections, 10'000)
                            .Range(1, 1'000'000)
                            .Help("Connections at once; the next one is answered 503 and closed.");
  int max_connections_per_peer = Key("max_connections_per_peer", &Config::max_connections_per_peer, 0)
                                     .Range(0, 1'000'000)
                                     .Help(
                                         "The same for each client address (IPv6: each /64). 0: half of "
                                         "`max_connections`, and any number for this "
                                         "machine's own. A proxy in front is one address.");
  std::vector<std::string> trusted_proxies =
      Key("trusted_proxies", &Config::trusted_proxies)
          .Help(
              "Addresses and networks, such as 10.0.0.0/8, and `unix` for those without one: their X-Forwarded-For is "
              "believed, and they may have any number of connections.");
  int max_calls = Key("max_calls", &Config::max_calls, 10'000)
                      .Range(1, 10'000'000)
                      .Help(
                          "Calls whose handlers have not ended, whether their clients are there or not; the next one "
                          "is answered 429.");
  int max_pipelined = Key("max_pipelined", &Config::max_pipelined, 64)
                          .Range(1, 10'000)
                          .Help(
                              "Unanswered requests of one connection, and calls of it that have not ended; fewer while "
                              "its answers wait to be "
                              "taken.");
  ByteSize max_unsent = Key("max_unsent", &Config::max_unsent, ByteSize{32 << 20})
                            .Range(ByteSize{1 << 20}, ByteSize{1ull << 40})
                            .Help(
                                "Memory for answers that clients do not take; beyond it those who have taken nothing "
                                "for longest are cut.");
  ByteSize max_header_size = Key("max_header_size", &Config::max_header_size, {16 << 10})
                                 .Range(ByteSize{256}, ByteSize{1 << 20})
                                 .Help("Request line and headers together; beyond it 414 or 431.");
  ByteSize max_body_size = Key("max_body_size", &Config::max_body_size, {1 << 20})
                               .Range(ByteSize{0}, ByteSize{1 << 30})
                               .Help("Request body, of a stream each line; beyond it 413.");
  absl::Duration header_timeout =
      Key("header_timeout", &Config::header_timeout, absl::Seconds(5))
          .Range(absl::Milliseconds(10), absl::Hours(24))
          .Help("For the whole request line and headers, from their first byte or from the connect.");
  absl::Duration body_timeout = Key("body_timeout", &Config::body_timeout, absl::Seconds(10))
                                    .Range(absl::Milliseconds(10), absl::Hours(24))
                                    .Help(
                                        "For the whole request body, from the end of the headers; of a stream that is "
                                        "answered at its end, for each silence.");
  absl::Duration idle_timeout =
      Key("idle_timeout", &Config::idle_timeout, absl::Seconds(75))  // balancers commonly keep theirs for 60
          .Range(absl::Milliseconds(10), absl::Hours(24))
          .Help(
              "Between two requests of a connection. Clients are told a second less: one that keeps to it never sends "
              "too late.");
  absl::Duration write_timeout = Key("write_timeout", &Config::write_timeout, absl::Seconds(10))
                                     .Range(absl::Milliseconds(10), absl::Hours(24))
                                     .Help("Without progress while a client does not read its answers.");
  absl::Duration request_timeout = Key("request_timeout", &Config::request_timeout, absl::Seconds(30))
                                       .Range(absl::Milliseconds(10), absl::Hours(24))
                                       .Help("Deadline of a call; beyond it 504.");
  absl::Duration stream_timeout = Key("stream_timeout", &Config::stream_timeout, absl::Minutes(10))
                                      .Range(absl::Milliseconds(10), absl::Hours(24))
                                      .Help("Deadline of a call that streams its answer.");
  absl::Duration event_keepalive =
      Key("event_keepalive", &Config::event_keepalive, absl::Seconds(15))
          .Range(absl::ZeroDuration(), absl::Hours(24))
          .Help(
              "Silence after which a stream of server-sent events gets a comment, so that nobody takes it for dead; 0: "
              "none.");
  absl::Duration drain_linger =
      Key("drain_linger", &Config::drain_linger, absl::Milliseconds(500))
          .Range(absl::ZeroDuration(), absl::Minutes(10))
          .Help("While stopping: how long an idle connection may still send a request, which is answered.");
  std::vector<std::string> forward_headers =
      Key("forward_headers", &Config::forward_headers,
          {"authorization", "x-request-id", "traceparent", "tracestate", "accept-language", "user-agent"})
          .Help(
              "Request headers that reach the service as metadata. Entries that begin with `+` are added to the "
              "default.");
  // gRPC servers of this kind take 8 KiB (gRPC's default); the rest is for what each call has by itself.
  ByteSize max_forwarded_size = Key("max_forwarded_size", &Config::max_forwarded_size, {7 << 10})
                                    .Range(ByteSize{256}, ByteSize{1 << 20})
                                    .Help(
                                        "Such headers together, with 32 bytes for each as HTTP/2 counts them; beyond "
                                        "it 431. `grpc_server` takes no more than the default.");
  std::vector<std::string> cors_origins =
      Key("cors_origins", &Config::cors_origins)
          .Help("Origins whose pages may call from a browser, such as https://app.example.com; `*` for any.");
  bool cors_credentials =
      Key("cors_credentials", &Config::cors_credentials, false)
          .Help("Such calls may carry cookies and Authorization kept by the browser. Not with `*`.");
  absl::Duration cors_max_age = Key("cors_max_age", &Config::cors_max_age, absl::Minutes(10))
                                    .Range(absl::ZeroDuration(), absl::Hours(24))
                                    .Help("How long a browser remembers what it may call.");
  ErrorShape errors = Key("errors", &Config::errors, ErrorShape::kStatus)
                          .Help("Bodies of errors: google.rpc.Status, or `detail` and 422 as FastAPI has them.");
  bool docs =
      Key("docs", &Config::docs, true)
          .Help(
              "Answer /openapi.json and /docs, and redirect `/` to /docs, where the services have nothing at these "
              "paths.");
  std::string public_url = Key("public_url", &Config::public_url)
                               .Help(
                                   "Where clients find this server, such as https://example.com/api, for /openapi.json "
                                   "and `Location`; empty: beside it.");
  bool health = Key("health", &Config::health, false)
                    .Help(
                        "Answer /healthz and /readyz, without causes, for balancers that ask at this port, where the "
                        "services have "
                        "nothing there.");
  bool emit_defaults =
      Key("emit_defaults", &Config::emit_defaults, false).Help("Write fields that hold their default into JSON.");
  bool emit_empty_lists = Key("emit_empty_lists", &Config::emit_empty_lists, true)
                              .Help("Write lists and maps that are empty, as [] and {}.");
  bool proto_names = Key("proto_names", &Config::proto_names, false)
                         .Help("Write field names as in the .proto file, not in camelCase.");
  bool ignore_unknown_fields = Key("ignore_unknown_fields", &Config::ignore_unknown_fields, false)
                                   .Help("Skip unknown fields of a JSON body instead of answering 400.");
  bool ignore_unknown_query = Key("ignore_unknown_query", &Config::ignore_unknown_query, false)
                                  .Help("Skip unknown query parameters instead of answering 400.");

  // `forward_headers` in lower case; where its entries begin with `+`, the defaults and them.
  std::vector<std::string> HeadersToForward() const;
  // `public_url` without a slash at its end.
  std::string PublicUrl() const;
  // Its host, where it is one of https; empty otherwise.
  std::string PublicHost() const;

  absl::Status Check() const;
};

}  // namespace tomada::pistache_http
