#include "relay.h"

#include <memory>
#include <utility>

#include <google/protobuf/arena.h>

#include "message_bytes.h"
#include "metadata.h"

namespace tomada::grpc_client {
namespace {

using google::protobuf::Message;

Task<absl::Status> ReceiveAndStop(StreamExchange& exchange, Call& call, const Message& response,
                                  MessageReader& requests, MessageWriter& responses) {
  absl::Status status = co_await ReceiveAll(exchange, call, response, responses);
  requests.Stop();
  co_return status;
}

}  // namespace

Task<absl::Status> SendAll(StreamExchange& exchange, const Message& request, MessageReader& requests) {
  std::unique_ptr<Message> message(request.New());
  for (;;) {
    absl::StatusOr<bool> more = co_await requests.Read(*message);
    if (!more.ok()) {
      exchange.context().TryCancel();
      co_return more.status();
    }
    if (!*more) break;
    Serialize(*message, exchange.request());
    const bool written = co_await exchange.Write();
    if (!written) co_return absl::OkStatus();
  }
  exchange.WritesDone();
  co_return absl::OkStatus();
}

Task<absl::Status> ReceiveAll(StreamExchange& exchange, Call& call, const Message& response, MessageWriter& responses) {
  absl::Status status;
  for (bool first = true; status.ok();) {
    const bool read = co_await exchange.Read();
    if (!read) break;
    if (std::exchange(first, false)) FromServer(exchange.context(), call.response_metadata());
    google::protobuf::Arena arena;
    Message* message = response.New(&arena);
    status = Parse(exchange.answer(), *message);
    if (status.ok()) status = co_await responses.Write(*message);
  }
  if (!status.ok()) exchange.context().TryCancel();  // nobody takes the rest
  co_return status;
}

Task<absl::Status> Relay(StreamExchange& exchange, Call& call, const Message& request, const Message& response,
                         MessageReader& requests, MessageWriter& responses) {
  auto [received, sent] = co_await Both(ReceiveAndStop(exchange, call, response, requests, responses),
                                        SendAll(exchange, request, requests));
  co_return received.ok() ? sent : received;
}

}  // namespace tomada::grpc_client
