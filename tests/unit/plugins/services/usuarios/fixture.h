// The user service as the host runs it, over the real memory store, with a clock that tests set.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <gtest/gtest.h>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "memory_store.h"
#include "service.h"
#include "stored_user.h"
#include "support/sync.h"
#include "timestamp.h"

namespace tomada::usuarios {

using tomada::testing::Await;
using tomada::testing::TestCall;

// The cheapest hash there is, for tests that do not measure it.
inline PasswordCost CheapCost() {
  PasswordCost cost;
  cost.memory_bytes = 8 << 10;
  cost.passes = 1;
  return cost;
}

// A call whose client sent these values of `via`.
class CallVia : public TestCall {
 public:
  template <class... Values>
  explicit CallVia(Values... values) : values_{values...} {}

 protected:
  void LoadMetadata(Metadata& metadata) override {
    for (const std::string& value : values_) metadata.Add("via", value);
  }

 private:
  const std::vector<std::string> values_;
};

// Keeps log lines as they would be printed.
class KeptLog : public LogSink {
 public:
  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override {
    std::lock_guard lock(mutex_);
    text_ += FormatLogLine(level, component, message, fields) + "\n";
  }
  std::string text() const {
    std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// A table in front of another one. `before` is asked first, with the name of the call; an error it gives is the answer.
class InterruptedTable : public Table {
 public:
  using Before = std::function<absl::Status(std::string_view call)>;

  explicit InterruptedTable(std::unique_ptr<Table> table) : table_(std::move(table)) {}
  Before before = [](std::string_view) { return absl::OkStatus(); };

  Task<absl::StatusOr<RecordPtr>> Get(Call& call, std::string id) override {
    if (absl::Status status = before("Get"); !status.ok()) co_return status;
    co_return co_await table_->Get(call, id);
  }
  Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids) override {
    if (absl::Status status = before("GetMany"); !status.ok()) co_return status;
    co_return co_await table_->GetMany(call, ids);
  }
  Task<absl::StatusOr<RecordPtr>> Find(Call& call, std::string index, std::string value) override {
    if (absl::Status status = before("Find"); !status.ok()) co_return status;
    co_return co_await table_->Find(call, index, value);
  }
  Task<absl::StatusOr<Written>> Insert(Call& call, Operation operation, Record record) override {
    if (absl::Status status = before("Insert"); !status.ok()) co_return status;
    Keep([&] { last_operation = operation; });
    co_return co_await table_->Insert(call, operation, record);
  }
  Task<absl::StatusOr<Written>> Put(Call& call, Operation operation, Record record) override {
    if (absl::Status status = before("Put"); !status.ok()) co_return status;
    co_return co_await table_->Put(call, operation, record);
  }
  Task<absl::StatusOr<Written>> Update(Call& call, Operation operation, Record record,
                                       std::string expected_version) override {
    if (absl::Status status = before("Update"); !status.ok()) co_return status;
    co_return co_await table_->Update(call, operation, record, expected_version);
  }
  Task<absl::StatusOr<Written>> Remove(Call& call, Operation operation, std::string id,
                                       std::optional<std::string> expected_version) override {
    if (absl::Status status = before("Remove"); !status.ok()) co_return status;
    co_return co_await table_->Remove(call, operation, id, expected_version);
  }
  Task<absl::StatusOr<Page>> List(Call& call, int page_size, std::string token) override {
    if (absl::Status status = before("List"); !status.ok()) co_return status;
    Keep([&] { pages_read.push_back(page_size); });
    co_return co_await table_->List(call, page_size, token);
  }

  // To be read when no call is under way.
  std::optional<Operation> last_operation;  // of an Insert
  std::vector<int> pages_read;              // page_size of each List

 private:
  void Keep(const std::function<void()>& write) {
    std::lock_guard lock(mutex_);
    write();
  }

  std::unique_ptr<Table> table_;
  std::mutex mutex_;
};

class UsuariosTest : public ::testing::Test {
 protected:
  explicit UsuariosTest(PasswordCost cost = CheapCost(), ServiceOptions options = {}) : hasher_(pool_, cost) {
    options.clock = [this] { return now(); };
    service_.emplace(table_, hasher_, options);
    described_ = service_->Describe();
  }

  absl::Time now() const { return absl::FromUnixMicros(now_us_.load()); }
  void Advance(absl::Duration by) { now_us_ += absl::ToInt64Microseconds(by); }

  // Calls a method by name, the way a transport does.
  template <class Response, class Request>
  absl::StatusOr<Response> Invoke(std::string_view name, const Request& request, Call& call) {
    Response response;
    absl::Status status = Await(InvokeUnary(MethodNamed(name), call, log_, request, response));
    if (!status.ok()) return status;
    return response;
  }
  template <class Response, class Request>
  absl::StatusOr<Response> Invoke(std::string_view name, const Request& request) {
    TestCall call;
    return Invoke<Response>(name, request, call);
  }

  absl::StatusOr<api::Usuario> Criar(const api::CriarUsuarioRequest& request) {
    return UsuarioOf(Invoke<api::CriarUsuarioResponse>("CriarUsuario", request));
  }
  absl::StatusOr<api::Usuario> Criar(const api::Usuario& usuario) {
    api::CriarUsuarioRequest request;
    *request.mutable_usuario() = usuario;
    return Criar(request);
  }
  absl::StatusOr<api::Usuario> Obter(const std::string& id) {
    api::ObterUsuarioRequest request;
    request.set_id(id);
    return UsuarioOf(Invoke<api::ObterUsuarioResponse>("ObterUsuario", request));
  }
  absl::StatusOr<api::Usuario> Buscar(const std::string& email) {
    api::BuscarPorEmailRequest request;
    request.set_email(email);
    return UsuarioOf(Invoke<api::BuscarPorEmailResponse>("BuscarPorEmail", request));
  }
  absl::StatusOr<api::Usuario> Atualizar(const api::Usuario& usuario, const std::vector<std::string>& mascara = {}) {
    api::AtualizarUsuarioRequest request;
    *request.mutable_usuario() = usuario;
    for (const std::string& path : mascara) request.mutable_mascara()->add_paths(path);
    return UsuarioOf(Invoke<api::AtualizarUsuarioResponse>("AtualizarUsuario", request));
  }
  absl::Status Remover(const std::string& id) {
    api::RemoverUsuarioRequest request;
    request.set_id(id);
    return Invoke<google::protobuf::Empty>("RemoverUsuario", request).status();
  }
  absl::StatusOr<api::Usuario> Verificar(const std::string& email, const std::string& senha) {
    api::VerificarSenhaRequest request;
    request.set_email(email);
    request.set_senha(senha);
    return UsuarioOf(Invoke<api::VerificarSenhaResponse>("VerificarSenha", request));
  }

  // What the store holds; null when absent.
  RecordPtr StoredRecord(const std::string& id) {
    TestCall call;
    return *Await(raw_table_->Get(call, id));
  }
  storage::Usuario StoredUsuario(const std::string& id) {
    storage::Usuario stored;
    EXPECT_TRUE(stored.ParseFromString(StoredRecord(id)->value));
    return stored;
  }
  // Writes past the service.
  void StoreRaw(const Record& record) {
    TestCall call;
    Operation operation;
    ASSERT_TRUE(Await(raw_table_->Put(call, operation, record)).ok());
  }

  const Method& MethodNamed(std::string_view name) const {
    for (const Method& method : described_.methods) {
      if (method.descriptor->name() == name) return method;
    }
    throw std::logic_error("no such method");
  }

  BlockingPool pool_{2, 32};
  PasswordHasher hasher_;
  std::shared_ptr<KeptLog> kept_log_ = std::make_shared<KeptLog>();
  Logger log_{kept_log_, "usuarios"};

 private:
  template <class Response>
  static absl::StatusOr<api::Usuario> UsuarioOf(absl::StatusOr<Response> response) {
    if (!response.ok()) return response.status();
    return response->usuario();
  }
  memory_store::Clock StoreClock() {
    memory_store::Clock clock;
    clock.now = [this] { return now(); };
    return clock;
  }

  std::atomic<int64_t> now_us_{absl::ToUnixMicros(absl::FromUnixSeconds(1'750'000'000)) + 123'456};
  memory_store::MemoryStore store_{memory_store::Config(), StoreClock()};
  std::unique_ptr<Table> raw_table_ = *store_.OpenTable(UsersTable());

 protected:
  InterruptedTable table_{*store_.OpenTable(UsersTable())};

 private:
  std::optional<UsuariosService> service_;
  Service described_;
};

inline api::Usuario NewUsuario(std::string id, std::string nome, std::string email, std::string senha = "") {
  api::Usuario usuario;
  usuario.set_id(std::move(id));
  usuario.set_nome(std::move(nome));
  usuario.set_email(std::move(email));
  usuario.set_senha(std::move(senha));
  return usuario;
}

// Field and description of each violation in `status`.
inline std::map<std::string, std::string> ViolationsOf(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  google::rpc::BadRequest details;
  auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  EXPECT_TRUE(payload && details.ParseFromString(std::string(*payload))) << status;
  std::map<std::string, std::string> violations;
  for (const auto& violation : details.field_violations()) {
    EXPECT_TRUE(violations.emplace(violation.field(), violation.description()).second)
        << "twice: " << violation.field();
  }
  return violations;
}

inline std::vector<std::string> ViolatedFields(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const auto& [field, description] : ViolationsOf(status)) fields.push_back(field);
  return fields;
}

// What an ALREADY_EXISTS names to programs.
inline std::string TakenField(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
  google::rpc::ErrorInfo info;
  auto payload = status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_TRUE(payload && info.ParseFromString(std::string(*payload))) << status;
  EXPECT_EQ(info.reason(), "TAKEN");
  EXPECT_EQ(info.domain(), "usuarios");
  return info.metadata().at("field");
}

inline absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) { return *FromTimestamp(timestamp); }

}  // namespace tomada::usuarios
