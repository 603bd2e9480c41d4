#include "conformance/handler_call.h"

#include <memory>
#include <stdexcept>
#include <utility>

namespace tomada::testing {
namespace {

using google::protobuf::Message;

Task<absl::Status> Invoke(const Method& method, Call& call, ClientSide& client, const Message& request,
                          Message& response, const Logger* log) {
  if (auto* unary = std::get_if<UnaryHandler>(&method.handler)) {
    return log ? InvokeUnary(method, call, *log, request, response) : (*unary)(call, request, response);
  }
  if (auto* given = std::get_if<ServerStreamingHandler>(&method.handler)) {
    return log ? InvokeServerStreaming(method, call, *log, request, client) : (*given)(call, request, client);
  }
  if (auto* taken = std::get_if<ClientStreamingHandler>(&method.handler)) {
    return log ? InvokeClientStreaming(method, call, *log, client, response) : (*taken)(call, client, response);
  }
  if (auto* both = std::get_if<BidiStreamingHandler>(&method.handler)) {
    return log ? InvokeBidiStreaming(method, call, *log, client, client) : (*both)(call, client, client);
  }
  throw std::runtime_error(method.descriptor->full_name() + " has no handler");
}

}  // namespace

void ClientSide::Begin(bool& under_way, const char* what) {
  if (!call_.executor().InThread()) mistake = std::string("a ") + what + " on a thread that is not the executor's";
  if (under_way) mistake = std::string("a ") + what + " while another is under way";
  under_way = true;
}

absl::Status ClientSide::Finish(bool& under_way, absl::Status& refused, absl::Status status) {
  under_way = false;
  refused = status;
  return status;
}

void ClientSide::End() {
  if (reading_) mistake = "its end while a read is under way";
  if (writing_) mistake = "its end while a write is under way";
}

Task<absl::StatusOr<bool>> ClientSide::Read(Message& message) {
  Begin(reading_, "read");
  answers_at_read.push_back(answers.size());
  Turn turn(call_.executor());
  co_await turn;
  if (call_.cancelled()) co_return Finish(reading_, read_refused, call_.status());
  if (stopped_ || next_ < requests.size()) {
    reading_ = false;
    co_return !stopped_ && message.ParsePartialFromString(requests[next_++]);
  }
  absl::Status status = Finish(reading_, read_refused, then);
  if (!status.ok()) co_return status;
  co_return false;
}

Task<absl::Status> ClientSide::Write(const Message& message) {
  Begin(writing_, "write");
  if (!write_refused.ok()) mistake = "a write after one has given an error";
  std::string answer = message.SerializePartialAsString();
  Turn turn(call_.executor());
  co_await turn;
  absl::Status status = Finish(writing_, write_refused, call_.status());
  if (!status.ok()) co_return status;
  answers.push_back(std::move(answer));
  answered(answers.size());
  co_return absl::OkStatus();
}

Task<HandlerEnd> CallHandler(const Method& method, Call& call, ClientSide& client, const Logger* barrier) {
  Turn turn(call.executor());
  co_await turn;
  const std::unique_ptr<Message> request(method.request_prototype->New());
  const std::unique_ptr<Message> response(method.response_prototype->New());
  if (!client.requests.empty()) request->ParsePartialFromString(client.requests.front());
  HandlerEnd end;
  try {
    end.status = co_await Invoke(method, call, client, *request, *response, barrier);
  } catch (...) {
    end.threw = true;
    end.status = absl::UnknownError("an exception");
  }
  end.on_executor = call.executor().InThread();
  client.End();
  if (end.status.ok() && !method.descriptor->server_streaming()) {
    client.answers.push_back(response->SerializePartialAsString());
  }
  co_return end;
}

}  // namespace tomada::testing
