#pragma once

#include <string>
#include <vector>

#include "tomada/config.h"

namespace tomada::grpc_client {

struct Config {
  std::string target;
  std::vector<std::string> targets;
  std::string descriptor_set;
  bool reflection = false;
  absl::Duration reflection_timeout = absl::Seconds(10);
  std::string descriptor_cache;
  std::vector<std::string> services;
  bool tls_enabled = false;
  std::string tls_ca, tls_certificate, tls_key, tls_server_name;
  absl::Duration timeout = absl::Seconds(30);
  absl::Duration connect_timeout = absl::Seconds(2);
  absl::Duration max_backoff = absl::Seconds(2);
  absl::Duration keepalive_time = absl::Seconds(30);
  absl::Duration keepalive_timeout = absl::Seconds(10);
  ByteSize max_message_size{4 << 20};
  int max_concurrent_calls = 10000;

  static void Describe(ConfigDescription<Config>& d) {
    const absl::Duration least = absl::Milliseconds(100), most = absl::Hours(24);
    d.Field("target", &Config::target)
        .Help("The gRPC server, host:port. A name with several addresses is several servers.");
    d.Field("targets", &Config::targets)
        .Help("Several servers with the same services, in place of target; calls go to those that are up, in turn.");
    d.Field("descriptor_set", &Config::descriptor_set)
        .Help("File with the server's services, made by protoc --include_imports --descriptor_set_out=FILE.");
    d.Field("reflection", &Config::reflection).Help("Ask the server for its services, in place of descriptor_set.");
    d.Field("reflection_timeout", &Config::reflection_timeout)
        .Range(least, most)
        .Help("How long the start waits for a server to ask. Less than the host's start.deadline.");
    d.Field("descriptor_cache", &Config::descriptor_cache)
        .Help("With reflection: file that keeps what a server said, for a start while none can be asked.");
    d.Field("services", &Config::services)
        .Help("Full names of the services to offer; empty: all, but of those that reflection finds not gRPC's own.");
    d.Field("tls.enabled", &Config::tls_enabled).Help("Connect by TLS and check the server's certificate.");
    d.Field("tls.ca", &Config::tls_ca)
        .Help("PEM file of the authorities that may have signed it; empty: those that the system trusts.");
    d.Field("tls.certificate", &Config::tls_certificate)
        .Help("PEM file of our own certificate, for a server that asks for one.");
    d.Field("tls.key", &Config::tls_key).Help("PEM file of its key.");
    d.Field("tls.server_name", &Config::tls_server_name)
        .Help("Name that the server's certificate must have; empty: the target's host.");
    d.Field("timeout", &Config::timeout)
        .Range(absl::Milliseconds(1), most)
        .Help(
            "How long an answer may take, when the caller's deadline is not sooner. Streams have the caller's alone.");
    d.Field("connect_timeout", &Config::connect_timeout).Range(least, most).Help("How long one attempt may take.");
    d.Field("max_backoff", &Config::max_backoff).Range(least, most).Help("The longest pause between two attempts.");
    d.Field("keepalive_time", &Config::keepalive_time)
        .Range(absl::Seconds(10), most)
        .Help("A connection with calls but without traffic for this long is pinged.");
    d.Field("keepalive_timeout", &Config::keepalive_timeout)
        .Range(absl::Seconds(1), most)
        .Help("A ping that stays unanswered for this long closes the connection.");
    d.Field("max_message_size", &Config::max_message_size)
        .Range(ByteSize{1024}, ByteSize{1 << 30})
        .Help("The largest answer; a larger one fails the call with RESOURCE_EXHAUSTED.");
    d.Field("max_concurrent_calls", &Config::max_concurrent_calls)
        .Range(1, 1000000)
        .Help("Calls at once; more are refused with RESOURCE_EXHAUSTED at once.");
    d.Check(CheckConfig);
  }

  static absl::Status CheckConfig(const Config& config);

  // Whichever of the two was given.
  std::vector<std::string> AllTargets() const;
};

}  // namespace tomada::grpc_client
