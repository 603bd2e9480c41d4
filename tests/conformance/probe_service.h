// The service that the cases for transports and middleware have behind what they test: it does what a case tells it,
// and remembers what it has seen.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "conformance.pb.h"
#include "tomada/service.h"
#include "tomada/wait.h"

namespace tomada::testing {

using conformance::Probe;

enum class MethodKind { kUnary, kServerStream, kClientStream, kBidi };
inline constexpr MethodKind kEveryKind[] = {MethodKind::kUnary, MethodKind::kServerStream, MethodKind::kClientStream,
                                            MethodKind::kBidi};
inline bool TakesStream(MethodKind kind) { return kind == MethodKind::kClientStream || kind == MethodKind::kBidi; }
inline bool GivesStream(MethodKind kind) { return kind == MethodKind::kServerStream || kind == MethodKind::kBidi; }
// "unary", "server_stream", "client_stream", "bidi".
std::string NameOf(MethodKind kind);
const google::protobuf::MethodDescriptor& MethodOf(MethodKind kind);

// What a handler does, in this order.
struct Script {
  bool waits = false;        // a time, and an event that another thread sets
  int reads = -1;            // of a stream so many requests; -1: all
  bool echoes = false;       // of two streams, answers each request at once with itself
  bool holds = false;        // waits until ProbeService::Release, or until its call is cancelled
  bool deaf = false;         // holds on though its call is cancelled
  bool throws = false;       // instead of an answer
  int writes = 1;            // of a stream so many answers, numbered from 0; -1: without end
  std::string padding = {};  // the text of each answer; else an answer is the last request
  Metadata response_metadata = {};
  absl::Status end = absl::OkStatus();
};

// What a handler saw.
struct Seen {
  Metadata metadata;
  Deadline begun, deadline;
  std::string id, peer, trace_id;
  std::vector<Probe> received;
  std::optional<absl::StatusOr<bool>> last_read;  // of a stream
  bool at_gate = false;                           // of a script that holds, or is deaf: it has read what it reads
  absl::Status held, last_write;
  int written = 0;
  bool on_executor = true;  // at its start and after each wait
  std::optional<Deadline> ended;
};

class ProbeService final : public ServiceProvider {
 public:
  ProbeService();
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

  // For calls that begin from now on.
  void Do(Script script);
  // Those who hold go on, and later ones do not wait.
  void Release();

  // How many handlers have begun; are running.
  int begun() const;
  int running() const;
  // What the last, or the one of this number, has seen so far; nothing of one that has not begun.
  Seen Last() const;
  std::vector<Seen> All() const;
  // Nothing that is expected takes as long. Set before the first case.
  static inline std::chrono::milliseconds patience{20'000};
  // Waits until `condition` holds; false when the patience is over.
  static bool Eventually(const std::function<bool()>& condition);
  bool AwaitBegun(int count) const;
  // The last to begin waits for Release, and for nothing else any more.
  bool AwaitGate() const;
  // That none is running.
  bool AwaitEnd() const;

 private:
  Task<absl::Status> Unary(Call& call, const Probe& request, Probe& response);
  Task<absl::Status> ServerStream(Call& call, const Probe& request, Writer<Probe> responses);
  Task<absl::Status> ClientStream(Call& call, Reader<Probe> requests, Probe& response);
  Task<absl::Status> Bidi(Call& call, Reader<Probe> requests, Writer<Probe> responses);

  Task<absl::Status> Serve(Call& call, const Probe* request, MessageReader* requests, Probe* response,
                           MessageWriter* responses);
  Task<absl::Status> Act(Call& call, const Script& script, size_t number, const Probe* request, MessageReader* requests,
                         Probe* response, MessageWriter* responses);
  Task<absl::Status> ReadAll(Call& call, const Script& script, size_t number, MessageReader& requests,
                             MessageWriter* responses, Probe& last);
  Task<absl::Status> Hold(Call& call, const Script& script, size_t number);
  // Of handler `number`, with where it is now.
  void Note(
      size_t number, const Call& call, const std::function<void(Seen&)>& note = [](Seen&) {});
  void End(size_t number, const Call& call);

  std::vector<Service> services_;
  Event gate_;
  mutable std::mutex mutex_;  // guards the rest
  Script script_;
  std::vector<Seen> seen_;
  int running_ = 0;
};

}  // namespace tomada::testing
