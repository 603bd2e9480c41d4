// A driver: the client's side of a wire, by which `tomada-conformance transport` holds a transport of any protocol to
// the contract. A small shared library with this interface; docs/conformance.md has what the cases do with it.
//
//   class MyDriver final : public TransportDriver { ... };
//   TOMADA_TRANSPORT_DRIVER(MyDriver)
//
// A driver says what its wire can carry, and does nothing beyond what it is asked: it neither retries nor reconnects
// behind a call's back. It reports what went over the wire, never what it thinks should have.
#ifndef TOMADA_TESTING_TRANSPORT_DRIVER_H_
#define TOMADA_TESTING_TRANSPORT_DRIVER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <absl/status/status.h>

#include "tomada/abi.h"

namespace tomada::testing {

// What a wire may be able to carry. Cases that need what it cannot are skipped, and say so.
enum class Ability {
  kStreams,                 // methods that take or answer with a stream, besides unary ones
  kRequestsOneByOne,        // of a stream, requests reach the handler before the client has sent its last
  kManyCalls,               // several calls of one connection at once
  kMetadata,                // names and values of the client's reach the handler, and the other way round
  kBinaryMetadata,          // names ending in "-bin" from the client, with any bytes
  kBinaryResponseMetadata,  // the same from the handler
  kDeadline,                // the client says how long the call may take
  kCancel,                  // a client ends a call by more than falling silent; the connection may go with it
  kDetails,                 // messages beside an error's text
  kUnknownFields,           // fields that the receiver's type does not have
  kGarbage,                 // something can be sent in a message's place that is none
};

// What a transport's config may bound.
enum class Bound {
  kMessageBytes,  // a request, as TransportDriver::WireSize counts it
  kConnections,   // at once; one more is refused
  kCalls,         // at once, over all connections; one more is refused with RESOURCE_EXHAUSTED
  kDeadline,      // milliseconds that a call may take whatever its client asks for
};

using Entries = std::vector<std::pair<std::string, std::string>>;

struct CallOptions {
  Entries metadata;  // in lower case
  std::optional<std::chrono::milliseconds> timeout;
};

// How a call has ended for its client. A wire that broke without a status is UNAVAILABLE.
struct CallEnd {
  absl::StatusCode code = absl::StatusCode::kUnknown;
  std::string message;
  std::vector<google::protobuf::Any> details;
};

// One call at its client. For one thread at a time. `patience` is how long to wait at most.
class ClientCall {
 public:
  using Patience = std::chrono::milliseconds;
  enum class Sent { kTaken, kHeldUp, kOver };
  enum class Received { kMessage, kEnd, kNothing };

  // Cancels it when it has not ended.
  virtual ~ClientCall() = default;

  // A unary request, or one of a stream. kHeldUp: the wire does not take all of it within `patience`, because nobody
  // reads at the other end; kOver: the call has ended.
  virtual Sent Send(const google::protobuf::Message& message, Patience patience) = 0;
  // In the place of a message what is none.
  virtual void SendGarbage() {}
  // There are no more requests. For unary requests too, after the one.
  virtual void HalfClose() = 0;
  // Takes from the wire no more than it needs for the next message: a client that does not call this does not read.
  // Garbage of the server's is an end with INTERNAL.
  virtual Received Read(google::protobuf::Message& message, Patience patience) = 0;
  // kEnd follows, or the call is destroyed.
  virtual void Cancel() = 0;

  // Once Read has given something: what came before the first message, and once it has given kEnd, all.
  const Entries& metadata() const { return metadata_; }
  // Once Read has given kEnd.
  const CallEnd& end() const { return end_; }

 protected:
  Entries metadata_;
  CallEnd end_;
};

// Outlives its calls.
class ClientConnection {
 public:
  virtual ~ClientConnection() = default;
  // Begins a call of a method that the server may or may not have. When the connection is gone, it ends UNAVAILABLE.
  virtual std::unique_ptr<ClientCall> Call(const google::protobuf::MethodDescriptor& method,
                                           const CallOptions& options) = 0;
  // Breaks the connection under its calls, as a client that dies does, without a word in the protocol.
  virtual void Cut() = 0;
};

class TransportDriver {
 public:
  // As TestHost has them: keys of the transport's config, and values as text.
  using Settings = std::vector<std::pair<std::string, std::string>>;

  virtual ~TransportDriver() = default;

  virtual bool Can(Ability ability) const = 0;
  // What the transport has to be told for any case: the cases send metadata named probe-text, probe-bin and
  // tomada-probe besides those of HTTP and W3C.
  virtual Settings settings() const { return {}; }
  // What bounds it so; nothing when the transport has no such bound.
  virtual std::optional<Settings> SettingsFor(Bound, uint64_t) const { return std::nullopt; }
  // How large the transport finds this message.
  virtual size_t WireSize(const google::protobuf::Message& message) const { return message.ByteSizeLong(); }
  // To the address that the transport has logged as "listening address=HOST:PORT". Null when nobody takes the
  // connection.
  virtual std::unique_ptr<ClientConnection> Connect(const std::string& address, std::chrono::milliseconds patience) = 0;
};

// The one symbol a driver exports, `tomada_transport_driver`.
struct TransportDriverEntry {
  static constexpr uint64_t kMagic = 0x31726576'69726400;
  uint64_t magic;
  const char* abi_stamp;
  TransportDriver& (*driver)();
};

}  // namespace tomada::testing

#define TOMADA_TRANSPORT_DRIVER(Driver)                                                                                \
  extern "C" __attribute__((visibility("default")))                                                                    \
  const ::tomada::testing::TransportDriverEntry tomada_transport_driver;                                               \
  const ::tomada::testing::TransportDriverEntry tomada_transport_driver{                                               \
      ::tomada::testing::TransportDriverEntry::kMagic, TOMADA_ABI_STAMP, []() -> ::tomada::testing::TransportDriver& { \
        static Driver driver;                                                                                          \
        return driver;                                                                                                 \
      }};

#endif  // TOMADA_TESTING_TRANSPORT_DRIVER_H_
