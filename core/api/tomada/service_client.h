// ServiceClient: typed calls to a service of another component, wherever it runs.
//
//   absl::Status Start() override {      // others have started before it, so their services are known
//     auto usuarios = ServiceClient::Find(providers_, *Usuario::descriptor()->file()->FindServiceByName("Usuarios"),
//     log_); if (!usuarios.ok()) return usuarios.status(); obter_ = usuarios->Unary<ObterUsuarioRequest,
//     ObterUsuarioResponse>("ObterUsuario");
//     ...
//   }
//   ...
//   ObterUsuarioResponse response;
//   absl::Status status = co_await obter_(call, request, response);
//
// A stub is called like the handler of its method. In the same process the handler gets these very messages, and
// nothing is serialised. A provider that knows the messages by descriptors of its own (grpc_client) gets copies, each
// by one serialisation and one parse, and the caller does not see the difference.
//
// Found by a ServicePort instead of by providers, stubs go on when the provider is exchanged: each call is one to the
// provider of its beginning.
//
// The handler gets a ChildCall of the caller's call: the same deadline, metadata and id, and its end when that one is
// cancelled. The answer's metadata stays there.
#ifndef TOMADA_SERVICE_CLIENT_H_
#define TOMADA_SERVICE_CLIENT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tomada/call.h"
#include "tomada/log.h"
#include "tomada/service.h"
#include "tomada/service_port.h"
#include "tomada/task.h"

namespace tomada {

namespace service_client_internal {

struct Target;

// A method, and who has it now.
class Binding {
 public:
  // `ours` has the caller's prototypes and no handler.
  Binding(ServicePort port, Method ours, Logger log) : port_(std::move(port)), ours_(ours), log_(std::move(log)) {}

  // Once, before anybody asks for the target.
  static void Follow(const std::shared_ptr<Binding>& binding);
  std::shared_ptr<const Target> target() const;

  const Method& ours() const { return ours_; }
  const Logger& log() const { return log_; }

 private:
  void Rebind();

  ServicePort port_;
  const Method ours_;
  const Logger log_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Target> target_;  // guarded by mutex_
  std::shared_ptr<void> subscription_;
};

class Stub {
 public:
  Stub() = default;
  explicit Stub(std::shared_ptr<const Binding> binding) : binding_(std::move(binding)) {}

 protected:
  Task<absl::Status> CallUnary(Call& call, const google::protobuf::Message& request,
                               google::protobuf::Message& response) const;
  Task<absl::Status> CallServerStreaming(Call& call, const google::protobuf::Message& request,
                                         MessageWriter& responses) const;
  Task<absl::Status> CallClientStreaming(Call& call, MessageReader& requests,
                                         google::protobuf::Message& response) const;
  Task<absl::Status> CallBidiStreaming(Call& call, MessageReader& requests, MessageWriter& responses) const;

 private:
  std::shared_ptr<const Binding> binding_;
};

}  // namespace service_client_internal

// Stubs: small values to copy and keep, thread-safe. One made by its default constructor may only be assigned to. A
// stub outlives its calls, and so do the call and the messages. `response` is cleared first. `requests` and `responses`
// are what the caller's own handler was given, or a FunctionReader and a FunctionWriter, or made of a MessageReader and
// a MessageWriter of one's own.
//
// The status is the handler's. One that throws is INTERNAL, its text in the log; a method that the provider lacks is
// UNIMPLEMENTED; a call that is already cancelled ends with its reason: see Invoke in service.h. A message that one
// side has sent and the other cannot read is INTERNAL. When the service is gone, or is another, after an exchange,
// calls are UNAVAILABLE.
template <class Request, class Response>
class UnaryStub : public service_client_internal::Stub {
 public:
  using Stub::Stub;
  Task<absl::Status> operator()(Call& call, const Request& request, Response& response) const {
    return CallUnary(call, request, response);
  }
};

template <class Request, class Response>
class ServerStreamingStub : public service_client_internal::Stub {
 public:
  using Stub::Stub;
  Task<absl::Status> operator()(Call& call, const Request& request, Writer<Response> responses) const {
    return CallServerStreaming(call, request, responses.untyped());
  }
};

template <class Request, class Response>
class ClientStreamingStub : public service_client_internal::Stub {
 public:
  using Stub::Stub;
  Task<absl::Status> operator()(Call& call, Reader<Request> requests, Response& response) const {
    return CallClientStreaming(call, requests.untyped(), response);
  }
};

template <class Request, class Response>
class BidiStreamingStub : public service_client_internal::Stub {
 public:
  using Stub::Stub;
  Task<absl::Status> operator()(Call& call, Reader<Request> requests, Writer<Response> responses) const {
    return CallBidiStreaming(call, requests.untyped(), responses.untyped());
  }
};

// One service of one provider. The component that uses the provider keeps it, its stubs and their calls.
class ServiceClient {
 public:
  // In the user's Start. `providers` is what Context::uses gave, `descriptor` that of the generated code; handlers that
  // throw are told to `log`.
  //   NOT_FOUND            none of the providers offers a service of this full name
  //   FAILED_PRECONDITION  two do, or one does whose methods take or give other messages, or stream otherwise
  static absl::StatusOr<ServiceClient> Find(const std::vector<std::pair<std::string, ServiceProvider*>>& providers,
                                            const google::protobuf::ServiceDescriptor& descriptor, Logger log) {
    return Find(ServicePort(providers), descriptor, std::move(log));
  }
  static absl::StatusOr<ServiceClient> Find(ServicePort port, const google::protobuf::ServiceDescriptor& descriptor,
                                            Logger log);

  // A name, type or way of streaming that is not the descriptor's throws std::logic_error, as in ServiceBuilder.
  template <class Request, class Response>
  UnaryStub<Request, Response> Unary(std::string_view name) const {
    return UnaryStub<Request, Response>(Bind<Request, Response>(name, false, false));
  }
  template <class Request, class Response>
  ServerStreamingStub<Request, Response> ServerStreaming(std::string_view name) const {
    return ServerStreamingStub<Request, Response>(Bind<Request, Response>(name, false, true));
  }
  template <class Request, class Response>
  ClientStreamingStub<Request, Response> ClientStreaming(std::string_view name) const {
    return ClientStreamingStub<Request, Response>(Bind<Request, Response>(name, true, false));
  }
  template <class Request, class Response>
  BidiStreamingStub<Request, Response> BidiStreaming(std::string_view name) const {
    return BidiStreamingStub<Request, Response>(Bind<Request, Response>(name, true, true));
  }

 private:
  using Binding = service_client_internal::Binding;

  ServiceClient(ServicePort port, const google::protobuf::ServiceDescriptor& descriptor, Logger log)
      : port_(std::move(port)), descriptor_(&descriptor), log_(std::move(log)) {}

  template <class Request, class Response>
  std::shared_ptr<const Binding> Bind(std::string_view name, bool client_streaming, bool server_streaming) const {
    return Bind(name, client_streaming, server_streaming, Request::default_instance(), Response::default_instance());
  }
  std::shared_ptr<const Binding> Bind(std::string_view name, bool client_streaming, bool server_streaming,
                                      const google::protobuf::Message& request,
                                      const google::protobuf::Message& response) const;

  ServicePort port_;
  const google::protobuf::ServiceDescriptor* descriptor_;
  Logger log_;
};

// The responses of a stub's stream, one by one to a function, which ends the call by an error:
//
//   std::vector<std::string> nomes;
//   FunctionWriter<Usuario> each([&](const Usuario& usuario) {
//     nomes.push_back(usuario.nome());
//     return absl::OkStatus();
//   });
//   absl::Status status = co_await exportar_(call, request, each);
//
// Who has to wait for something implements MessageWriter.
template <class Response>
class FunctionWriter final : public MessageWriter {
 public:
  explicit FunctionWriter(std::function<absl::Status(const Response&)> take) : take_(std::move(take)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): it is one
  operator Writer<Response>() { return Writer<Response>(static_cast<MessageWriter&>(*this)); }

 private:
  Task<absl::Status> Write(const google::protobuf::Message& message) override {
    co_return take_(static_cast<const Response&>(message));
  }

  const std::function<absl::Status(const Response&)> take_;
};

// The requests of a stub's stream, one by one from a function, which fills an empty message and returns as
// MessageReader::Read does. It is not asked again after it has returned anything but true, nor after Stop.
template <class Request>
class FunctionReader final : public MessageReader {
 public:
  explicit FunctionReader(std::function<absl::StatusOr<bool>(Request&)> give) : give_(std::move(give)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): it is one
  operator Reader<Request>() { return Reader<Request>(static_cast<MessageReader&>(*this)); }

 private:
  Task<absl::StatusOr<bool>> Read(google::protobuf::Message& message) override {
    if (stopped_.load()) co_return false;
    message.Clear();
    absl::StatusOr<bool> more = give_(static_cast<Request&>(message));
    if (!more.ok() || !*more) Stop();
    co_return more;
  }
  void Stop() override { stopped_.store(true); }

  const std::function<absl::StatusOr<bool>(Request&)> give_;
  std::atomic<bool> stopped_{false};
};

}  // namespace tomada

#endif  // TOMADA_SERVICE_CLIENT_H_
