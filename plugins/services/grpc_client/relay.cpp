#include "relay.h"

#include <memory>
#include <utility>

#include <absl/cleanup/cleanup.h>
#include <google/protobuf/arena.h>

#include "message_bytes.h"
#include "metadata.h"

namespace tomada::grpc_client {
namespace {

using google::protobuf::Message;

Task<absl::Status> ReceiveAndStop(StreamExchange& exchange, Call& call, const Message& response,
                                  MessageReader& requests, MessageWriter& responses) {
  const absl::Cleanup stop = [&requests] { requests.Stop(); };
  absl::Status status = co_await ReceiveAll(exchange, call, response, responses);
  co_return status;
}

}  // namespace

Task<absl::Status> SendAll(StreamExchange& exchange, const Message& request, MessageReader& requests) {
  // On an error or an exception. The other direction ends by it, too.
  absl::Cleanup cancel = [&exchange] { exchange.context().TryCancel(); };
  std::unique_ptr<Message> message(request.New());
  for (;;) {
    absl::StatusOr<bool> more = co_await requests.Read(*message);
    if (!more.ok()) co_return more.status();
    if (!*more) break;
    Serialize(*message, exchange.request());
    const bool written = co_await exchange.Write();
    if (!written) co_return absl::OkStatus();  // the call is over
  }
  std::move(cancel).Cancel();
  exchange.WritesDone();
  co_return absl::OkStatus();
}

Task<absl::Status> ReceiveAll(StreamExchange& exchange, Call& call, const Message& response, MessageWriter& responses) {
  absl::Cleanup cancel = [&exchange] { exchange.context().TryCancel(); };  // nobody takes the rest
  absl::Status status;
  for (bool first = true; status.ok();) {
    const bool read = co_await exchange.Read();
    if (!read) break;
    if (std::exchange(first, false)) FromServer(exchange.context(), call.response_metadata());
    google::protobuf::Arena arena;
    Message* message = response.New(&arena);
    status = Parse(exchange.answer(), exchange.max_message(), *message);
    if (status.ok()) status = co_await responses.Write(*message);
  }
  if (status.ok()) std::move(cancel).Cancel();
  co_return status;
}

Task<absl::Status> Relay(StreamExchange& exchange, Call& call, const Message& request, const Message& response,
                         MessageReader& requests, MessageWriter& responses) {
  auto [received, sent] = co_await Both(ReceiveAndStop(exchange, call, response, requests, responses),
                                        SendAll(exchange, request, requests));
  co_return received.ok() ? sent : received;
}

}  // namespace tomada::grpc_client
