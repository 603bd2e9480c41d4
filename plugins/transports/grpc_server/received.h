// What gRPC has read for a stream.
#pragma once

#include <grpcpp/impl/call_op_set.h>
#include <grpcpp/support/byte_buffer.h>

namespace tomada::grpc_server {

struct Received {
  grpc::ByteBuffer bytes;
  bool failed = false;  // there is no message because it was refused, as one over the limit is
};

}  // namespace tomada::grpc_server

// The read of a Received. gRPC says "no message" of a stream that has ended and of one that failed alike, and may carry
// the failure out later; its core knows the difference when it completes the read.
template <>
class grpc::internal::CallOpRecvMessage<tomada::grpc_server::Received>
    : public grpc::internal::CallOpRecvMessage<grpc::ByteBuffer> {
 public:
  void RecvMessage(tomada::grpc_server::Received* received) {
    received_ = received;
    CallOpRecvMessage<grpc::ByteBuffer>::RecvMessage(&received->bytes);
  }

 protected:
  void FinishOp(bool* status) {
    if (received_ != nullptr) received_->failed = !*status;
    CallOpRecvMessage<grpc::ByteBuffer>::FinishOp(status);
  }

 private:
  tomada::grpc_server::Received* received_ = nullptr;
};
