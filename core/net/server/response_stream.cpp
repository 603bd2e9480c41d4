#include "net/server/response_stream.h"

#include "net/server/connection.h"
#include "net/server/worker.h"

namespace tomada::net {

Answers* ResponseStream::answers() const {
  Connection* connection = worker_->Find(connection_);
  return connection == nullptr ? nullptr : &connection->session()->answers();
}

std::optional<std::string> ResponseStream::peer() const {
  Connection* connection = worker_->Find(connection_);
  return connection == nullptr ? std::nullopt : std::optional(PeerOf(connection->fd()));
}

std::string ResponseStream::identity() const {
  Connection* connection = worker_->Find(connection_);
  return connection == nullptr ? "" : connection->identity();
}

bool ResponseStream::Write(std::string_view bytes) const {
  Answers* found = answers();
  return found == nullptr || found->Write(stream_, bytes);
}

Body ResponseStream::TakeBody(std::string& out) const {
  Answers* found = answers();
  return found == nullptr ? Body::kGone : found->TakeBody(stream_, out);
}

}  // namespace tomada::net
