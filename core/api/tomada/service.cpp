#include "tomada/service.h"

#include <fmt/format.h>

namespace tomada {
namespace {

using google::protobuf::Message;

// What a handler threw, for the log. Called inside a catch block.
std::string CurrentExceptionText() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "not a std::exception";
  }
}

void LogThrown(std::string_view message, const google::protobuf::MethodDescriptor& method, Call& call,
               const Logger& log) {
  log.Error(message, {{"method", method.full_name()}, {"call", call.id()}, {"exception", CurrentExceptionText()}});
}

absl::Status Unimplemented(const Method& method) {
  return absl::UnimplementedError(fmt::format("{} is not implemented", method.descriptor->full_name()));
}

// A call whose handler runs, to the handler's end.
class Running {
 public:
  Running(Call& call, const Method& method) : executor_(call.executor()) {
    call.set_method(*method.descriptor);
    executor_.SetRunning(&call);
  }
  ~Running() { executor_.SetRunning(nullptr); }

 private:
  Executor& executor_;
};

template <class Handler, class... Arguments>
Task<absl::Status> Invoke(const Method& method, Call& call, const Logger& log, Arguments&... arguments) {
  if (call.cancelled()) co_return call.status();
  const Handler* handler = std::get_if<Handler>(&method.handler);
  if (handler == nullptr) co_return Unimplemented(method);
  const Running running(call, method);
  try {
    co_return co_await (*handler)(call, arguments...);
  } catch (...) {
    LogThrown("handler threw", *method.descriptor, call, log);
    co_return absl::InternalError("internal error");
  }
}

}  // namespace

MessageReader::~MessageReader() = default;
MessageWriter::~MessageWriter() = default;
ServiceProvider::~ServiceProvider() = default;

Task<absl::Status> InvokeUnary(const Method& method, Call& call, const Logger& log, const Message& request,
                               Message& response) {
  return Invoke<UnaryHandler>(method, call, log, request, response);
}

Task<absl::Status> InvokeServerStreaming(const Method& method, Call& call, const Logger& log, const Message& request,
                                         MessageWriter& responses) {
  return Invoke<ServerStreamingHandler>(method, call, log, request, responses);
}

Task<absl::Status> InvokeClientStreaming(const Method& method, Call& call, const Logger& log, MessageReader& requests,
                                         Message& response) {
  return Invoke<ClientStreamingHandler>(method, call, log, requests, response);
}

Task<absl::Status> InvokeBidiStreaming(const Method& method, Call& call, const Logger& log, MessageReader& requests,
                                       MessageWriter& responses) {
  return Invoke<BidiStreamingHandler>(method, call, log, requests, responses);
}

Task<bool> MaySee(const Service& service, Call& call, const google::protobuf::MethodDescriptor& method,
                  const Logger& log) {
  if (call.cancelled()) co_return false;
  if (!service.visible) co_return true;
  try {
    co_return co_await service.visible(call, method);
  } catch (...) {
    LogThrown("a service threw when it was asked who may see a method", method, call, log);
    co_return false;
  }
}

Task<std::set<const google::protobuf::MethodDescriptor*>> HiddenFrom(Call& call,
                                                                     const std::vector<const Service*>& services,
                                                                     const Logger& log) {
  std::set<const google::protobuf::MethodDescriptor*> hidden;
  for (const Service* service : services) {
    if (!service->visible) continue;
    for (const Method& method : service->methods) {
      const bool seen = co_await MaySee(*service, call, *method.descriptor, log);
      if (!seen) hidden.insert(method.descriptor);
    }
  }
  co_return hidden;
}

absl::Status CheckExposure(const Service& service, std::string_view owner, const HostPort& listen,
                           std::string_view allowing_key) {
  if (!service.internal || listen.IsLoopback()) return absl::OkStatus();
  return absl::PermissionDeniedError(
      fmt::format("{} of '{}' is internal and {} is no loopback address: listen on 127.0.0.1, or say {}: true",
                  service.descriptor->full_name(), owner, listen.ToString(), allowing_key));
}

const google::protobuf::MethodDescriptor& CheckedMethod(const google::protobuf::ServiceDescriptor& service,
                                                        std::string_view name, bool client_streaming,
                                                        bool server_streaming, const Message& request,
                                                        const Message& response) {
  const google::protobuf::MethodDescriptor* method = service.FindMethodByName(std::string(name));
  if (method == nullptr) throw std::logic_error(fmt::format("{} has no method {}", service.full_name(), name));
  if (method->input_type() != request.GetDescriptor() || method->output_type() != response.GetDescriptor()) {
    throw std::logic_error(fmt::format("{} has other message types", method->full_name()));
  }
  if (method->client_streaming() != client_streaming || method->server_streaming() != server_streaming) {
    throw std::logic_error(fmt::format("{} streams otherwise", method->full_name()));
  }
  return *method;
}

ServiceBuilder::ServiceBuilder(const google::protobuf::ServiceDescriptor& descriptor) {
  service_.descriptor = &descriptor;
  for (int i = 0; i < descriptor.method_count(); ++i) {
    const google::protobuf::MethodDescriptor* method = descriptor.method(i);
    auto* factory = google::protobuf::MessageFactory::generated_factory();
    service_.methods.push_back(Method{method, factory->GetPrototype(method->input_type()),
                                      factory->GetPrototype(method->output_type()), std::monostate()});
  }
}

Method& ServiceBuilder::Add(std::string_view name, bool client_streaming, bool server_streaming, const Message& request,
                            const Message& response) {
  const google::protobuf::MethodDescriptor& descriptor =
      CheckedMethod(*service_.descriptor, name, client_streaming, server_streaming, request, response);
  Method& method = service_.methods[descriptor.index()];
  if (!std::holds_alternative<std::monostate>(method.handler)) {
    throw std::logic_error(fmt::format("{} has two handlers", descriptor.full_name()));
  }
  return method;
}

}  // namespace tomada
