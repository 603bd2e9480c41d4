// Service: a protobuf service as data, and methods that can be called without knowing its types.
//
// A transport finds out at run time which services it was given, takes the prototypes to allocate messages, and calls.
// It knows no service; a service knows no transport. Middleware is a provider that wraps another's services.
#ifndef TOMADA_SERVICE_H_
#define TOMADA_SERVICE_H_

#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tomada/call.h"
#include "tomada/component.h"
#include "tomada/config.h"
#include "tomada/log.h"
#include "tomada/task.h"

namespace tomada {

// Where a handler that takes a stream gets its requests. Lent for the length of the call.
class MessageReader {
 public:
  virtual ~MessageReader();
  // True: `message`, one of the method's request type, is now the next request. False: the client has sent its last
  // one, and the handler may still go on writing. An error means that there will be no more for another reason: the
  // client is gone, the deadline has passed, or what came is no such message (INVALID_ARGUMENT); the handler returns
  // it.
  //
  // `message` belongs to the handler and stays until this finishes. One read at a time, and a write may be under way
  // beside it: see Both in task.h. A transport fetches at most one message that was not asked for yet, so a handler
  // that does not read holds its client back. It may return before it has read all, but not while a read is under way.
  virtual Task<absl::StatusOr<bool>> Read(google::protobuf::Message& message) = 0;
  // The handler wants no more, as when it waits for a message that no longer matters: a read under way soon gives
  // false, later ones at once. From any thread while the handler runs.
  virtual void Stop() = 0;
};

// Where a handler that answers with a stream puts its responses. Lent for the length of the call.
class MessageWriter {
 public:
  virtual ~MessageWriter();
  // Finishes when the transport is ready for the next one: that is the back-pressure. `message` is not needed after
  // that. An error means that the client is gone: the handler returns it and writes no more. One write at a time.
  virtual Task<absl::Status> Write(const google::protobuf::Message& message) = 0;
};

// The rule of executors: a handler starts on the thread of its call's executor and resumes there after each await, on
// every transport, always; so what it touches alone needs no lock, and no store, timer or library lends it a thread.
// Whoever completes something for it, on another thread, posts to call.executor(). See docs/threads.md.
//
// A handler's request, response, reader, writer and call outlive the task. The request's and the response's types are
// those of the method's prototypes. The status is the call's: its message reaches the client.
using UnaryHandler = std::function<Task<absl::Status>(Call&, const google::protobuf::Message& request,
                                                      google::protobuf::Message& response)>;
using ServerStreamingHandler =
    std::function<Task<absl::Status>(Call&, const google::protobuf::Message& request, MessageWriter& responses)>;
using ClientStreamingHandler =
    std::function<Task<absl::Status>(Call&, MessageReader& requests, google::protobuf::Message& response)>;
using BidiStreamingHandler =
    std::function<Task<absl::Status>(Call&, MessageReader& requests, MessageWriter& responses)>;

struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  // Messages are made by New(arena) on these and nothing else: they may be dynamic.
  const google::protobuf::Message* request_prototype = nullptr;
  const google::protobuf::Message* response_prototype = nullptr;
  // Nothing when the service does not implement it: callers answer UNIMPLEMENTED.
  std::variant<std::monostate, UnaryHandler, ServerStreamingHandler, ClientStreamingHandler, BidiStreamingHandler>
      handler;
};

struct Service {
  const google::protobuf::ServiceDescriptor* descriptor = nullptr;
  std::vector<Method> methods;  // every method of the descriptor, in its order
  // For those who run the host, not for its clients: see CheckExposure.
  bool internal = false;
  // Whether who makes a call may see that there is this method of the service; empty: everybody may. Asked by what
  // shows methods (documentation, reflection), never when one is called. A middleware finds out who that is as it does
  // for calls, and asks the service that it wraps too: see MaySee. On the call's executor; valid as handlers are.
  std::function<Task<bool>(Call& call, const google::protobuf::MethodDescriptor& method)> visible;
};

// A component that offers services.
class ServiceProvider : public Component {
 public:
  ~ServiceProvider() override;
  // Asked for by users in their own Start, that is after this one's. Descriptors, prototypes and handlers stay valid
  // and unchanged until the provider is destroyed. Handlers may be called on any executor, many at once, from the end
  // of Start to the beginning of Stop.
  virtual const std::vector<Service>& services() const = 0;
};

// Calls a handler the way every transport must: the exception barrier. One that throws gives INTERNAL "internal error"
// to the client and its text to the log beside the call's id. A method without such a handler gives UNIMPLEMENTED, a
// call that is already cancelled its reason.
Task<absl::Status> InvokeUnary(const Method& method, Call& call, const Logger& log,
                               const google::protobuf::Message& request, google::protobuf::Message& response);
Task<absl::Status> InvokeServerStreaming(const Method& method, Call& call, const Logger& log,
                                         const google::protobuf::Message& request, MessageWriter& responses);
Task<absl::Status> InvokeClientStreaming(const Method& method, Call& call, const Logger& log, MessageReader& requests,
                                         google::protobuf::Message& response);
Task<absl::Status> InvokeBidiStreaming(const Method& method, Call& call, const Logger& log, MessageReader& requests,
                                       MessageWriter& responses);

// Asks the service, as everybody must: when that throws, with a line in the log, and when the call is cancelled, the
// answer is no.
Task<bool> MaySee(const Service& service, Call& call, const google::protobuf::MethodDescriptor& method,
                  const Logger& log);
// The methods of these services that may not be seen, asked one after the other.
Task<std::set<const google::protobuf::MethodDescriptor*>> HiddenFrom(Call& call,
                                                                     const std::vector<const Service*>& services,
                                                                     const Logger& log);

// For transports, in Start, before they bind: PERMISSION_DENIED when the service is internal and `listen` can be
// reached from other machines. A transport that can be told to offer it all the same has a config key for that, whose
// name the error repeats. `owner` is the component that offers the service.
absl::Status CheckExposure(const Service& service, std::string_view owner, const HostPort& listen,
                           std::string_view allowing_key);

// A MessageReader for one request type.
template <class Request>
class Reader {
 public:
  explicit Reader(MessageReader& reader) : reader_(reader) {}
  Task<absl::StatusOr<bool>> Read(Request& message) { return reader_.Read(message); }
  void Stop() { reader_.Stop(); }
  MessageReader& untyped() const { return reader_; }

 private:
  MessageReader& reader_;
};

// A MessageWriter for one response type.
template <class Response>
class Writer {
 public:
  explicit Writer(MessageWriter& writer) : writer_(writer) {}
  Task<absl::Status> Write(const Response& message) { return writer_.Write(message); }
  MessageWriter& untyped() const { return writer_; }

 private:
  MessageWriter& writer_;
};

// The method of that name as generated code knows it: with these messages, streaming in this way. One that the service
// does not have, or has otherwise, throws std::logic_error: a mistake in the plugin.
const google::protobuf::MethodDescriptor& CheckedMethod(const google::protobuf::ServiceDescriptor& service,
                                                        std::string_view name, bool client_streaming,
                                                        bool server_streaming, const google::protobuf::Message& request,
                                                        const google::protobuf::Message& response);

// Makes a Service from the member functions of a class and the generated types they name:
//
//   service_ = ServiceBuilder(*usuarios::Usuario::descriptor()->file()->FindServiceByName("Usuarios"))
//                  .Unary("ObterUsuario", this, &UsuariosService::ObterUsuario)
//                  .ServerStreaming("ExportarUsuarios", this, &UsuariosService::ExportarUsuarios)
//                  .Build();
//
// `self` outlives the service. A name, type or way of streaming that is not the descriptor's, and a method named twice,
// throw std::logic_error: a mistake in the plugin, not at run time. Methods that were not named stay unimplemented.
class ServiceBuilder {
 public:
  explicit ServiceBuilder(const google::protobuf::ServiceDescriptor& descriptor);

  template <class Self, class Request, class Response>
  ServiceBuilder& Unary(std::string_view name, Self* self,
                        Task<absl::Status> (Self::*handler)(Call&, const Request&, Response&)) {
    Add(name, false, false, Request::default_instance(), Response::default_instance()).handler = UnaryHandler(
        [self, handler](Call& call, const google::protobuf::Message& request, google::protobuf::Message& response) {
          return (self->*handler)(call, static_cast<const Request&>(request), static_cast<Response&>(response));
        });
    return *this;
  }

  template <class Self, class Request, class Response>
  ServiceBuilder& ServerStreaming(std::string_view name, Self* self,
                                  Task<absl::Status> (Self::*handler)(Call&, const Request&, Writer<Response>)) {
    Add(name, false, true, Request::default_instance(), Response::default_instance()).handler = ServerStreamingHandler(
        [self, handler](Call& call, const google::protobuf::Message& request, MessageWriter& responses) {
          return (self->*handler)(call, static_cast<const Request&>(request), Writer<Response>(responses));
        });
    return *this;
  }

  template <class Self, class Request, class Response>
  ServiceBuilder& ClientStreaming(std::string_view name, Self* self,
                                  Task<absl::Status> (Self::*handler)(Call&, Reader<Request>, Response&)) {
    Add(name, true, false, Request::default_instance(), Response::default_instance()).handler = ClientStreamingHandler(
        [self, handler](Call& call, MessageReader& requests, google::protobuf::Message& response) {
          return (self->*handler)(call, Reader<Request>(requests), static_cast<Response&>(response));
        });
    return *this;
  }

  template <class Self, class Request, class Response>
  ServiceBuilder& BidiStreaming(std::string_view name, Self* self,
                                Task<absl::Status> (Self::*handler)(Call&, Reader<Request>, Writer<Response>)) {
    Add(name, true, true, Request::default_instance(), Response::default_instance()).handler =
        BidiStreamingHandler([self, handler](Call& call, MessageReader& requests, MessageWriter& responses) {
          return (self->*handler)(call, Reader<Request>(requests), Writer<Response>(responses));
        });
    return *this;
  }

  Service Build() { return std::move(service_); }

 private:
  Method& Add(std::string_view name, bool client_streaming, bool server_streaming,
              const google::protobuf::Message& request, const google::protobuf::Message& response);

  Service service_;
};

}  // namespace tomada

#endif  // TOMADA_SERVICE_H_
