#include "reflection.h"

#include <set>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpc/reflection/v1alpha/reflection.pb.h>

#include "server_call.h"

namespace tomada::grpc_server {
namespace {

using google::protobuf::FileDescriptor;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

void SetError(grpc::StatusCode code, std::string message, ServerReflectionResponse& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(std::move(message));
}

void AddFile(const FileDescriptor& file, std::set<const FileDescriptor*>& seen, ServerReflectionResponse& response) {
  if (!seen.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), seen, response);
}

void SetFile(const FileDescriptor* file, const std::string& wanted, ServerReflectionResponse& response) {
  if (file == nullptr) return SetError(grpc::StatusCode::NOT_FOUND, fmt::format("not found: {}", wanted), response);
  std::set<const FileDescriptor*> seen;
  AddFile(*file, seen, response);
}

}  // namespace

std::vector<const google::protobuf::ServiceDescriptor*> ReflectionServices() {
  return {ServerReflectionRequest::descriptor()->file()->service(0),
          grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()->file()->service(0)};
}

ServerReflectionResponse Reflection::Answer(const ServerReflectionRequest& request) const {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      SetFile(index_.FileNamed(request.file_by_filename()), request.file_by_filename(), response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      SetFile(index_.FileWithSymbol(request.file_containing_symbol()), request.file_containing_symbol(), response);
      break;
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& extension = request.file_containing_extension();
      SetFile(index_.FileWithExtension(extension.containing_type(), extension.extension_number()),
              fmt::format("extension {} of {}", extension.extension_number(), extension.containing_type()), response);
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType: {
      const std::string& type = request.all_extension_numbers_of_type();
      const google::protobuf::Descriptor* message = index_.Message(type);
      if (message == nullptr) {
        SetError(grpc::StatusCode::NOT_FOUND, fmt::format("not found: {}", type), response);
        break;
      }
      auto* numbers = response.mutable_all_extension_numbers_response();
      numbers->set_base_type_name(type);
      for (int number : index_.ExtensionsOf(*message)) numbers->add_extension_number(number);
      break;
    }
    case ServerReflectionRequest::kListServices:
      for (const std::string& service : index_.services()) {
        response.mutable_list_services_response()->add_service()->set_name(service);
      }
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      SetError(grpc::StatusCode::INVALID_ARGUMENT, "the request asks for nothing", response);
      break;
  }
  return response;
}

class ReflectionSessions::Session final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Session(ReflectionSessions& sessions) : sessions_(sessions) { StartRead(&request_); }

  void Stop() {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (!writing_) End(Stopping());
  }

 private:
  static grpc::Status Stopping() { return {grpc::StatusCode::UNAVAILABLE, "the server is shutting down"}; }

  // The lock is held. The first one counts.
  void End(const grpc::Status& status) {
    if (!std::exchange(ended_, true)) Finish(status);
  }

  void OnReadDone(bool ok) override {
    ServerReflectionRequest request;
    const absl::Status parsed = ok ? ParseMessage(request_, request) : absl::OkStatus();
    if (ok && parsed.ok()) SerializeMessage(sessions_.reflection_.Answer(request), response_);
    std::lock_guard lock(mutex_);
    if (ended_) return;
    if (!ok || !parsed.ok()) return End(ToGrpcStatus(parsed));  // not ok: the client asks no more, or is gone
    writing_ = true;
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) return End(grpc::Status::OK);
    if (stopping_) return End(Stopping());
    StartRead(&request_);
  }

  void OnDone() override {
    sessions_.Remove(*this);
    delete this;
  }

  ReflectionSessions& sessions_;
  grpc::ByteBuffer request_, response_;
  std::mutex mutex_;  // no operation is started once the stream has been finished
  bool writing_ = false, stopping_ = false, ended_ = false;
};

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ReflectionSessions::Begin() {
  auto* session = new Session(*this);
  std::lock_guard lock(mutex_);
  sessions_.insert(session);
  if (stopped_) session->Stop();
  return session;
}

void ReflectionSessions::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Session* session : sessions_) session->Stop();
}

void ReflectionSessions::Remove(Session& session) {
  std::lock_guard lock(mutex_);
  sessions_.erase(&session);
}

}  // namespace tomada::grpc_server
