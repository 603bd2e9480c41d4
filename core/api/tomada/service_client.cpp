#include "tomada/service_client.h"

#include <algorithm>

#include <fmt/format.h>

#include "tomada/child_call.h"

namespace tomada {
namespace service_client_internal {

// A method of the provider of now. Calls hold it, and by it the provider's services.
struct Target {
  std::shared_ptr<const ServicePort::Offers> offers;
  absl::Status status;             // not OK: there is no such service now
  const Method* theirs = nullptr;  // when it is OK: the provider's, or ours where that has none
  bool same_messages = false;      // the caller's and the provider's messages are of the same classes
};

namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using TargetPtr = std::shared_ptr<const Target>;

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
  ConvertingReader(MessageReader& requests, const Binding& binding)
      : requests_(requests), message_(MakeMessage(binding.ours().request_prototype)) {}

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
  ConvertingWriter(MessageWriter& responses, const Binding& binding)
      : responses_(responses), message_(MakeMessage(binding.ours().response_prototype)) {}

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

Task<absl::Status> UnaryCall(std::shared_ptr<const Binding> binding, Call& call, const Message& request,
                             Message& response) {
  const TargetPtr target = binding->target();
  if (!target->status.ok()) co_return target->status;
  ChildCall child(call);
  response.Clear();
  if (target->same_messages) {
    co_return co_await InvokeUnary(*target->theirs, child, binding->log(), request, response);
  }
  const std::unique_ptr<Message> their_request = MakeMessage(target->theirs->request_prototype);
  const std::unique_ptr<Message> their_response = MakeMessage(target->theirs->response_prototype);
  absl::Status status = Convert(request, *their_request);
  if (status.ok())
    status = co_await InvokeUnary(*target->theirs, child, binding->log(), *their_request, *their_response);
  if (status.ok()) status = Convert(*their_response, response);
  co_return status;
}

Task<absl::Status> ServerStreamingCall(std::shared_ptr<const Binding> binding, Call& call, const Message& request,
                                       MessageWriter& responses) {
  const TargetPtr target = binding->target();
  if (!target->status.ok()) co_return target->status;
  ChildCall child(call);
  if (target->same_messages) {
    co_return co_await InvokeServerStreaming(*target->theirs, child, binding->log(), request, responses);
  }
  const std::unique_ptr<Message> their_request = MakeMessage(target->theirs->request_prototype);
  ConvertingWriter writer(responses, *binding);
  absl::Status status = Convert(request, *their_request);
  if (status.ok()) {
    status = co_await InvokeServerStreaming(*target->theirs, child, binding->log(), *their_request, writer);
  }
  co_return status;
}

Task<absl::Status> ClientStreamingCall(std::shared_ptr<const Binding> binding, Call& call, MessageReader& requests,
                                       Message& response) {
  const TargetPtr target = binding->target();
  if (!target->status.ok()) co_return target->status;
  ChildCall child(call);
  response.Clear();
  if (target->same_messages) {
    co_return co_await InvokeClientStreaming(*target->theirs, child, binding->log(), requests, response);
  }
  ConvertingReader reader(requests, *binding);
  const std::unique_ptr<Message> their_response = MakeMessage(target->theirs->response_prototype);
  absl::Status status = co_await InvokeClientStreaming(*target->theirs, child, binding->log(), reader, *their_response);
  if (status.ok()) status = Convert(*their_response, response);
  co_return status;
}

Task<absl::Status> BidiStreamingCall(std::shared_ptr<const Binding> binding, Call& call, MessageReader& requests,
                                     MessageWriter& responses) {
  const TargetPtr target = binding->target();
  if (!target->status.ok()) co_return target->status;
  ChildCall child(call);
  if (target->same_messages) {
    co_return co_await InvokeBidiStreaming(*target->theirs, child, binding->log(), requests, responses);
  }
  ConvertingReader reader(requests, *binding);
  ConvertingWriter writer(responses, *binding);
  co_return co_await InvokeBidiStreaming(*target->theirs, child, binding->log(), reader, writer);
}

const Method* FindMethod(const Service& service, std::string_view name) {
  const auto found = std::ranges::find(service.methods, name, [](const Method& m) { return m.descriptor->name(); });
  return found != service.methods.end() ? &*found : nullptr;
}

bool Agree(const MethodDescriptor& ours, const MethodDescriptor& theirs) {
  return ours.input_type()->full_name() == theirs.input_type()->full_name() &&
         ours.output_type()->full_name() == theirs.output_type()->full_name() &&
         ours.client_streaming() == theirs.client_streaming() && ours.server_streaming() == theirs.server_streaming();
}

// As ServiceClient::Find.
absl::StatusOr<const Service*> FindService(const ServicePort::Offers& offers,
                                           const google::protobuf::ServiceDescriptor& descriptor) {
  const std::string& wanted = descriptor.full_name();
  const ServicePort::Offer* found = nullptr;
  for (const ServicePort::Offer& offer : offers.services) {
    if (offer.service->descriptor->full_name() != wanted) continue;
    if (found != nullptr) {
      return absl::FailedPreconditionError(
          fmt::format("{} is offered by '{}' and by '{}'; wire one of them", wanted, found->provider, offer.provider));
    }
    found = &offer;
  }
  if (found == nullptr) {
    return absl::NotFoundError(offers.providers.empty() ? fmt::format("no component is wired that offers {}", wanted)
                                                        : fmt::format("{} is not offered by '{}'; wire one that does",
                                                                      wanted, fmt::join(offers.providers, "', '")));
  }
  for (const Method& theirs : found->service->methods) {
    const MethodDescriptor* ours = descriptor.FindMethodByName(theirs.descriptor->name());
    if (ours == nullptr || Agree(*ours, *theirs.descriptor)) continue;
    return absl::FailedPreconditionError(fmt::format(
        "'{}' offers {} with other messages, or streams otherwise, than its caller was built with; build the caller "
        "with the .proto file of the service",
        found->provider, ours->full_name()));
  }
  return found->service;
}

}  // namespace

void Binding::Follow(const std::shared_ptr<Binding>& binding) {
  // Not `this`: one who is told may still be at it when the last stub goes.
  binding->subscription_ = binding->port_.OnExchange([weak = std::weak_ptr<Binding>(binding)] {
    if (const std::shared_ptr<Binding> binding = weak.lock()) binding->Rebind();
  });
  binding->Rebind();
}

TargetPtr Binding::target() const {
  std::lock_guard lock(mutex_);
  return target_;
}

void Binding::Rebind() {
  auto target = std::make_shared<Target>();
  target->offers = port_.Now();
  const absl::StatusOr<const Service*> found = FindService(*target->offers, *ours_.descriptor->service());
  if (found.ok()) {
    const Method* theirs = FindMethod(**found, ours_.descriptor->name());
    target->theirs = theirs != nullptr ? theirs : &ours_;
    target->same_messages = SameMessages(ours_, *target->theirs);
  } else {
    target->status = absl::UnavailableError(found.status().message());
  }
  std::lock_guard lock(mutex_);
  target_ = std::move(target);
}

Task<absl::Status> Stub::CallUnary(Call& call, const Message& request, Message& response) const {
  return UnaryCall(binding_, call, request, response);
}
Task<absl::Status> Stub::CallServerStreaming(Call& call, const Message& request, MessageWriter& responses) const {
  return ServerStreamingCall(binding_, call, request, responses);
}
Task<absl::Status> Stub::CallClientStreaming(Call& call, MessageReader& requests, Message& response) const {
  return ClientStreamingCall(binding_, call, requests, response);
}
Task<absl::Status> Stub::CallBidiStreaming(Call& call, MessageReader& requests, MessageWriter& responses) const {
  return BidiStreamingCall(binding_, call, requests, responses);
}

}  // namespace service_client_internal

absl::StatusOr<ServiceClient> ServiceClient::Find(ServicePort port,
                                                  const google::protobuf::ServiceDescriptor& descriptor, Logger log) {
  const absl::StatusOr<const Service*> found = service_client_internal::FindService(*port.Now(), descriptor);
  if (!found.ok()) return found.status();
  return ServiceClient(std::move(port), descriptor, std::move(log));
}

std::shared_ptr<const service_client_internal::Binding> ServiceClient::Bind(
    std::string_view name, bool client_streaming, bool server_streaming, const google::protobuf::Message& request,
    const google::protobuf::Message& response) const {
  Method ours;
  ours.descriptor = &CheckedMethod(*descriptor_, name, client_streaming, server_streaming, request, response);
  ours.request_prototype = &request;
  ours.response_prototype = &response;
  auto binding = std::make_shared<Binding>(port_, std::move(ours), log_);
  Binding::Follow(binding);
  return binding;
}

}  // namespace tomada
