// A gRPC server that offers reflection the way some servers do. Its calls are not implemented.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.pb.h>
#include <grpc/reflection/v1/reflection.grpc.pb.h>
#include <grpc/reflection/v1alpha/reflection.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include "usuarios.grpc.pb.h"

namespace tomada::testing {

// What it is told to be; not changed while the server runs.
struct ReflectionScript {
  std::vector<std::string> services;  // that it lists
  std::map<std::string, google::protobuf::FileDescriptorProto> files;
  bool v1 = true, v1alpha = true;
  bool with_imports = false;    // a file comes with all that it imports, those first
  bool ends_on_absent = false;  // what is absent ends the stream instead of being answered
  bool never_answers = false;
  std::string garbage_for;  // the service whose file is no file
  // A file that is asked for by a number and is not in `files`: made of a number, so that each may import the next.
  std::function<google::protobuf::FileDescriptorProto(int)> numbered;

  void Add(const google::protobuf::FileDescriptorProto& file) { files[file.name()] = file; }
};

class ScriptedReflection {
 public:
  // By default on a free port of the loopback.
  explicit ScriptedReflection(ReflectionScript script,
                              std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials(),
                              const std::string& listen = "127.0.0.1:0")
      : v1_(script), v1alpha_(script) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(listen, credentials, &port);
    builder.RegisterService(&usuarios_);  // gRPC starts no server without a service
    if (script.v1) builder.RegisterService(&v1_);
    if (script.v1alpha) builder.RegisterService(&v1alpha_);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~ScriptedReflection() { server_->Shutdown(std::chrono::system_clock::now()); }

  const std::string& address() const { return address_; }

 private:
  template <class Base, class Request, class Response>
  class Servicer final : public Base {
   public:
    explicit Servicer(ReflectionScript script) : script_(std::move(script)) {}

   private:
    using Stream = grpc::ServerReaderWriter<Response, Request>;

    grpc::Status ServerReflectionInfo(grpc::ServerContext* context, Stream* stream) override {
      Request request;
      while (stream->Read(&request)) {
        while (script_.never_answers && !context->IsCancelled())
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        Response response;
        Answer(request, response);
        if (script_.ends_on_absent && response.has_error_response()) return {grpc::StatusCode::NOT_FOUND, "absent"};
        stream->Write(response);
      }
      return grpc::Status::OK;
    }

    void Answer(const Request& request, Response& response) const {
      for (const std::string& name : script_.services) {
        if (request.has_list_services()) response.mutable_list_services_response()->add_service()->set_name(name);
      }
      if (request.has_list_services()) return;
      if (!script_.garbage_for.empty() && request.file_containing_symbol() == script_.garbage_for) {
        response.mutable_file_descriptor_response()->add_file_descriptor_proto("\xff");
        return;
      }
      if (auto it = script_.files.find(request.file_by_filename()); it != script_.files.end()) {
        return Add(it->second, response);
      }
      if (script_.numbered && !request.file_by_filename().empty()) {
        return Add(script_.numbered(std::stoi(request.file_by_filename())), response);
      }
      for (const auto& [name, file] : script_.files) {
        for (const auto& service : file.service()) {
          if (file.package() + "." + service.name() == request.file_containing_symbol()) return Add(file, response);
        }
      }
      response.mutable_error_response()->set_error_code(grpc::StatusCode::NOT_FOUND);
      response.mutable_error_response()->set_error_message("absent");
    }

    void Add(const google::protobuf::FileDescriptorProto& file, Response& response) const {
      for (const std::string& import : file.dependency()) {
        if (script_.with_imports && script_.files.contains(import)) Add(script_.files.at(import), response);
      }
      response.mutable_file_descriptor_response()->add_file_descriptor_proto(file.SerializeAsString());
    }

    const ReflectionScript script_;
  };

  usuarios::Usuarios::Service usuarios_;
  Servicer<grpc::reflection::v1::ServerReflection::Service, grpc::reflection::v1::ServerReflectionRequest,
           grpc::reflection::v1::ServerReflectionResponse>
      v1_;
  Servicer<grpc::reflection::v1alpha::ServerReflection::Service, grpc::reflection::v1alpha::ServerReflectionRequest,
           grpc::reflection::v1alpha::ServerReflectionResponse>
      v1alpha_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace tomada::testing
