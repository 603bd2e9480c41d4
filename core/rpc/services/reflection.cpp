#include "rpc/services/reflection.h"

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpc/reflection/v1alpha/reflection.pb.h>

#include "tomada/proto_comments.h"

namespace tomada::rpc {
namespace {

using google::protobuf::FileDescriptor;
using grpc::reflection::v1::ServerReflectionResponse;

void SetError(absl::StatusCode code, std::string message, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(static_cast<int>(code));
  response.mutable_error_response()->set_error_message(std::move(message));
}

using Names = std::set<std::string>;

// Comments have their places by number, and tell of what is hidden: they go with the first method that does.
void Hide(const FileDescriptor& file, const Names& hidden, google::protobuf::FileDescriptorProto& proto) {
  for (int i = file.service_count() - 1; i >= 0; --i) {
    const google::protobuf::ServiceDescriptor& service = *file.service(i);
    if (hidden.contains(service.full_name())) {
      proto.clear_source_code_info();
      proto.mutable_service()->DeleteSubrange(i, 1);
      continue;
    }
    for (int j = service.method_count() - 1; j >= 0; --j) {
      if (!hidden.contains(service.method(j)->full_name())) continue;
      proto.clear_source_code_info();
      proto.mutable_service(i)->mutable_method()->DeleteSubrange(j, 1);
    }
  }
}

void AddFile(const FileDescriptor& file, const Names& hidden, std::set<const FileDescriptor*>& seen,
             ServerReflectionResponse& response) {
  if (!seen.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto = WithComments(file);
  if (!hidden.empty()) Hide(file, hidden, proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), hidden, seen, response);
}

void SetFile(const FileDescriptor* file, const std::string& wanted, const Names& hidden,
             ServerReflectionResponse& response) {
  if (file == nullptr) return SetError(absl::StatusCode::kNotFound, fmt::format("not found: {}", wanted), response);
  std::set<const FileDescriptor*> seen;
  AddFile(*file, hidden, seen, response);
}

// A message of the other version, which has the same bytes.
template <class To, class From>
To As(const From& from) {
  if constexpr (std::is_same_v<To, From>) return from;
  To to;
  to.ParseFromString(from.SerializeAsString());
  return to;
}

}  // namespace

ReflectionService::V1Response ReflectionService::Answer(const V1Request& request, const Names& hidden) const {
  V1Response response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case V1Request::kFileByFilename:
      SetFile(index_.FileNamed(request.file_by_filename()), request.file_by_filename(), hidden, response);
      break;
    case V1Request::kFileContainingSymbol: {
      const std::string& symbol = request.file_containing_symbol();
      SetFile(hidden.contains(symbol) ? nullptr : index_.FileWithSymbol(symbol), symbol, hidden, response);
      break;
    }
    case V1Request::kFileContainingExtension: {
      const auto& extension = request.file_containing_extension();
      SetFile(index_.FileWithExtension(extension.containing_type(), extension.extension_number()),
              fmt::format("extension {} of {}", extension.extension_number(), extension.containing_type()), hidden,
              response);
      break;
    }
    case V1Request::kAllExtensionNumbersOfType: {
      const std::string& type = request.all_extension_numbers_of_type();
      const google::protobuf::Descriptor* message = index_.Message(type);
      if (message == nullptr) {
        SetError(absl::StatusCode::kNotFound, fmt::format("not found: {}", type), response);
        break;
      }
      auto* numbers = response.mutable_all_extension_numbers_response();
      numbers->set_base_type_name(type);
      for (int number : index_.ExtensionsOf(*message)) numbers->add_extension_number(number);
      break;
    }
    case V1Request::kListServices:
      for (const std::string& service : index_.services()) {
        if (!hidden.contains(service)) response.mutable_list_services_response()->add_service()->set_name(service);
      }
      break;
    case V1Request::MESSAGE_REQUEST_NOT_SET:
      SetError(absl::StatusCode::kInvalidArgument, "the request asks for nothing", response);
      break;
  }
  return response;
}

void ReflectionService::Add(const Service& service) {
  index_.Add(*service.descriptor);
  services_.push_back(&service);
}

std::vector<Service> ReflectionService::Describe() {
  const auto describe = [this](const google::protobuf::FileDescriptor& file, auto handler) {
    return ServiceBuilder(*file.service(0)).BidiStreaming("ServerReflectionInfo", this, handler).Build();
  };
  using V1AlphaRequest = grpc::reflection::v1alpha::ServerReflectionRequest;
  using V1AlphaResponse = grpc::reflection::v1alpha::ServerReflectionResponse;
  return {describe(*V1Request::descriptor()->file(), &ReflectionService::Serve<V1Request, V1Response>),
          describe(*V1AlphaRequest::descriptor()->file(), &ReflectionService::Serve<V1AlphaRequest, V1AlphaResponse>)};
}

Task<ReflectionService::Names> ReflectionService::NamesHiddenFrom(Call& call) const {
  const std::set<const google::protobuf::MethodDescriptor*> methods = co_await HiddenFrom(call, services_, log_);
  Names names;
  for (const auto* method : methods) names.insert(method->full_name());
  for (const Service* service : services_) {
    const bool all = !service->methods.empty() && std::ranges::all_of(service->methods, [&](const Method& method) {
      return methods.contains(method.descriptor);
    });
    if (all) names.insert(service->descriptor->full_name());
  }
  co_return names;
}

template <class Request, class Response>
Task<absl::Status> ReflectionService::Serve(Call& call, Reader<Request> requests, Writer<Response> responses) {
  std::stop_callback on_stop(stop_.get_token(), [&requests] { requests.Stop(); });
  const Names hidden = co_await NamesHiddenFrom(call);
  for (;;) {
    Request request;
    absl::StatusOr<bool> read = co_await requests.Read(request);
    if (!read.ok()) co_return read.status();
    if (stop_.stop_requested()) co_return absl::UnavailableError("the server is shutting down");
    if (!*read) co_return absl::OkStatus();
    const Response response = As<Response>(Answer(As<V1Request>(request), hidden));
    absl::Status written = co_await responses.Write(response);
    if (!written.ok()) co_return written;
  }
}

}  // namespace tomada::rpc
