// A client of gRPC without generated code, on a socket of its own, so that it can be cut.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/generic_stub.h>

#include <google/rpc/status.pb.h>

#include "tomada/testing/client_socket.h"
#include "tomada/testing/transport_driver.h"

namespace tomada::testing {
namespace {

using google::protobuf::Message;

class GrpcCall final : public ClientCall {
 public:
  GrpcCall(std::shared_ptr<grpc::Channel> channel, const std::string& path, const CallOptions& options)
      : stub_(std::move(channel)) {
    for (const auto& [name, value] : options.metadata) context_.AddMetadata(name, value);
    if (options.timeout) context_.set_deadline(std::chrono::system_clock::now() + *options.timeout);
    stream_ = stub_.PrepareCall(&context_, path, &queue_);
    Begin(kStart);
    stream_->StartCall(TagOf(kStart));
    Finished(kStart, std::chrono::seconds(20));
  }
  ~GrpcCall() override {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag;
    for (bool ok; queue_.Next(&tag, &ok);) {
    }
  }

  Sent Send(const Message& message, Patience patience) override {
    if (!Finished(kWrite, patience)) return Sent::kHeldUp;
    return Write(message.SerializeAsString(), patience);
  }
  void SendGarbage() override { Write("\x0a\xff", std::chrono::seconds(20)); }
  void HalfClose() override {
    if (!Finished(kWrite, std::chrono::seconds(20)) || !ok_[kWrite]) return;
    Begin(kWritesDone);
    stream_->WritesDone(TagOf(kWritesDone));
    Finished(kWritesDone, std::chrono::seconds(20));
  }

  Received Read(Message& message, Patience patience) override {
    if (!finishing_ && !pending_[kRead]) {
      Begin(kRead);
      stream_->Read(&received_, TagOf(kRead));
    }
    if (!finishing_ && !Finished(kRead, patience)) return Received::kNothing;
    if (!finishing_ && ok_[kRead]) return Parse(message);
    if (!std::exchange(finishing_, true)) {
      Begin(kFinish);
      stream_->Finish(&status_, TagOf(kFinish));
    }
    if (!Finished(kFinish, patience)) return Received::kNothing;
    TakeEnd();
    return Received::kEnd;
  }
  void Cancel() override { context_.TryCancel(); }

 private:
  enum Operation : size_t { kStart, kWrite, kWritesDone, kRead, kFinish, kOperations };

  static void* TagOf(Operation operation) { return reinterpret_cast<void*>(operation); }
  void Begin(Operation operation) { pending_[operation] = true; }
  // Whether no such operation is under way any more.
  bool Finished(Operation operation, Patience patience) {
    const auto until = std::chrono::system_clock::now() + patience;
    void* tag;
    for (bool ok; pending_[operation];) {
      if (queue_.AsyncNext(&tag, &ok, until) != grpc::CompletionQueue::GOT_EVENT) return false;
      const auto done = reinterpret_cast<size_t>(tag);
      pending_[done] = false;
      ok_[done] = ok;
    }
    return true;
  }

  Sent Write(const std::string& bytes, Patience patience) {
    if (!ok_[kWrite]) return Sent::kOver;
    grpc::Slice slice(bytes);
    Begin(kWrite);
    stream_->Write(grpc::ByteBuffer(&slice, 1), TagOf(kWrite));
    if (!Finished(kWrite, patience)) return Sent::kHeldUp;
    return ok_[kWrite] ? Sent::kTaken : Sent::kOver;
  }

  Received Parse(Message& message) {
    std::vector<grpc::Slice> slices;
    std::string bytes;
    received_.Dump(&slices).ok();
    for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    TakeMetadata(context_.GetServerInitialMetadata());
    if (message.ParseFromString(bytes)) return Received::kMessage;
    end_ = CallEnd{absl::StatusCode::kInternal, "the server's message is no " + message.GetTypeName(), {}};
    return Received::kEnd;
  }

  void TakeMetadata(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
    if (!metadata_.empty()) return;
    for (const auto& [name, value] : metadata) {
      metadata_.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
  }

  void TakeEnd() {
    TakeMetadata(context_.GetServerInitialMetadata());
    end_.code = static_cast<absl::StatusCode>(status_.error_code());
    end_.message = status_.error_message();
    google::rpc::Status rpc;
    rpc.ParseFromString(status_.error_details());
    end_.details.assign(rpc.details().begin(), rpc.details().end());
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool pending_[kOperations] = {};
  bool ok_[kOperations] = {true, true, true, true, true};
  grpc::ByteBuffer received_;
  bool finishing_ = false;
  grpc::Status status_;
};

class GrpcConnection final : public ClientConnection {
 public:
  GrpcConnection(const std::string& address, ClientSocket& socket)
      : cut_(::dup(socket.fd())), channel_(grpc::CreateInsecureChannelFromFd(address, socket.Release())) {}
  ~GrpcConnection() override { ::close(cut_); }

  std::unique_ptr<ClientCall> Call(const google::protobuf::MethodDescriptor& method,
                                   const CallOptions& options) override {
    return std::make_unique<GrpcCall>(channel_, "/" + method.service()->full_name() + "/" + method.name(), options);
  }
  void Cut() override { ::shutdown(cut_, SHUT_RDWR); }

 private:
  const int cut_;  // the same connection as the channel's
  const std::shared_ptr<grpc::Channel> channel_;
};

class GrpcDriver final : public TransportDriver {
 public:
  bool Can(Ability) const override { return true; }

  std::optional<Settings> SettingsFor(Bound bound, uint64_t value) const override {
    switch (bound) {
      case Bound::kMessageBytes: return Settings{{"max_message_size", std::to_string(value) + "B"}};
      case Bound::kCalls: return Settings{{"max_concurrent_calls", std::to_string(value)}};
      case Bound::kDeadline: {
        const std::string limit = std::to_string(value) + "ms";
        return Settings{{"max_deadline", limit}, {"default_deadline", limit}};
      }
      case Bound::kConnections: break;
    }
    return std::nullopt;
  }

  std::unique_ptr<ClientConnection> Connect(const std::string& address, std::chrono::milliseconds patience) override {
    ClientSocket socket(address, patience);
    if (!socket.open()) return nullptr;
    return std::make_unique<GrpcConnection>(address, socket);
  }
};

}  // namespace
}  // namespace tomada::testing

TOMADA_TRANSPORT_DRIVER(tomada::testing::GrpcDriver)
