#include "reflection.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/descriptor.h>
#include <grpc/reflection/v1/reflection.pb.h>

#include "descriptor_set.h"
#include "reflection_stream.h"

namespace tomada::grpc_client {
namespace {

using google::protobuf::FileDescriptorProto;
using google::protobuf::ServiceDescriptorProto;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;
using Names = std::vector<std::string>;

bool IsOfGrpcItself(std::string_view service) {
  return service.starts_with("grpc.reflection.") || service.starts_with("grpc.health.") ||
         service.starts_with("grpc.channelz.");
}

// As opposed to what a server answers.
bool IsOfTheConnection(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsCancelled(status);
}

// Asks on one stream for as long as it lasts: some servers end it where they should answer that something is not there.
class Questions {
 public:
  Questions(Wire& wire, const Backend& backend, Deadline deadline, std::stop_token stop)
      : wire_(wire), backend_(backend), deadline_(deadline), stop_(std::move(stop)) {}

  absl::StatusOr<Names> Services() {
    ServerReflectionRequest question;
    question.set_list_services("*");
    auto answer = Ask(question);
    if (absl::IsUnimplemented(answer.status())) {
      version_ = ReflectionStream::Version::kV1Alpha;
      stream_.reset();
      answer = Ask(question);
    }
    if (!answer.ok()) return answer.status();
    Names names;
    for (const auto& service : answer->list_services_response().service()) names.push_back(service.name());
    return names;
  }

  absl::StatusOr<std::vector<FileDescriptorProto>> FileOf(const std::string& symbol) {
    ServerReflectionRequest question;
    question.set_file_containing_symbol(symbol);
    return Files(question);
  }

  absl::StatusOr<std::vector<FileDescriptorProto>> FileNamed(const std::string& name) {
    ServerReflectionRequest question;
    question.set_file_by_filename(name);
    return Files(question);
  }

 private:
  absl::StatusOr<ServerReflectionResponse> Ask(const ServerReflectionRequest& question) {
    if (!stream_ || stream_->ended())
      stream_ = std::make_unique<ReflectionStream>(wire_, backend_, version_, deadline_, stop_);
    return stream_->Ask(question);
  }

  absl::StatusOr<std::vector<FileDescriptorProto>> Files(const ServerReflectionRequest& question) {
    auto answer = Ask(question);
    if (!answer.ok()) return answer.status();
    std::vector<FileDescriptorProto> files;
    for (const std::string& bytes : answer->file_descriptor_response().file_descriptor_proto()) {
      if (!files.emplace_back().ParseFromString(bytes)) return absl::InternalError("a file is not a file descriptor");
    }
    return files;
  }

  Wire& wire_;
  const Backend& backend_;
  const Deadline deadline_;
  const std::stop_token stop_;
  ReflectionStream::Version version_ = ReflectionStream::Version::kV1;
  std::unique_ptr<ReflectionStream> stream_;
};

// The files of the services asked for, growing until they are complete.
class Collection {
 public:
  explicit Collection(Questions& questions) : questions_(questions) {}

  // The file that describes `service`, unless it has come already.
  absl::Status Describe(const std::string& service) {
    if (described_.contains(service)) return absl::OkStatus();
    auto files = questions_.FileOf(service);
    if (!files.ok()) return files.status();
    Add(*std::move(files));
    if (full() || described_.contains(service)) return absl::OkStatus();
    return absl::NotFoundError("the file that the server gives for it does not have it");
  }

  // What servers leave out: all imports, or those that every client is expected to have.
  absl::Status AddImports() {
    for (auto wanted = Wanted(); !wanted.empty() && !full(); wanted = Wanted()) {
      for (const std::string& name : wanted) {
        if (full()) break;
        if (AddWellKnown(name)) continue;
        auto files = questions_.FileNamed(name);
        if (IsOfTheConnection(files.status())) return files.status();
        if (files.ok()) Add(*std::move(files));
        if (!files_.contains(name)) absent_.insert(name);
      }
    }
    return absl::OkStatus();
  }

  // Counts what is kept of what the server says.
  void Keep(size_t bytes) { kept_ += bytes; }
  // The server has said more than it may: there is no point in going on.
  bool full() const { return kept_ > kMaxDescriptors; }

  google::protobuf::FileDescriptorSet Take(const std::set<std::string>& services) {
    google::protobuf::FileDescriptorSet set;
    for (auto& [name, file] : files_) {
      DropAbsentImports(file);
      KeepServices(services, file);
      *set.add_file() = std::move(file);
    }
    return set;
  }

 private:
  void Add(std::vector<FileDescriptorProto> files) {
    for (FileDescriptorProto& file : files) {
      const std::string dot = file.package().empty() ? "" : ".";
      for (const auto& service : file.service()) described_.insert(file.package() + dot + service.name());
      const std::string name = file.name();
      if (files_.contains(name)) continue;
      Keep(file.SpaceUsedLong());
      files_.emplace(name, std::move(file));
    }
  }

  bool AddWellKnown(const std::string& name) {
    if (!name.starts_with("google/protobuf/")) return false;
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
    if (file != nullptr) file->CopyTo(&files_[name]);
    return file != nullptr;
  }

  std::set<std::string> Wanted() const {
    std::set<std::string> wanted;
    for (const auto& [name, file] : files_) {
      for (const std::string& import : file.dependency()) {
        if (!files_.contains(import) && !absent_.contains(import)) wanted.insert(import);
      }
    }
    return wanted;
  }

  void DropAbsentImports(FileDescriptorProto& file) const {
    const FileDescriptorProto whole = file;
    file.clear_dependency();
    file.clear_public_dependency();
    file.clear_weak_dependency();
    auto has = [](const auto& indexes, int i) { return std::find(indexes.begin(), indexes.end(), i) != indexes.end(); };
    for (int i = 0; i < whole.dependency_size(); ++i) {
      if (absent_.contains(whole.dependency(i))) continue;
      if (has(whole.public_dependency(), i)) file.add_public_dependency(file.dependency_size());
      if (has(whole.weak_dependency(), i)) file.add_weak_dependency(file.dependency_size());
      file.add_dependency(whole.dependency(i));
    }
  }

  static void KeepServices(const std::set<std::string>& kept, FileDescriptorProto& file) {
    const std::string before = file.package().empty() ? "" : file.package() + ".";
    auto& services = *file.mutable_service();
    auto gone = [&](const ServiceDescriptorProto& service) { return !kept.contains(before + service.name()); };
    const auto first = std::remove_if(services.begin(), services.end(), gone);
    if (first == services.end()) return;
    services.erase(first, services.end());
    file.clear_source_code_info();  // its paths count the services
  }

  Questions& questions_;
  std::map<std::string, FileDescriptorProto> files_;  // by name
  std::set<std::string> described_;                   // services in them
  std::set<std::string> absent_;                      // imports that the server does not have
  size_t kept_ = 0;
};

absl::StatusOr<Names> Choose(const Names& names, const Names& offered, const std::string& target) {
  Names chosen;
  for (const std::string& name : names.empty() ? offered : names) {
    if (names.empty() && IsOfGrpcItself(name)) continue;
    if (std::find(offered.begin(), offered.end(), name) == offered.end()) {
      return absl::NotFoundError(
          fmt::format("{} has no service {}; it has {}", target, name, fmt::join(offered, ", ")));
    }
    chosen.push_back(name);
  }
  return chosen;
}

}  // namespace

absl::StatusOr<Reflected> AskForServices(Wire& wire, const Backend& backend, const Names& names, Deadline deadline,
                                         std::stop_token stop) {
  Questions questions(wire, backend, deadline, std::move(stop));
  auto offered = questions.Services();
  if (!offered.ok()) return offered.status();
  auto chosen = Choose(names, *offered, backend.target());
  if (!chosen.ok()) return chosen.status();

  Reflected reflected;
  Collection collection(questions);
  std::set<std::string> described;
  for (const std::string& service : *chosen) {
    if (collection.full()) break;
    absl::Status status = collection.Describe(service);
    if (IsOfTheConnection(status)) return status;
    if (status.ok()) {
      described.insert(service);
    } else {
      reflected.left_out.push_back(fmt::format("{}: {}", service, std::string(status.message())));
      collection.Keep(reflected.left_out.back().size());
    }
  }
  if (absl::Status status = collection.AddImports(); !status.ok()) return status;
  if (collection.full()) {
    return absl::ResourceExhaustedError(
        fmt::format("it describes them with more than {} MiB: name those to offer in `services`, or give a "
                    "descriptor_set",
                    kMaxDescriptors >> 20));
  }
  reflected.files = collection.Take(described);
  return reflected;
}

}  // namespace tomada::grpc_client
