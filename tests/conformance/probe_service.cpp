#include "conformance/probe_service.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include <absl/strings/escaping.h>

#include "support/eventually.h"
#include "support/pause.h"

namespace tomada::testing {

std::string NameOf(MethodKind kind) {
  constexpr const char* kNames[] = {"unary", "server_stream", "client_stream", "bidi"};
  return kNames[static_cast<size_t>(kind)];
}

const google::protobuf::MethodDescriptor& MethodOf(MethodKind kind) {
  return *Probe::descriptor()->file()->service(0)->method(static_cast<int>(kind));
}

ProbeService::ProbeService() {
  services_.push_back(ServiceBuilder(*Probe::descriptor()->file()->service(0))
                          .Unary("Unary", this, &ProbeService::Unary)
                          .ServerStreaming("ServerStream", this, &ProbeService::ServerStream)
                          .ClientStreaming("ClientStream", this, &ProbeService::ClientStream)
                          .BidiStreaming("Bidi", this, &ProbeService::Bidi)
                          .Build());
}

void ProbeService::Do(Script script) {
  std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void ProbeService::Release() { gate_.Set(); }

int ProbeService::begun() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(seen_.size());
}

int ProbeService::running() const {
  std::lock_guard lock(mutex_);
  return running_;
}

Seen ProbeService::Last() const {
  std::lock_guard lock(mutex_);
  return seen_.empty() ? Seen() : seen_.back();
}

std::vector<Seen> ProbeService::All() const {
  std::lock_guard lock(mutex_);
  return seen_;
}

bool ProbeService::Eventually(const std::function<bool()>& condition) {
  return testing::Eventually(condition, patience);
}

bool ProbeService::AwaitBegun(int count) const {
  return Eventually([&] { return begun() >= count; });
}

bool ProbeService::AwaitGate() const {
  return Eventually([&] { return Last().at_gate; });
}

bool ProbeService::AwaitEnd() const {
  return Eventually([&] { return running() == 0; });
}

Task<absl::Status> ProbeService::Unary(Call& call, const Probe& request, Probe& response) {
  return Serve(call, &request, nullptr, &response, nullptr);
}
Task<absl::Status> ProbeService::ServerStream(Call& call, const Probe& request, Writer<Probe> responses) {
  return Serve(call, &request, nullptr, nullptr, &responses.untyped());
}
Task<absl::Status> ProbeService::ClientStream(Call& call, Reader<Probe> requests, Probe& response) {
  return Serve(call, nullptr, &requests.untyped(), &response, nullptr);
}
Task<absl::Status> ProbeService::Bidi(Call& call, Reader<Probe> requests, Writer<Probe> responses) {
  return Serve(call, nullptr, &requests.untyped(), nullptr, &responses.untyped());
}

void ProbeService::Note(size_t number, const Call& call, const std::function<void(Seen&)>& note) {
  const bool on_executor = call.executor().InThread();
  std::lock_guard lock(mutex_);
  seen_[number].on_executor = seen_[number].on_executor && on_executor;
  note(seen_[number]);
}

void ProbeService::End(size_t number, const Call& call) {
  Note(number, call, [](Seen& seen) { seen.ended = std::chrono::steady_clock::now(); });
  std::lock_guard lock(mutex_);
  --running_;
}

Task<absl::Status> ProbeService::Serve(Call& call, const Probe* request, MessageReader* requests, Probe* response,
                                       MessageWriter* responses) {
  Seen seen;
  seen.begun = std::chrono::steady_clock::now();
  seen.deadline = call.deadline();
  seen.metadata = call.metadata();
  seen.id = call.id();
  seen.peer = call.peer().address;
  const auto& trace = call.trace().trace_id;
  seen.trace_id = absl::BytesToHexString({reinterpret_cast<const char*>(trace.data()), trace.size()});
  size_t number;
  Script script;
  {
    std::lock_guard lock(mutex_);
    number = seen_.size();
    seen_.push_back(std::move(seen));
    script = script_;
    ++running_;
  }
  Note(number, call);
  absl::Status status;
  try {
    status = co_await Act(call, script, number, request, requests, response, responses);
  } catch (...) {
    End(number, call);
    throw;
  }
  End(number, call);
  co_return status;
}

Task<absl::Status> ProbeService::Act(Call& call, const Script& script, size_t number, const Probe* request,
                                     MessageReader* requests, Probe* response, MessageWriter* responses) {
  for (const auto& [name, value] : script.response_metadata.entries()) call.response_metadata().Add(name, value);
  if (script.waits) {
    absl::Status slept = co_await Sleep(call, std::chrono::milliseconds(1));
    Note(number, call);
    Event event;
    std::thread sets([&event] { event.Set(); });
    absl::Status waited = co_await event.Wait(call);
    Note(number, call);
    sets.join();
    if (!slept.ok() || !waited.ok()) co_return slept.ok() ? waited : slept;
  }
  Probe answer;
  if (request != nullptr) {
    Note(number, call, [&](Seen& seen) { seen.received.push_back(*request); });
    answer = *request;
  } else {
    absl::Status read = co_await ReadAll(call, script, number, *requests, responses, answer);
    if (!read.ok()) co_return read;
  }
  if (script.holds || script.deaf) {
    absl::Status held = co_await Hold(call, script, number);
    if (!held.ok()) co_return held;
  }
  if (script.throws) throw std::runtime_error("segredo");
  if (!script.padding.empty()) answer.set_text(script.padding);
  if (response != nullptr && script.end.ok()) *response = answer;
  for (int i = 0; responses != nullptr && i != script.writes; ++i) {
    answer.set_number(i);
    absl::Status written = co_await responses->Write(answer);
    Note(number, call, [&](Seen& seen) {
      seen.last_write = written;
      seen.written += written.ok();
    });
    if (!written.ok()) co_return written;
  }
  co_return script.end;
}

Task<absl::Status> ProbeService::ReadAll(Call& call, const Script& script, size_t number, MessageReader& requests,
                                         MessageWriter* responses, Probe& last) {
  Probe request;
  for (int i = 0; i != script.reads; ++i) {
    absl::StatusOr<bool> more = co_await requests.Read(request);
    Note(number, call, [&](Seen& seen) {
      seen.last_read = more;
      if (more.ok() && *more) seen.received.push_back(request);
    });
    if (!more.ok()) co_return more.status();
    if (!*more) break;
    last = request;
    if (!script.echoes || responses == nullptr) continue;
    absl::Status written = co_await responses->Write(request);
    Note(number, call, [&](Seen& seen) { seen.last_write = written; });
    if (!written.ok()) co_return written;
  }
  co_return absl::OkStatus();
}

Task<absl::Status> ProbeService::Hold(Call& call, const Script& script, size_t number) {
  Note(number, call, [](Seen& seen) { seen.at_gate = true; });
  absl::Status held;
  while (script.deaf && !gate_.is_set()) {
    Pause pause(call.executor(), std::chrono::milliseconds(2));
    co_await pause;
    Note(number, call);
  }
  if (script.holds) {
    absl::Status waited = co_await gate_.Wait(call);
    held = waited;
  }
  Note(number, call, [&](Seen& seen) { seen.held = held; });
  co_return held;
}

}  // namespace tomada::testing
