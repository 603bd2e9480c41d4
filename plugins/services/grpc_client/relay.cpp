#include "relay.h"

#include <memory>
#include <utility>

#include <absl/cleanup/cleanup.h>
#include <google/protobuf/arena.h>

#include "metadata.h"
#include "rpc/message_bytes.h"

namespace tomada::grpc_client {
namespace {

using google::protobuf::Message;

Task<absl::Status> ReceiveAndStop(Exchange& exchange, Call& call, size_t max_message, const Message& response,
                                  MessageReader& requests, MessageWriter& responses) {
  const absl::Cleanup stop = [&requests] { requests.Stop(); };
  absl::Status status = co_await ReceiveAll(exchange, call, max_message, response, responses);
  co_return status;
}

}  // namespace

Task<absl::Status> SendAll(Exchange& exchange, const Message& request, MessageReader& requests) {
  // On an error or an exception. The other direction ends by it, too.
  absl::Cleanup cancel = [&exchange] { exchange.Cancel(); };
  std::unique_ptr<Message> message(request.New());
  for (;;) {
    absl::StatusOr<bool> more = co_await requests.Read(*message);
    if (!more.ok()) co_return more.status();
    if (!*more) break;
    Exchange::Awaiter taken = exchange.Write(rpc::Frame(*message));
    const bool written = co_await taken;
    if (!written) co_return absl::OkStatus();  // the call is over
  }
  std::move(cancel).Cancel();
  exchange.WritesDone();
  co_return absl::OkStatus();
}

Task<absl::Status> ReceiveAll(Exchange& exchange, Call& call, size_t max_message, const Message& response,
                              MessageWriter& responses) {
  absl::Cleanup cancel = [&exchange] { exchange.Cancel(); };  // nobody takes the rest
  absl::Status status;
  for (bool first = true; status.ok();) {
    const bool read = co_await exchange.Read();
    if (!read) break;
    if (std::exchange(first, false)) AddFromServer(exchange.response_metadata(), call.response_metadata());
    google::protobuf::Arena arena;
    Message* message = response.New(&arena);
    status = rpc::Parse(exchange.message(), max_message, *message);
    if (status.ok()) status = co_await responses.Write(*message);
  }
  if (status.ok()) std::move(cancel).Cancel();
  co_return status;
}

Task<absl::Status> Relay(Exchange& exchange, Call& call, size_t max_message, const Message& request,
                         const Message& response, MessageReader& requests, MessageWriter& responses) {
  auto [received, sent] = co_await Both(ReceiveAndStop(exchange, call, max_message, response, requests, responses),
                                        SendAll(exchange, request, requests));
  co_return received.ok() ? sent : received;
}

}  // namespace tomada::grpc_client
