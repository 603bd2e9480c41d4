#include "tomada/service_client.h"

#include <algorithm>

#include <fmt/format.h>

#include "tomada/child_call.h"

namespace tomada {
namespace service_client_internal {
namespace {

using google::protobuf::Message;

// Between two descriptors of one type: what they have in common is the bytes. Required fields of proto2 are for the
// handler to miss.
absl::Status Convert(const Message& from, Message& to) {
  std::string bytes;
  if (from.SerializePartialToString(&bytes) && to.ParsePartialFromString(bytes)) return absl::OkStatus();
  return absl::InternalError(fmt::format("the {} of one side is not one to the other", from.GetTypeName()));
}

std::unique_ptr<Message> MakeMessage(const Message* prototype) { return std::unique_ptr<Message>(prototype->New()); }

// The caller's requests as the provider's messages.
class ConvertingReader final : public MessageReader {
 public:
  ConvertingReader(MessageReader& requests, const Target& target)
      : requests_(requests), message_(MakeMessage(target.ours.request_prototype)) {}

  Task<absl::StatusOr<bool>> Read(Message& message) override {
    absl::StatusOr<bool> more = co_await requests_.Read(*message_);
    if (!more.ok() || !*more) co_return more;
    absl::Status status = Convert(*message_, message);
    if (!status.ok()) co_return status;
    co_return true;
  }
  void Stop() override { requests_.Stop(); }

 private:
  MessageReader& requests_;
  const std::unique_ptr<Message> message_;
};

// The provider's responses as the caller's messages.
class ConvertingWriter final : public MessageWriter {
 public:
  ConvertingWriter(MessageWriter& responses, const Target& target)
      : responses_(responses), message_(MakeMessage(target.ours.response_prototype)) {}

  Task<absl::Status> Write(const Message& message) override {
    absl::Status status = Convert(message, *message_);
    if (status.ok()) status = co_await responses_.Write(*message_);
    co_return status;
  }

 private:
  MessageWriter& responses_;
  const std::unique_ptr<Message> message_;
};

bool SameMessages(const Method& ours, const Method& theirs) {
  // Not the descriptors: a dynamic message of the same descriptor is of another class.
  return ours.request_prototype->GetReflection() == theirs.request_prototype->GetReflection() &&
         ours.response_prototype->GetReflection() == theirs.response_prototype->GetReflection();
}

Task<absl::Status> UnaryCall(const Target& target, Call& call, const Message& request, Message& response) {
  ChildCall child(call);
  response.Clear();
  if (target.same_messages) {
    co_return co_await InvokeUnary(target.theirs, child, target.log, request, response);
  }
  const std::unique_ptr<Message> their_request = MakeMessage(target.theirs.request_prototype);
  const std::unique_ptr<Message> their_response = MakeMessage(target.theirs.response_prototype);
  absl::Status status = Convert(request, *their_request);
  if (status.ok()) status = co_await InvokeUnary(target.theirs, child, target.log, *their_request, *their_response);
  if (status.ok()) status = Convert(*their_response, response);
  co_return status;
}

Task<absl::Status> ServerStreamingCall(const Target& target, Call& call, const Message& request,
                                       MessageWriter& responses) {
  ChildCall child(call);
  if (target.same_messages) {
    co_return co_await InvokeServerStreaming(target.theirs, child, target.log, request, responses);
  }
  const std::unique_ptr<Message> their_request = MakeMessage(target.theirs.request_prototype);
  ConvertingWriter writer(responses, target);
  absl::Status status = Convert(request, *their_request);
  if (status.ok()) {
    status = co_await InvokeServerStreaming(target.theirs, child, target.log, *their_request, writer);
  }
  co_return status;
}

Task<absl::Status> ClientStreamingCall(const Target& target, Call& call, MessageReader& requests, Message& response) {
  ChildCall child(call);
  response.Clear();
  if (target.same_messages) {
    co_return co_await InvokeClientStreaming(target.theirs, child, target.log, requests, response);
  }
  ConvertingReader reader(requests, target);
  const std::unique_ptr<Message> their_response = MakeMessage(target.theirs.response_prototype);
  absl::Status status = co_await InvokeClientStreaming(target.theirs, child, target.log, reader, *their_response);
  if (status.ok()) status = Convert(*their_response, response);
  co_return status;
}

Task<absl::Status> BidiStreamingCall(const Target& target, Call& call, MessageReader& requests,
                                     MessageWriter& responses) {
  ChildCall child(call);
  if (target.same_messages) {
    co_return co_await InvokeBidiStreaming(target.theirs, child, target.log, requests, responses);
  }
  ConvertingReader reader(requests, target);
  ConvertingWriter writer(responses, target);
  co_return co_await InvokeBidiStreaming(target.theirs, child, target.log, reader, writer);
}

}  // namespace

Target::Target(Method ours, const Method* theirs, Logger log)
    : ours(std::move(ours)),
      theirs(theirs != nullptr ? *theirs : this->ours),
      same_messages(SameMessages(this->ours, this->theirs)),
      log(std::move(log)) {}

Task<absl::Status> Stub::CallUnary(Call& call, const Message& request, Message& response) const {
  return UnaryCall(*target_, call, request, response);
}
Task<absl::Status> Stub::CallServerStreaming(Call& call, const Message& request, MessageWriter& responses) const {
  return ServerStreamingCall(*target_, call, request, responses);
}
Task<absl::Status> Stub::CallClientStreaming(Call& call, MessageReader& requests, Message& response) const {
  return ClientStreamingCall(*target_, call, requests, response);
}
Task<absl::Status> Stub::CallBidiStreaming(Call& call, MessageReader& requests, MessageWriter& responses) const {
  return BidiStreamingCall(*target_, call, requests, responses);
}

}  // namespace service_client_internal

namespace {

using google::protobuf::MethodDescriptor;

const Method* FindMethod(const Service& service, std::string_view name) {
  const auto found = std::ranges::find(service.methods, name, [](const Method& m) { return m.descriptor->name(); });
  return found != service.methods.end() ? &*found : nullptr;
}

bool Agree(const MethodDescriptor& ours, const MethodDescriptor& theirs) {
  return ours.input_type()->full_name() == theirs.input_type()->full_name() &&
         ours.output_type()->full_name() == theirs.output_type()->full_name() &&
         ours.client_streaming() == theirs.client_streaming() && ours.server_streaming() == theirs.server_streaming();
}

}  // namespace

absl::StatusOr<ServiceClient> ServiceClient::Find(
    const std::vector<std::pair<std::string, ServiceProvider*>>& providers,
    const google::protobuf::ServiceDescriptor& descriptor, Logger log) {
  const std::string& wanted = descriptor.full_name();
  const Service* found = nullptr;
  std::string owner, asked;
  for (const auto& [id, provider] : providers) {
    asked += fmt::format("{}'{}'", asked.empty() ? "" : ", ", id);
    for (const Service& service : provider->services()) {
      if (service.descriptor->full_name() != wanted) continue;
      if (found != nullptr) {
        return absl::FailedPreconditionError(
            fmt::format("{} is offered by '{}' and by '{}'; wire one of them", wanted, owner, id));
      }
      found = &service;
      owner = id;
    }
  }
  if (found == nullptr) {
    return absl::NotFoundError(asked.empty()
                                   ? fmt::format("no component is wired that offers {}", wanted)
                                   : fmt::format("{} is not offered by {}; wire one that does", wanted, asked));
  }
  for (const Method& theirs : found->methods) {
    const MethodDescriptor* ours = descriptor.FindMethodByName(theirs.descriptor->name());
    if (ours == nullptr || Agree(*ours, *theirs.descriptor)) continue;
    return absl::FailedPreconditionError(fmt::format(
        "'{}' offers {} with other messages, or streams otherwise, than its caller was built with; build the caller "
        "with the .proto file of the service",
        owner, ours->full_name()));
  }
  return ServiceClient(descriptor, *found, std::move(log));
}

std::shared_ptr<const service_client_internal::Target> ServiceClient::Bind(
    std::string_view name, bool client_streaming, bool server_streaming, const google::protobuf::Message& request,
    const google::protobuf::Message& response) const {
  Method ours;
  ours.descriptor = &CheckedMethod(*descriptor_, name, client_streaming, server_streaming, request, response);
  ours.request_prototype = &request;
  ours.response_prototype = &response;
  return std::make_shared<const Target>(std::move(ours), FindMethod(*service_, name), log_);
}

}  // namespace tomada
