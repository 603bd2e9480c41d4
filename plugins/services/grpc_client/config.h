#pragma once

#include <string>
#include <vector>

#include "tomada/config.h"

namespace tomada::grpc_client {

struct Config : ConfigKeys<Config> {
  std::string target = Key("target", &Config::target)
                           .Help("The gRPC server, host:port. A name with several addresses is several servers.");
  std::vector<std::string> targets =
      Key("targets", &Config::targets)
          .Help("Several servers with the same services, in place of target; calls go to those that are up, in turn.");
  std::string descriptor_set =
      Key("descriptor_set", &Config::descriptor_set)
          .Help("File with the server's services, made by protoc --include_imports --descriptor_set_out=FILE.");
  bool reflection = Key("reflection", &Config::reflection, false)
                        .Help("Ask the server for its services, in place of descriptor_set.");
  absl::Duration reflection_timeout =
      Key("reflection_timeout", &Config::reflection_timeout, absl::Seconds(10))
          .Range(absl::Milliseconds(100), absl::Hours(24))
          .Help("How long the start waits for a server to ask. Less than the host's start.deadline.");
  std::string descriptor_cache =
      Key("descriptor_cache", &Config::descriptor_cache)
          .Help("With reflection: file that keeps what a server said, for a start while none can be asked.");
  std::vector<std::string> services =
      Key("services", &Config::services)
          .Help("Full names of the services to offer; empty: all, but of those that reflection finds not gRPC's own.");
  bool tls_enabled =
      Key("tls.enabled", &Config::tls_enabled, false).Help("Connect by TLS and check the server's certificate.");
  std::string tls_ca =
      Key("tls.ca", &Config::tls_ca)
          .Help("PEM file of the authorities that may have signed it; empty: those that the system trusts.");
  std::string tls_certificate = Key("tls.certificate", &Config::tls_certificate)
                                    .Help("PEM file of our own certificate, for a server that asks for one.");
  std::string tls_key = Key("tls.key", &Config::tls_key).Help("PEM file of its key.");
  std::string tls_server_name = Key("tls.server_name", &Config::tls_server_name)
                                    .Help("Name that the server's certificate must have; empty: the target's host.");
  absl::Duration timeout = Key("timeout", &Config::timeout, absl::Seconds(30))
                               .Range(absl::Milliseconds(1), absl::Hours(24))
                               .Help(
                                   "How long an answer may take, when the caller's deadline is not sooner. Streams "
                                   "have the caller's alone.");
  absl::Duration connect_timeout = Key("connect_timeout", &Config::connect_timeout, absl::Seconds(2))
                                       .Range(absl::Milliseconds(100), absl::Hours(24))
                                       .Help("How long one attempt may take.");
  absl::Duration max_backoff = Key("max_backoff", &Config::max_backoff, absl::Seconds(2))
                                   .Range(absl::Milliseconds(100), absl::Hours(24))
                                   .Help("The longest pause between two attempts.");
  absl::Duration keepalive_time = Key("keepalive_time", &Config::keepalive_time, absl::Seconds(30))
                                      .Range(absl::Seconds(10), absl::Hours(24))
                                      .Help("A connection with calls but without traffic for this long is pinged.");
  absl::Duration keepalive_timeout = Key("keepalive_timeout", &Config::keepalive_timeout, absl::Seconds(10))
                                         .Range(absl::Seconds(1), absl::Hours(24))
                                         .Help("A ping that stays unanswered for this long closes the connection.");
  ByteSize max_message_size = Key("max_message_size", &Config::max_message_size, {4 << 20})
                                  .Range(ByteSize{1024}, ByteSize{1 << 30})
                                  .Help("The largest answer; a larger one fails the call with RESOURCE_EXHAUSTED.");
  int max_concurrent_calls = Key("max_concurrent_calls", &Config::max_concurrent_calls, 10000)
                                 .Range(1, 1000000)
                                 .Help("Calls at once; more are refused with RESOURCE_EXHAUSTED at once.");

  absl::Status Check() const;

  // Whichever of the two was given.
  std::vector<std::string> AllTargets() const;
};

}  // namespace tomada::grpc_client
